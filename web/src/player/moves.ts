// Which numbers an op moves where, found by playing its kernel on positions in place of numbers. The
// twin of src/whygrad/engine/moves.py.

import type { Formula, Moved } from './formula'
import { KERNELS } from './kernels'
import { countOf, positions, type Shape, type View, whole } from './layout'
import type { Params } from './tape'

/** A step of an op that only moves numbers. */
export interface Moving {
  readonly op: string
  readonly formula: Formula
  /** The numbers that go in: of inputs that are moved, only the shapes matter. */
  readonly inputs: readonly View[]
  readonly shape: Shape
  readonly params: Params
}

/** The elements that go to each place: those of place p stand in `order` from `starts[p]` on. */
interface Groups {
  readonly order: Int32Array
  readonly starts: Int32Array
}

/** What one step moves; worked out once, when it is asked. */
export class Moves implements Moved {
  readonly #step: Moving
  /** Where each input's positions start: those of all inputs are counted through. */
  readonly #starts: readonly number[]
  readonly #groups = new Map<string, Groups>()
  #sources: Float64Array | null = null

  constructor(step: Moving) {
    this.#step = step
    let start = 0
    this.#starts = step.inputs.map(({ shape }, n) => {
      const here = start
      start += isMoved(step, n) ? countOf(shape) : 0
      return here
    })
  }

  source(at: number): readonly [argument: number, at: number] | null {
    this.#sources ??= this.#find()
    const found = this.#sources[at]!
    if (found < 0) return null
    const { inputs } = this.#step
    const argument = this.#starts.findLastIndex(
      (start, n) => isMoved(this.#step, n) && start <= found && countOf(inputs[n]!.shape) > 0,
    )
    return [argument, found - this.#starts[argument]!]
  }

  added(reader: string, at: number): readonly number[] {
    let groups = this.#groups.get(reader)
    if (!groups) this.#groups.set(reader, (groups = this.#grouped(reader)))
    return [...groups.order.subarray(groups.starts[at], groups.starts[at + 1])]
  }

  /** The position in all inputs of what stands at each element of the output; -1 for nothing. */
  #find(): Float64Array {
    const { op, inputs, shape, params } = this.#step
    const count = this.#starts.at(-1)! + countOf(inputs.at(-1)!.shape)
    // played twice, with every position raised the second time: what the op itself fills stays
    const [first, second] = [0, count].map((raised) => {
      const numbered = inputs.map((input, n) => this.#numbered(input, n, raised))
      return played(op, numbered, shape, params)
    })
    return first!.map((position, n) => (second![n]! - position === count ? position : -1))
  }

  #numbered(input: View, n: number, raised: number): View {
    return isMoved(this.#step, n) ? counted(input.shape, this.#starts[n]! + raised) : input
  }

  #grouped(reader: string): Groups {
    const { inputs, shape, params } = this.#step
    const size = countOf(shape)
    const target = played(reader, [counted(shape, 0), ...inputs.slice(1)], inputs[0]!.shape, params)
    const starts = new Int32Array(size + 1)
    for (const place of target) starts[place + 1]!++
    for (let place = 0; place < size; place++) starts[place + 1]! += starts[place]!
    const next = starts.slice()
    const order = new Int32Array(target.length)
    target.forEach((place, n) => {
      order[next[place]!++] = n
    })
    return { order, starts }
  }
}

function isMoved({ formula: { uses } }: Moving, argument: number): boolean {
  return uses[Math.min(argument, uses.length - 1)] !== null
}

function counted(shape: Shape, from: number): View {
  return whole(Float64Array.from({ length: countOf(shape) }, (_, n) => from + n), shape)
}

function played(op: string, inputs: readonly View[], shape: Shape, params: Params): Float64Array {
  const kernel = KERNELS[op]!
  if ('view' in kernel) {
    const view = kernel.view(inputs[0]!, shape, params)!
    return Float64Array.from(positions(view), (place) => view.data[place]!)
  }
  const output = whole(new Float64Array(countOf(shape)), shape)
  kernel.bind({ inputs, output, params })()
  return output.data
}
