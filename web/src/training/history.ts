// A run of training that can be travelled through. It keeps what one iteration hands to the next
// every few iterations and replays from the nearest, so any iteration is exact and memory is bounded.

import { firstFault, Player } from '../player/player'
import { batchIndices } from '../player/random'
import { Rates, type Schedule } from '../player/schedule'
import { lookups, readLeaves, type Tape, type Value } from '../player/tape'
import type { TraceMessage } from '../wire'
import { Growing, TrailingMeans } from './growing'
import { type Frame, type Job, spreadLeaves } from './trainer'

/** Numbers kept for time travel, at most: 32 MB. */
const BUDGET = 4_000_000
const FEWEST_ROWS = 16

interface Edit {
  readonly iteration: number
  readonly id: number
  readonly at: number
  readonly value: number
  /** The sample that was edited, where inputs come from a dataset. */
  readonly sample: number | null
}

/** One number over time: `values[i]` is that of iteration `i * every`. */
export interface Series {
  readonly every: number
  readonly values: readonly number[]
}

/** The loss over the iterations, as it grows. */
export interface Curve {
  readonly losses: Growing
  readonly means: Growing | null
  /** Over how many numbers each mean is. */
  readonly pass: number
}

/** What is trained on which data; a trace is such. */
export type Trained = Pick<
  TraceMessage,
  'tape' | 'leaves' | 'visits' | 'dataset' | 'spec' | 'iterations'
>

/** Where the numbers of a value stand in a kept row. */
interface Column {
  readonly id: number
  readonly start: number
  readonly size: number
}

/** A learning rate that changes: its value's id, the rate that the spec gives, and its shares. */
interface Scheduled {
  readonly rate: number
  readonly given: number
  readonly rates: Rates
}

export class History {
  readonly tape: Tape
  readonly #losses = new Growing()
  readonly #means: TrailingMeans
  /** The iteration whose numbers `player` holds. */
  iteration = 0
  /** The samples the iteration sees; null where it sees the recorded inputs. */
  indices: readonly number[] | null = null
  /** A NaN or infinity in this iteration: the step that made it, null if it was given. */
  fault: { readonly step: number | null } | null = null

  readonly #trace: Trained
  readonly #past: readonly number[]
  readonly #leaves: ReadonlyMap<number, Float64Array>
  readonly #players = new Map<number, Player>()
  readonly #columns = new Map<number, Column>()
  readonly #width: number
  readonly #carried: ReadonlySet<number>
  /** How the learning rate changes; null where it stays. */
  readonly #schedule: Scheduled | null
  /** The values that are fed from the dataset, each as its rows one after the other. */
  readonly #fed = new Map<number, { initial: Float64Array; rows: Float64Array; width: number }>()
  #edits: Edit[] = []
  #every = 1
  #kept: Float64Array
  #count = 0

  /** @param past the losses of iterations before the first: it visits samples as the next one */
  constructor(trace: Trained, past: readonly number[] = []) {
    this.#trace = trace
    this.#past = past
    this.#means = new TrailingMeans(this.pass)
    this.tape = trace.tape
    this.#leaves = readLeaves(trace.leaves)
    const { leaves, gradients, byName } = lookups(this.tape)
    const carried = this.tape.carries.map(([before]) => before)
    this.#carried = new Set(carried)
    const rate = byName.get('learning_rate')
    this.#schedule = rate === undefined ? null : scheduleOf(trace, rate)
    const kept = [...carried, ...carried.flatMap((id) => gradients.get(id) ?? [])]
    let start = 0
    for (const id of kept) {
      const size = this.#first().values[id]!.length
      this.#columns.set(id, { id, start, size })
      start += size
    }
    this.#width = start
    this.#kept = new Float64Array(start * 64)
    if (trace.visits && trace.dataset)
      for (const [name, rows] of [
        ['x', trace.dataset.train.x],
        ['t', trace.dataset.train.y],
      ] as const)
        this.#feed(byName.get(name), rows, leaves)
    this.#play()
  }

