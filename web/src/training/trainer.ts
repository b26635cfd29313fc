// Trains as fast as it goes: whole stretches of iterations in one compiled loop, or by closures where
// nothing can be compiled. It plays what a History would play, to the last bit, from a Job that a
// History made, and gives Frames, which that History takes over. It keeps nothing of the way.

import type { Loop } from '../player/compile'
import { Player } from '../player/player'
import { orderOf } from '../player/random'
import { Rates, type Schedule } from '../player/schedule'
import { lookups, type Tape } from '../player/tape'

/** What is to be trained, from where to where; data alone, so that it can be sent to a worker. */
export interface Job {
  readonly tape: Tape
  /** The numbers of every leaf, at the recorded batch size, as iteration `from` was played with them. */
  readonly leaves: ReadonlyMap<number, Float64Array>
  /** The values that take the samples whose turn it is, each with the rows of all samples. */
  readonly fed: ReadonlyMap<number, { readonly rows: Float64Array; readonly width: number }>
  readonly visits: Visits | null
  /** The learning rate's value, the rate that its schedule starts from, and the schedule. */
  readonly scheduled: { readonly id: number; readonly given: number; readonly schedule: Schedule } | null
  /** The losses up to `from`, where the schedule depends on them; else empty. */
  readonly losses: readonly number[]
  readonly from: number
  readonly to: number
  /** Values of which the numbers are kept, for iterations that `every` divides. */
  readonly kept: readonly number[]
  readonly every: number
}

export interface Visits {
  readonly samples: number
  readonly batch: number
  readonly seed: number
  readonly shuffle: boolean
}

/** How far training has come, and what there is to keep of the iterations since the last frame. */
export interface Frame {
  /** The iteration that was played last. */
  readonly iteration: number
  /** What is carried into that iteration: its parameters before their update. */
  readonly state: readonly Float64Array[]
  /** The losses of all iterations since, the last one's at the end. */
  readonly losses: Float64Array
  /** The kept values' numbers, one row for each iteration from `first` on that `every` divides. */
  readonly rows: Float64Array
  readonly first: number
  readonly every: number
  /** Whether there is no more to train: it has come to the end, or to a NaN or infinity. */
  readonly done: boolean
  /** Whether what was played was compiled. */
  readonly compiled: boolean
}

/** Rows that a frame brings, at most: fewer are kept of what trains faster. */
const ROWS_A_FRAME = 32
/** Iterations between two looks at the clock and at what is not finite. */
const MOST_AT_ONCE = 256

interface Played {
  readonly player: Player
  readonly loop: Loop | null
}

export class Trainer {
  readonly #job: Job
  readonly #batches = new Map<number, Played>()
  readonly #rates: Rates | null
  /** All losses, where the schedule depends on them. */
  #past: number[] = []
  readonly #needsLosses: boolean
  readonly #perEpoch: number
  /** Epochs whose order is worked out together: several, where their batches are all of one size. */
  readonly #epochs: number
  #order: { first: number; samples: Uint32Array } = { first: -1, samples: new Uint32Array(0) }
  #iteration: number
  #every: number
  #done = false

  constructor(job: Job) {
    this.#job = job
    this.#rates = job.scheduled && new Rates(job.scheduled.schedule)
    this.#needsLosses = job.scheduled?.schedule.name === 'plateau'
    const { samples, batch } = job.visits ?? { samples: 1, batch: 1 }
    this.#perEpoch = Math.ceil(samples / batch)
    this.#epochs = samples % batch ? 1 : Math.ceil(MOST_AT_ONCE / this.#perEpoch)
    this.#iteration = job.from
    this.#every = job.every
    this.restart(job.tape.carries.map(([before]) => job.leaves.get(before)!))
  }

  /** Begins anew where the job begins, with other numbers carried; returns the loss there. */
  restart(state: readonly Float64Array[]): number {
    const { from, to, losses } = this.#job
    this.#iteration = from
    this.#past = [...losses]
    this.#done = from >= to
    this.#now.player.restore(state)
    return this.#playOne(from)
  }

