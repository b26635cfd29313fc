// Many runs of one tape at once: what differs between them is given with a leading axis of runs, and
// so is what comes of them. One compiled loop plays run after run: a small network's numbers then stay
// in the fastest memory, and nothing is played that a single run would not play.

import { type Job, Trainer } from './trainer'

export interface RunsJob {
  readonly job: Job
  readonly runs: number
  /** What each run starts with, by the id of what is carried: the numbers of run after run. */
  readonly starts: ReadonlyMap<number, Float64Array>
}

export interface RunsDone {
  /** The loss of every iteration from the first to the last, run after run. */
  readonly losses: Float64Array
  /** What is carried into the last iteration, in the tape's order: the numbers of run after run. */
  readonly state: readonly Float64Array[]
  /** The iterations that each run came to: fewer where it met a NaN or infinity. */
  readonly iterations: Uint32Array
}

export class RunsTrainer {
  readonly #asked: RunsJob
  readonly #trainer: Trainer
  readonly #carried: readonly number[]
  readonly done: RunsDone
  #run = 0

  constructor(asked: RunsJob) {
    const { job, runs } = asked
    this.#asked = asked
    this.#trainer = new Trainer({ ...job, kept: [], every: Number.MAX_SAFE_INTEGER })
    this.#carried = job.tape.carries.map(([before]) => before)
    this.done = {
      losses: new Float64Array(runs * this.#count).fill(Number.NaN),
      state: this.#carried.map((id) => new Float64Array(runs * job.leaves.get(id)!.length)),
      iterations: new Uint32Array(runs),
    }
  }

  /** Trains the next run to its end; false where there is none. */
  next(): boolean {
    const { job, runs, starts } = this.#asked
    const run = this.#run
    if (run >= runs) return false
    const start = this.#carried.map((id) => {
      const size = job.leaves.get(id)!.length
      return starts.get(id)?.subarray(run * size, (run + 1) * size) ?? job.leaves.get(id)!
    })
    const { losses, state, iterations } = this.done
    losses[run * this.#count] = this.#trainer.restart(start)
    const frame = this.#trainer.train(() => false)
    losses.set(frame.losses, run * this.#count + 1)
    frame.state.forEach((numbers, n) => state[n]!.set(numbers, run * numbers.length))
    iterations[run] = frame.iteration
    this.#run++
    return true
  }

  get #count(): number {
    const { from, to } = this.#asked.job
    return to - from + 1
  }
}
