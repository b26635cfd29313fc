// Plays a tape in the browser: forward, backward and update alike, for all are steps.

import { bindTape, type Program } from './bind'
import { compile, compileLoop, type Feed, type Loop } from './compile'
import type { Apply } from './kernels/kernel'
import { countOf, PlayError, sameShape, type Shape, showShape } from './layout'
import { shapesAt, sizesAt } from './sizes'
import { label, leavesOf, lookups, type Run, type Tape } from './tape'

/** Numbers in row-major order. */
export type Flat = ArrayLike<number>

/** Iterations after which it pays to compile a tape. */
const COMPILE_AFTER = 50

/**
 * Plays one tape at one set of sizes, in float64, into arrays that are allocated once.
 *
 * After `play`, `values` holds what that play used and made. `carry` and `set` then write the
 * leaves alone (and what only looks at their memory), until the next play.
 */
export class Player {
  readonly tape: Tape
  /** The named sizes it plays at. */
  readonly sizes: Readonly<Record<string, number>>
  /** The shape of every value, by id. */
  readonly shapes: readonly Shape[]
  /** The numbers of every value in row-major order, by id. To write, use `set`. */
  readonly values: readonly Float64Array[]

  readonly #leaves = new Map<number, Float64Array>()
  readonly #program: Program
  readonly #shows: readonly Apply[]
  #steps: readonly Apply[]
  #carries: readonly Apply[]
  #trained = 0
  #compiled = false

  /**
   * @param given the numbers that no step makes, by value id; or a run to take them from
   * @param sizes the named sizes to play at, where they are not those recorded
   * @param shared another player of this tape, whose carried numbers become this one's too: so
   *   batches of two sizes train the same parameters
   * @throws PlayError a leaf is missing or of another size, an op or a size is not known
   */
  constructor(
    tape: Tape,
    given: Map<number, Flat> | Run,
    sizes: Readonly<Record<string, number>> = {},
    shared?: Player,
  ) {
    this.tape = tape
    this.sizes = sizesAt(tape, sizes)
    this.shapes = shapesAt(tape, this.sizes)
    const numbers = given instanceof Map ? given : leavesOf(tape, given)
    const common = new Set(shared && tape.carries.map(([before]) => before))
    for (const { id } of lookups(tape).leaves) {
      if (common.has(id)) this.#leaves.set(id, this.#common(id, shared!))
      else {
        const found = numbers.get(id)
        if (!found) throw new PlayError(`the tape needs numbers for ${label(tape, id)}: none given`)
        this.#leaves.set(id, new Float64Array(countOf(this.shapes[id]!)))
        this.set(id, found)
      }
    }
    this.#program = bindTape(tape, this.shapes, this.#leaves)
    this.values = this.#program.values
    this.#steps = this.#program.steps.map(({ play }) => play)
    this.#shows = this.#program.shown.map(({ play }) => play)
    this.#carries = this.#program.carries.map(({ play }) => play)
  }

  /** Computes every step, once, in order. */
  play(): void {
    for (const play of this.#steps) play()
    this.show()
  }

  /** Brings up to date what no step reads, after iterations of a `loop`. */
  show(): void {
    for (const show of this.#shows) show()
  }

  /** Computes the forward pass and the loss alone; the other values keep what they had. */
  playForward(): void {
    for (const { play } of this.#program.forward) play()
  }

  /** Puts the updated parameters (and optimizer state) in place of the old ones. */
  carry(): void {
    for (const play of this.#carries) play()
  }

  /**
   * Plays and carries `count` times; `values` then holds the last play's numbers, but for what
   * was carried.
   *
   * @param feed called before each play, to set the inputs of iteration n
   * @returns the loss of each play
   */
  train(count: number, feed?: (n: number) => void): Float64Array {
    this.#trained += count
    if (this.#trained >= COMPILE_AFTER && !this.#compiled) this.#compile()
    const losses = new Float64Array(count)
    const loss = this.values[this.tape.loss]!
    for (let n = 0; n < count; n++) {
      feed?.(n)
      for (const play of this.#steps) play()
      losses[n] = loss[0]!
      if (n === count - 1) for (const show of this.#shows) show()
      for (const play of this.#carries) play()
    }
    return losses
  }

  /**
   * Replaces the numbers of a value that no step makes.
   *
   * @throws PlayError a step makes that value, or it holds another number of numbers
   */
  set(id: number, numbers: Flat): void {
    const data = this.#leaves.get(id)
    if (!data) {
      const why = this.tape.values[id] ? 'a step makes it' : 'there is no such value'
      throw new PlayError(`${label(this.tape, id)} cannot be set: ${why}`)
    }
    if (numbers.length !== data.length)
      throw new PlayError(
        `${label(this.tape, id)} has shape ${showShape(this.shapes[id]!)}, which holds ` +
          `${data.length}, but ${numbers.length} numbers are given`,
      )
    data.set(numbers)
  }

  /** The numbers that are carried from one iteration to the next, copied. */
  snapshot(): Float64Array[] {
    return this.tape.carries.map(([before]) => this.values[before]!.slice())
  }

  /** Puts back what `snapshot` returned, of this player or of another of the same tape. */
  restore(state: readonly Float64Array[]): void {
    const { carries } = this.tape
    if (state.length !== carries.length)
      throw new PlayError(
        `the tape carries ${carries.length} values, but ${state.length} are given`,
      )
    carries.forEach(([before], n) => this.set(before, state[n]!))
  }

  /**
   * One function for many iterations, compiled from the tape; null where none can be made from
   * text. After it, `values` holds the last iteration's numbers, but for what `show` brings up to date.
   *
   * @param feeds what is set before each iteration, by value id
   * @param rate the id of the learning rate, where it changes
   */
  loop(feeds: ReadonlyMap<number, Omit<Feed, 'to'>>, rate: number | null): Loop | null {
    const { steps, carries, chained } = this.#program
    return compileLoop({
      carries,
      chained,
      feeds: [...feeds].map(([id, feed]) => ({ ...feed, to: this.#leaves.get(id)! })),
      batch: this.sizes['batch'] ?? 1,
      rate: rate === null ? null : this.#leaves.get(rate)!,
      steps,
      loss: this.values[this.tape.loss]!,
    })
  }

  #compile(): void {
    this.#compiled = true
    const { steps, carries, chained } = this.#program
    this.#steps = compile(steps) ?? this.#steps
    // compiled steps are in another order, though never before what they read
    if (!chained) this.#carries = compile(carries) ?? this.#carries
  }

  #common(id: number, other: Player): Float64Array {
    if (!sameShape(this.shapes[id]!, other.shapes[id]!))
      throw new PlayError(
        `${label(this.tape, id)} cannot be shared: its shapes are ` +
          `${showShape(this.shapes[id]!)} and ${showShape(other.shapes[id]!)}`,
      )
    return other.values[id]!
  }
}

/** The id of the first step of the last play that made a NaN or infinity from finite numbers. */
export function firstFault({ tape, values }: Player): number | null {
  const finite = (id: number): boolean => values[id]!.every(Number.isFinite)
  const fault = tape.steps.find((step) => !finite(step.output) && step.inputs.every(finite))
  return fault ? fault.id : null
}