  /** The loss of every iteration played so far. */
  get losses(): readonly number[] {
    return this.#losses.values
  }

  /** The losses as a curve, and their means over one pass of the samples; null where that is one. */
  get curve(): Curve {
    const { means } = this.#means
    return { losses: this.#losses, means: this.pass > 1 ? means : null, pass: this.pass }
  }

  /** How many iterations go through all samples once. */
  get pass(): number {
    const { visits, dataset } = this.#trace
    return visits && dataset ? Math.ceil(dataset.train.x.length / visits.batch) : 1
  }

  /** The player that holds the numbers of the iteration. */
  get player(): Player {
    return this.#playerFor(this.indices?.length ?? this.tape.sizes['batch'] ?? 1)
  }

  /** Whether any number was changed by hand. */
  get edited(): boolean {
    return this.#edits.length > 0
  }

  /** What makes the learning rate of this iteration: a schedule's name; null where it stays. */
  get schedule(): string | null {
    if (!this.#schedule || this.#ends(this.#schedule.rate)) return null
    return this.#schedule.rates.schedule.name
  }

  /** Plays the next iteration; false, and nothing changes, after a NaN or infinity. */
  next(): boolean {
    if (this.fault !== null) return false
    this.player.carry()
    this.iteration++
    this.#play()
    return true
  }

  /**
   * What a Trainer is to do to go on from here; null where the next iteration is to be played here.
   *
   * @param to the iteration to train up to; it is not trained past the next number changed by hand
   */
  job(to: number): Job | null {
    const { visits, dataset } = this.#trace
    const later = this.#edits.map((edit) => edit.iteration).filter((n) => n > this.iteration)
    const end = Math.min(to, ...later.map((n) => n - 1))
    if (this.fault !== null || end <= this.iteration || this.#past.length) return null
    const first = this.#first()
    const scheduled = this.schedule === null ? null : this.#schedule
    const needsLosses = scheduled?.rates.schedule.name === 'plateau'
    return {
      tape: this.tape,
      leaves: new Map(lookups(this.tape).leaves.map(({ id }) => [id, first.values[id]!.slice()])),
      fed: new Map([...this.#fed].map(([id, { rows, width }]) => [id, { rows, width }])),
      visits: visits && dataset ? { ...visits, samples: dataset.train.x.length } : null,
      scheduled: scheduled && {
        id: scheduled.rate,
        given: scheduled.given,
        schedule: scheduled.rates.schedule,
      },
      losses: needsLosses ? this.losses.slice(0, this.iteration + 1) : [],
      from: this.iteration,
      to: end,
      kept: [...this.#columns.keys()],
      every: this.#every,
    }
  }

  /** Takes over what a Trainer did from here on, and stands where that has come to. */
  adopt({ iteration, state, losses, rows, first, every }: Frame): void {
    const from = iteration - losses.length
    losses.forEach((loss, n) => {
      if (from + 1 + n !== this.losses.length) return // it was played before
      this.#losses.push(loss)
      this.#means.push(this.losses)
    })
    while (this.#every < every) this.#thin()
    for (let n = 0; n * this.#width < rows.length; n++) {
      if (first + n * every !== this.#count * this.#every) continue
      const start = this.#room()
      if (start >= 0) this.#kept.set(rows.subarray(n * this.#width, (n + 1) * this.#width), start)
    }
    this.tape.carries.forEach(([before], n) => this.#first().set(before, state[n]!))
    this.iteration = iteration
    this.#play()
  }

  /** Goes to an iteration: back, on, or as far on as the numbers stay finite. */
  seek(iteration: number): void {
    if (iteration < this.iteration || this.#nearest(iteration) > this.iteration)
      this.#restore(this.#nearest(iteration))
    while (this.iteration < iteration && this.next());
  }

  /** Changes a number from this iteration on; what followed is forgotten. */
  edit(id: number, at: number, value: number): void {
    const fed = this.#fed.get(id)
    const sample = fed ? this.indices![Math.floor(at / fed.width)]! : null
    const edit = { iteration: this.iteration, id, at: fed ? at % fed.width : at, value, sample }
    this.#edits = this.#edits.filter(
      (e) =>
        e.iteration < this.iteration || (e.iteration === this.iteration && !sameTarget(e, edit)),
    )
    this.#edits.push(edit)
    this.#forgetFrom(this.iteration)
    this.#settle(this.iteration)
    this.#play()
  }

  /** As it was when it was opened. */
  reset(): void {
    this.#edits = []
    for (const id of this.#carried) this.#first().set(id, this.#leaves.get(id)!)
    this.iteration = 0
    this.#forgetFrom(0)
    this.#settle(0)
    this.#play()
  }

  /** A parameter's or its gradient's number over the iterations played so far. */
  series(id: number, at: number): Series {
    if (id === this.tape.loss) return this.#losses
    const column = this.#columns.get(id)
    if (!column) return { every: 1, values: [] }
    const first = column.start + at
    return {
      every: this.#every,
      values: Array.from({ length: this.#count }, (_, n) => this.#kept[n * this.#width + first]!),
    }
  }

  /** The rows of `x` or `t` that training goes through, edits included, one after the other. */
  rows(id: number): Float64Array {
    return this.#fed.get(id)?.rows ?? this.player.values[id]!
  }

  /** A player of the same parameters at another batch size, to judge other samples with. */
  judge(batch: number): Player {
    return new Player(this.tape, spreadLeaves(this.tape, this.#leaves, batch), { batch }, this.#first())
  }

  #first(): Player {
    return this.#playerFor(this.tape.sizes['batch'] ?? 1)
  }

  #playerFor(batch: number): Player {
    const known = this.#players.get(batch)
    if (known) return known
    const recorded = this.tape.sizes['batch'] ?? 1
    const player =
      batch === recorded ? new Player(this.tape, new Map(this.#leaves)) : this.judge(batch)
    this.#players.set(batch, player)
    for (const edit of this.#edits) if (this.#lasts(edit)) this.#apply(edit)
    return player
  }

  #feed(
    id: number | undefined,
    rows: readonly (readonly number[])[],
    leaves: readonly Value[],
  ): void {
    if (id === undefined || !leaves.some((leaf) => leaf.id === id)) return
    const initial = Float64Array.from(rows.flat())
    this.#fed.set(id, { initial, rows: initial.slice(), width: rows[0]!.length })
  }

  #play(): void {
    const { iteration } = this
    const { visits, dataset } = this.#trace
    const visit = iteration + this.#past.length
    this.indices =
      visits && dataset
        ? [...batchIndices(dataset.train.x.length, visits.batch, visit, visits.seed, visits.shuffle)]
        : null
    const { player, indices } = this
    for (const edit of this.#edits) if (edit.iteration === iteration) this.#apply(edit)
    for (const [id, { rows, width }] of this.#fed) {
      const input = new Float64Array(indices!.length * width)
      indices!.forEach((sample, n) =>
        input.set(rows.subarray(sample * width, (sample + 1) * width), n * width),
      )
      player.set(id, input)
    }
    this.#setRate(player)
    player.play()
    this.fault = this.#finite(player) ? null : { step: firstFault(player) }
    if (iteration === this.losses.length) {
      this.#losses.push(player.values[this.tape.loss]![0]!)
      this.#means.push(this.losses)
    }
    if (iteration === this.#count * this.#every) this.#keep(player)
  }

  /** Gives this iteration its learning rate, unless a rate was put in its place by hand. */
  #setRate(player: Player): void {
    if (!this.#schedule) return
    const { rate, given, rates } = this.#schedule
    const past = this.#past
    const share = rates.share(this.iteration + past.length, past.length ? [...past, ...this.losses] : this.losses)
    if (!this.#ends(rate)) player.set(rate, [given * share])
  }

  /** Whether the schedule was ended by hand: a rate that is typed holds from then on. */
  #ends(rate: number): boolean {
    return this.#edits.some(({ id, iteration }) => id === rate && iteration <= this.iteration)
  }

  #finite({ values }: Player): boolean {
    return (
      Number.isFinite(values[this.tape.loss]![0]) &&
      this.tape.carries.every(([, after]) => values[after]!.every(Number.isFinite))
    )
  }

  #apply({ id, at, value, sample }: Edit): void {
    const fed = this.#fed.get(id)
    if (fed && sample !== null) {
      fed.rows[sample * fed.width + at] = value
      return
    }
    for (const player of this.#players.values()) {
      const numbers = player.values[id]!.slice()
      numbers[at] = value
      player.set(id, numbers)
    }
  }

  #keep({ values }: Player): void {
    const start = this.#room()
    if (start < 0) return
    for (const column of this.#columns.values())
      this.#kept.set(values[column.id]!, start + column.start)
  }

  /** Where the next row goes, which is of iteration count * every; -1 where it is not kept any more. */
  #room(): number {
    const most = Math.max(FEWEST_ROWS, Math.floor(BUDGET / Math.max(1, this.#width)))
    if (this.#count >= most) {
      const iteration = this.#count * this.#every
      this.#thin()
      if (iteration % this.#every) return -1
    }
    const start = this.#count * this.#width
    if (start + this.#width > this.#kept.length) {
      const larger = new Float64Array(this.#kept.length * 2 + this.#width)
      larger.set(this.#kept)
      this.#kept = larger
    }
    this.#count++
    return start
  }

  /** Keeps every other row, from now on too. */
  #thin(): void {
    const width = this.#width
    for (let n = 0; 2 * n < this.#count; n++)
      this.#kept.copyWithin(n * width, 2 * n * width, (2 * n + 1) * width)
    this.#count = Math.ceil(this.#count / 2)
    this.#every *= 2
  }

  /** The latest iteration up to `iteration` that is kept. */
  #nearest(iteration: number): number {
    return Math.min(Math.floor(iteration / this.#every), this.#count - 1) * this.#every
  }

  #restore(iteration: number): void {
    for (const id of this.#carried) {
      const { start, size } = this.#columns.get(id)!
      const from = (iteration / this.#every) * this.#width + start
      this.#first().set(id, this.#kept.subarray(from, from + size))
    }
    this.iteration = iteration
    this.#settle(iteration)
    this.#play()
  }

  /** Puts what no iteration changes as it stands before an iteration: given, then edited. */
  #settle(iteration: number): void {
    for (const { rows, initial } of this.#fed.values()) rows.set(initial)
    for (const [batch, player] of this.#players)
      for (const [id, numbers] of spreadLeaves(this.tape, this.#leaves, batch))
        if (!this.#carried.has(id) && !this.#fed.has(id)) player.set(id, numbers)
    for (const edit of this.#edits)
      if (edit.iteration < iteration && this.#lasts(edit)) this.#apply(edit)
  }

  /** Whether an edit still holds in later iterations, which a parameter's does not. */
  #lasts({ id }: Edit): boolean {
    return !this.#carried.has(id)
  }

  #forgetFrom(iteration: number): void {
    this.#losses.cut(iteration)
    this.#means.cut(this.losses)
    this.#count = Math.min(this.#count, Math.ceil(iteration / this.#every))
    if (iteration === 0) this.#every = 1
  }
}

/** The schedule that a spec asks for; null where the rate stays. */
function scheduleOf({ spec, iterations }: Trained, rate: number): Scheduled | null {
  const { schedule, optimizer } = spec as {
    schedule?: { name: string } & Schedule['options']
    optimizer?: { learning_rate: number }
  }
  if (!schedule || !optimizer || schedule.name === 'constant') return null
  const { name, ...options } = schedule
  return { rate, given: optimizer.learning_rate, rates: new Rates({ name, options, total: iterations }) }
}

function sameTarget(a: Edit, b: Edit): boolean {
  return a.id === b.id && a.at === b.at && a.sample === b.sample
}