  /**
   * Trains until the clock says so.
   *
   * @param enough asked after each stretch of iterations whether to stop there
   */
  train(enough: () => boolean): Frame {
    const losses: Float64Array[] = []
    const { kept } = this.#job
    const rows: Float64Array[] = []
    let first = -1
    while (!this.#done) {
      losses.push(this.#stretch())
      if (this.#iteration % this.#every === 0) {
        if (first < 0) first = this.#iteration
        const { values } = this.#now.player
        for (const id of kept) rows.push(values[id]!.slice())
      }
      this.#done ||= this.#iteration >= this.#job.to
      if (enough() || (rows.length && rows.length >= ROWS_A_FRAME * kept.length)) break
    }
    const frame = {
      iteration: this.#iteration,
      state: this.#now.player.snapshot(),
      losses: joined(losses),
      rows: joined(rows),
      first,
      every: this.#every,
      done: this.#done,
      compiled: this.#now.loop !== null,
    }
    // half as many rows as a frame may bring
    while (2 * frame.losses.length > ROWS_A_FRAME * this.#every) this.#every *= 2
    return frame
  }

  /** Trains as many iterations as the loop can go through by itself; returns their losses. */
  #stretch(): Float64Array {
    const { to } = this.#job
    const next = this.#iteration + 1
    const toRow = this.#every - (this.#iteration % this.#every)
    const from = this.#iteration
    const before = this.#now.player
    // a loop carries within one player; the losses that a schedule depends on come one by one
    const single = this.#needsLosses || this.#batchOf(next).player !== before
    const count = single ? 1 : Math.min(to - from, toRow, this.#alike(next), MOST_AT_ONCE)
    const start = before.snapshot()
    let losses = this.#run(next, count)
    if (!this.#finite(losses)) {
      // the same again, one by one, to stop where it began
      this.#iteration = from
      before.restore(start)
      this.#playOne(from)
      const one: number[] = []
      do one.push(this.#run(this.#iteration + 1, 1)[0]!)
      while (this.#finite(Float64Array.of(one.at(-1)!)))
      losses = Float64Array.from(one)
      this.#done = true
    }
    if (this.#needsLosses) for (const loss of losses) this.#past.push(loss)
    return losses
  }

  /** Carries and plays iterations that see batches of one size; the first of them is `next`. */
  #run(next: number, count: number): Float64Array {
    const losses = new Float64Array(count)
    const rates = this.#ratesOf(next, count)
    const { samples, at } = this.#turn(next)
    const before = this.#now.player
    this.#iteration = next + count - 1
    const { player, loop } = this.#now
    if (loop && player === before) {
      loop(count, samples, at, rates, losses, 0)
      player.show()
      return losses
    }
    for (let n = 0; n < count; n++) {
      ;(n ? player : before).carry()
      losses[n] = this.#playOne(next + n)
    }
    return losses
  }

  /** Feeds and plays one iteration; what is carried into it is there. */
  #playOne(iteration: number): number {
    const { player } = this.#batchOf(iteration)
    const { samples, at, size } = this.#turn(iteration)
    for (const [id, { rows, width }] of this.#job.fed) {
      const input = new Float64Array(size * width)
      for (let n = 0; n < size; n++) {
        const from = samples[at + n]! * width
        input.set(rows.subarray(from, from + width), n * width)
      }
      player.set(id, input)
    }
    const rates = this.#ratesOf(iteration, 1)
    if (rates) player.set(this.#job.scheduled!.id, rates)
    player.play()
    return player.values[this.#job.tape.loss]![0]!
  }

  #ratesOf(first: number, count: number): Float64Array | null {
    if (!this.#rates) return null
    const { given } = this.#job.scheduled!
    return Float64Array.from({ length: count }, (_, n) => given * this.#rates!.share(first + n, this.#past))
  }

  get #now(): Played {
    return this.#batchOf(this.#iteration)
  }

  /** Which samples an iteration sees: `size` of them from `at` on in the order of some epochs. */
  #turn(iteration: number): { samples: Uint32Array; at: number; size: number } {
    const { visits } = this.#job
    if (!visits) return { samples: this.#order.samples, at: 0, size: 0 }
    const first = Math.floor(iteration / (this.#perEpoch * this.#epochs)) * this.#epochs
    if (first !== this.#order.first) this.#order = { first, samples: this.#ordered(first, visits) }
    const place = iteration - first * this.#perEpoch
    const size = Math.min(visits.batch, visits.samples - (place % this.#perEpoch) * visits.batch)
    return { samples: this.#order.samples, at: place * visits.batch, size }
  }

  /** The order in which the epochs from one on visit their samples. */
  #ordered(first: number, { samples, seed, shuffle }: Visits): Uint32Array {
    const all = new Uint32Array(this.#epochs * samples)
    for (let n = 0; n < this.#epochs; n++) all.set(orderOf(samples, first + n, seed, shuffle), n * samples)
    return all
  }

  /** How many iterations from one on see batches of the same size, in the order that is known. */
  #alike(iteration: number): number {
    const { visits } = this.#job
    if (!visits) return MOST_AT_ONCE
    const place = iteration % (this.#perEpoch * this.#epochs)
    const full = Math.floor((this.#epochs * visits.samples) / visits.batch)
    return place < full ? full - place : 1
  }

  #batchOf(iteration: number): Played {
    const { tape, visits, leaves } = this.#job
    const size = visits ? this.#turn(iteration).size : (tape.sizes['batch'] ?? 1)
    const known = this.#batches.get(size)
    if (known) return known
    const recorded = tape.sizes['batch'] ?? 1
    const [first] = this.#batches.values()
    const player = first
      ? new Player(tape, spreadLeaves(tape, leaves, size), { batch: size }, first.player)
      : size === recorded
        ? new Player(tape, new Map(leaves))
        : new Player(tape, spreadLeaves(tape, leaves, size), { batch: size })
    const loop = player.loop(this.#job.fed, this.#job.scheduled?.id ?? null)
    const made = { player, loop }
    this.#batches.set(size, made)
    return made
  }

  #finite(losses: Float64Array): boolean {
    const { values } = this.#now.player
    const { carries } = this.#job.tape
    return finite(losses) && carries.every(([, after]) => finite(values[after]!))
  }
}

/** Leaves at another batch size; inputs are set before each play, so what they hold is no matter. */
export function spreadLeaves(
  tape: Tape,
  given: ReadonlyMap<number, Float64Array>,
  batch: number,
): Map<number, Float64Array> {
  const leaves = new Map(given)
  for (const { id, shape } of lookups(tape).leaves)
    if (shape[0] === 'batch') {
      const recorded = leaves.get(id)!
      const width = recorded.length / tape.sizes['batch']!
      leaves.set(id, Float64Array.from({ length: batch * width }, (_, i) => recorded[i % width]!))
    }
  return leaves
}

function finite(numbers: Float64Array): boolean {
  let sum = 0
  for (let i = 0; i < numbers.length; i++) sum += numbers[i]! * 0
  return sum === 0
}

function joined(parts: readonly Float64Array[]): Float64Array {
  const all = new Float64Array(parts.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const part of parts) {
    all.set(part, at)
    at += part.length
  }
  return all
}
