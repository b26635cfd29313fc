// The page's side of a training worker: a job is sent there, and frames come back until it is done
// or given up.

import type { Frame, Job } from './trainer'

/** What the page sends to the worker. A number tells a job from the one before it. */
export type Order = { readonly run: number; readonly job: Job | null }

/** What the worker sends to the page. */
export type Answer =
  | { readonly run: number; readonly frame: Frame }
  | { readonly run: number; readonly failed: string }

/** The part of a Worker that is used. */
export interface WorkerLike {
  postMessage(message: unknown): void
  onmessage: ((event: MessageEvent) => void) | null
  onerror: ((event: ErrorEvent) => void) | null
  terminate(): void
}

export class Remote {
  readonly #make: () => WorkerLike
  #worker: WorkerLike | null = null
  #run = 0
  #working = false
  #broken = false
  #hear: (frame: Frame) => void = () => {}

  /** @param make starts a worker; may throw, as in a page that was opened from a file */
  constructor(make: () => WorkerLike) {
    this.#make = make
  }

  /** Whether a worker could not be had, or failed: training is then done in the page. */
  get broken(): boolean {
    return this.#broken
  }

  /** Whether a job is being worked on. */
  get working(): boolean {
    return this.#working && !this.#broken
  }

  /**
   * Begins a job; the one before it is given up.
   *
   * @param hear is given each frame, in order, until `stop`
   */
  start(job: Job, hear: (frame: Frame) => void): void {
    this.#run++
    this.#hear = hear
    this.#working = true
    try {
      this.#worker ??= this.#made()
      this.#worker.postMessage({ run: this.#run, job } satisfies Order)
    } catch {
      this.#fail()
    }
  }

  /** Gives up the job; what the worker did since its last frame is forgotten. */
  stop(): void {
    if (!this.#working) return
    this.#run++
    this.#working = false
    this.#worker?.postMessage({ run: this.#run, job: null } satisfies Order)
  }

  /** Ends the worker. */
  leave(): void {
    this.stop()
    this.#worker?.terminate()
    this.#worker = null
  }

  #made(): WorkerLike {
    const worker = this.#make()
    worker.onerror = () => this.#fail()
    worker.onmessage = ({ data }: MessageEvent<Answer>) => {
      if (data.run !== this.#run || !this.#working) return
      if ('failed' in data) return this.#fail()
      if (data.frame.done) this.#working = false
      this.#hear(data.frame)
    }
    return worker
  }

  #fail(): void {
    this.#broken = true
    this.#working = false
    this.#worker?.terminate()
    this.#worker = null
  }
}
