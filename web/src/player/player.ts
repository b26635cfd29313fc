// Plays a tape in the browser: forward, backward and update alike, for all are steps.

import type { Play } from './kernels/kernel'
import { bindCopy } from './kernels/shapes'
import {
  countOf,
  inOrder,
  PlayError,
  sameShape,
  type Shape,
  showShape,
  type View,
  whole,
} from './layout'
import { kernelOf, shapesAt, sizesAt } from './sizes'
import { label, leavesOf, lookups, type Run, type Step, type Tape } from './tape'

/** Numbers in row-major order. */
export type Flat = ArrayLike<number>

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

  readonly #values: Float64Array[] = []
  /** Where kernels read a value: a transposed or spread one is read where it came from. */
  readonly #views: View[] = []
  readonly #program: Play[] = []
  /** By id of a value that kernels read elsewhere: what copies it to `values`, to be shown. */
  readonly #shown = new Map<number, Play>()
  readonly #leaves: ReadonlySet<number>
  readonly #carry: Play

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
    this.values = this.#values
    const numbers = given instanceof Map ? given : leavesOf(tape, given)
    this.#leaves = new Set(lookups(tape).leaves.map(({ id }) => id))
    const carried = new Set(shared && tape.carries.map(([before]) => before))
    for (const id of this.#leaves) {
      if (carried.has(id)) {
        this.#share(id, shared!)
        continue
      }
      const found = numbers.get(id)
      if (!found) throw new PlayError(`the tape needs numbers for ${label(tape, id)}: none given`)
      this.#allocate(id)
      this.set(id, found)
    }
    for (const step of tape.steps) this.#bind(step)
    this.#carry = this.#bindCarry()
  }

  /** Computes every step, once, in order. */
  play(): void {
    for (const play of this.#program) play()
    for (const show of this.#shown.values()) show()
  }

  /** Puts the updated parameters (and optimizer state) in place of the old ones. */
  carry(): void {
    this.#carry()
  }

  /**
   * Plays and carries `count` times; `values` then holds the last play's numbers, but for what
   * was carried.
   *
   * @param feed called before each play, to set the inputs of iteration n
   * @returns the loss of each play
   */
  train(count: number, feed?: (n: number) => void): Float64Array {
    const losses = new Float64Array(count)
    const loss = this.#values[this.tape.loss]!
    for (let n = 0; n < count; n++) {
      feed?.(n)
      for (const play of this.#program) play()
      losses[n] = loss[0]!
      if (n === count - 1) for (const show of this.#shown.values()) show()
      this.#carry()
    }
    return losses
  }

  /**
   * Replaces the numbers of a value that no step makes.
   *
   * @throws PlayError a step makes that value, or it holds another number of numbers
   */
  set(id: number, numbers: Flat): void {
    const name = label(this.tape, id)
    if (!this.#leaves.has(id)) {
      const why = this.tape.values[id] ? 'a step makes it' : 'there is no such value'
      throw new PlayError(`${name} cannot be set: ${why}`)
    }
    const { shape, data } = this.#views[id]!
    if (numbers.length !== data.length)
      throw new PlayError(
        `${name} has shape ${showShape(shape)}, which holds ${data.length}, ` +
          `but ${numbers.length} numbers are given`,
      )
    data.set(numbers)
  }

  /** The numbers that are carried from one iteration to the next, copied. */
  snapshot(): Float64Array[] {
    return this.tape.carries.map(([before]) => this.#values[before]!.slice())
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

  #allocate(id: number): View {
    const shape = this.shapes[id]!
    return this.#keep(id, whole(new Float64Array(countOf(shape)), shape))
  }

  #share(id: number, other: Player): void {
    if (!sameShape(this.shapes[id]!, other.shapes[id]!))
      throw new PlayError(
        `${label(this.tape, id)} cannot be shared: its shapes are ` +
          `${showShape(this.shapes[id]!)} and ${showShape(other.shapes[id]!)}`,
      )
    this.#keep(id, whole(other.values[id]!, this.shapes[id]!))
  }

  #keep(id: number, view: View): View {
    this.#values[id] = view.data
    this.#views[id] = view
    return view
  }

  #bind(step: Step): void {
    const { output, params } = step
    const kernel = kernelOf(step)
    if ('bind' in kernel) {
      const inputs = step.inputs.map((id) => this.#views[id]!)
      this.#program.push(kernel.bind({ inputs, output: this.#allocate(output), params }))
      return
    }
    const [first] = step.inputs as [number]
    const shape = this.shapes[output]!
    const view =
      kernel.view(this.#views[first]!, shape, params) ??
      kernel.view(this.#settled(first), shape, params)!
    if (inOrder(view)) {
      const { data, offset } = view
      this.#keep(output, whole(data.subarray(offset, offset + countOf(shape)), shape))
      return
    }
    this.#shown.set(output, bindCopy(view, this.#allocate(output)))
    this.#views[output] = view
  }

  /** A value in order in an array of its own, from this point of the program on. */
  #settled(id: number): View {
    const show = this.#shown.get(id)
    if (show) {
      this.#shown.delete(id)
      this.#program.push(show)
      this.#keep(id, whole(this.#values[id]!, this.shapes[id]!))
    }
    return this.#views[id]!
  }

  #bindCarry(): Play {
    const pairs = this.tape.carries.map(([before, after]) => {
      const from = this.#settled(after).data
      return { from, to: this.#views[before]!.data, copy: from.slice() }
    })
    // what is carried may itself be a leaf that is carried over: all are read before any is written
    const targets = new Set(pairs.map(({ to }) => to.buffer))
    const chained = pairs.some(({ from }) => targets.has(from.buffer))
    return () => {
      if (chained) for (const { from, copy } of pairs) copy.set(from)
      for (const { from, to, copy } of pairs) to.set(chained ? copy : from)
    }
  }
}

/** The id of the first step of the last play that made a NaN or infinity from finite numbers. */
export function firstFault({ tape, values }: Player): number | null {
  const finite = (id: number): boolean => values[id]!.every(Number.isFinite)
  const fault = tape.steps.find((step) => !finite(step.output) && step.inputs.every(finite))
  return fault ? fault.id : null
}
