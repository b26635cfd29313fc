// The page's side of a training worker: it is given a job, and frames come back until that is done
// or given up.

import { type RunsDone, type RunsJob, RunsTrainer } from './runs'
import type { Frame, Job } from './trainer'

/** What the worker sends: how far it has come, what came of many runs, or why it cannot go on. */
export type Answer = { readonly frame: Frame } | { readonly runs: RunsDone } | { readonly failed: string }

/** The part of a Worker that is used. */
export type WorkerLike = Pick<Worker, 'postMessage' | 'terminate' | 'onmessage' | 'onerror'>

export class Remote {
  readonly #make: () => WorkerLike
  #worker: WorkerLike | null = null
  #broken = false

  /** @param make starts a worker; may throw, as in a page that was opened from a file */
  constructor(make: () => WorkerLike) {
    this.#make = make
  }

  /** Whether no worker can be had: training is then done in the page. */
  get broken(): boolean {
    return this.#broken
  }

  /** Whether a job is being worked on. */
  get working(): boolean {
    return this.#worker !== null
  }

  /**
   * Begins a job; the one before it is given up.
   *
   * @param hear is given each frame, in order; null where the worker failed
   */
  start(job: Job, hear: (frame: Frame | null) => void): void {
    this.#ask(job, (answer) => {
      if (!answer || !('frame' in answer)) return hear(null)
      if (answer.frame.done) this.stop()
      hear(answer.frame)
    })
  }

  /** Trains many runs to their end; in the page, run by run, where there is no worker. */
  async runs(asked: RunsJob): Promise<RunsDone> {
    const found = await new Promise<Answer | null>((resolve) => this.#ask(asked, resolve))
    this.stop()
    if (found && 'runs' in found) return found.runs
    const trainer = new RunsTrainer(asked)
    while (trainer.next()) await new Promise((resolve) => setTimeout(resolve))
    return trainer.done
  }

  /** Gives the worker something to do; hears null where it cannot. */
  #ask(asked: Job | RunsJob, hear: (answer: Answer | null) => void): void {
    this.stop()
    const failed = (): void => {
      this.#broken = true
      this.stop()
      hear(null)
    }
    try {
      const worker = this.#make()
      this.#worker = worker
      worker.onerror = failed
      worker.onmessage = ({ data }: MessageEvent<Answer>) => {
        if (this.#worker !== worker) return // it was given up, and this was on its way
        if ('failed' in data) failed()
        else hear(data)
      }
      worker.postMessage(asked)
    } catch {
      failed()
    }
  }

  /** Gives up the job; what was trained since the last frame is forgotten. */
  stop(): void {
    this.#worker?.terminate()
    this.#worker = null
  }
}
