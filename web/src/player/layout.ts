// Where the elements of an array lie in memory, as in NumPy: transposing, spreading and slicing
// give another look at the same numbers.

export type Shape = readonly number[]

/** Element (i, j, …) lies at `offset + i·strides[0] + j·strides[1] + …` of `data`. */
export interface View {
  readonly data: Float64Array
  readonly offset: number
  readonly shape: Shape
  readonly strides: readonly number[]
}

/** What cannot be played, said for a person. */
export class PlayError extends Error {
  override readonly name = 'PlayError'
}

/** How many elements a shape holds. */
export function countOf(shape: Shape): number {
  return shape.reduce((product, size) => product * size, 1)
}

export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((size, i) => size === b[i])
}

export function showShape(shape: Shape): string {
  return shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(', ')})`
}

function rowMajor(shape: Shape): number[] {
  const strides = new Array<number>(shape.length)
  let stride = 1
  for (let i = shape.length - 1; i >= 0; i--) {
    strides[i] = stride
    stride *= shape[i]!
  }
  return strides
}

/** All of `data`, in row-major order. */
export function whole(data: Float64Array, shape: Shape): View {
  return { data, offset: 0, shape, strides: rowMajor(shape) }
}

/** Whether the elements lie one after the other, in row-major order. */
export function inOrder(view: View): boolean {
  const strides = rowMajor(view.shape)
  return view.shape.every((size, i) => size === 1 || view.strides[i] === strides[i])
}

/** The same elements in the same order, under another shape; only for a view in order. */
export function reshaped(view: View, shape: Shape): View {
  return { ...view, shape, strides: rowMajor(shape) }
}

/** The axes in another order (counted from the front, or from the end if negative). */
export function permuted(view: View, axes: readonly number[]): View {
  const rank = view.shape.length
  const order = axes.map((axis) => (axis + rank) % rank)
  return {
    ...view,
    shape: order.map((axis) => view.shape[axis]!),
    strides: order.map((axis) => view.strides[axis]!),
  }
}

/** Copies of `view` that fill `shape`, by the rules of broadcasting. */
export function spread(view: View, shape: Shape): View {
  const lead = shape.length - view.shape.length
  const strides = shape.map((_, i) =>
    i < lead || view.shape[i - lead] === 1 ? 0 : view.strides[i - lead]!,
  )
  return { ...view, shape, strides }
}

/** The place in `view.data` of every element, in row-major order. */
export function positions(view: View): Int32Array {
  const { shape, strides, offset } = view
  const found = new Int32Array(countOf(shape))
  const index = new Array<number>(shape.length).fill(0)
  let at = offset
  for (let n = 0; n < found.length; n++) {
    found[n] = at
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      at += strides[axis]!
      if (++index[axis]! < shape[axis]!) break
      at -= strides[axis]! * shape[axis]!
      index[axis] = 0
    }
  }
  return found
}

/** The shape that shapes broadcast to. */
export function broadcast(what: string, ...shapes: Shape[]): Shape {
  const rank = Math.max(...shapes.map((shape) => shape.length))
  return Array.from({ length: rank }, (_, i) => {
    let size = 1
    for (const shape of shapes) {
      const other = shape[i - rank + shape.length] ?? 1
      if (other === 1 || other === size) continue
      if (size !== 1)
        throw new PlayError(
          `${what}: shapes ${shapes.map(showShape).join(' and ')} do not fit together: ` +
            `along axis ${i - rank} the sizes are ${size} and ${other}`,
        )
      size = other
    }
    return size
  })
}

/** Which axes of a rank are named, whether counted from the front or from the end. */
export function axisSet(axes: readonly number[], rank: number): Set<number> {
  return new Set(axes.map((axis) => (axis + rank) % rank))
}

/** A shape without some axes, or with 1 there. */
export function reducedShape(shape: Shape, axes: readonly number[], keepdims: boolean): Shape {
  const gone = axisSet(axes, shape.length)
  if (keepdims) return shape.map((size, i) => (gone.has(i) ? 1 : size))
  return shape.filter((_, i) => !gone.has(i))
}

export type Slice = readonly [start: number | null, stop: number | null, step: number | null]

/** Where a slice of an axis starts, its step, and how many it takes: Python's rules. */
export function sliceOf(
  slice: Slice,
  size: number,
): { start: number; step: number; count: number } {
  const step = slice[2] ?? 1
  const [low, high] = step > 0 ? [0, size] : [-1, size - 1]
  const bound = (at: number | null, missing: number): number =>
    at === null ? missing : Math.min(Math.max(at < 0 ? at + size : at, low), high)
  const start = bound(slice[0], step > 0 ? low : high)
  const stop = bound(slice[1], step > 0 ? high : low)
  return { start, step, count: Math.max(0, Math.ceil((stop - start) / step)) }
}

export type Item = number | Slice

/** The elements that basic indexing picks: one whole number or slice per axis. */
export function picked(view: View, items: readonly Item[]): View {
  let offset = view.offset
  const shape: number[] = []
  const strides: number[] = []
  items.forEach((item, axis) => {
    const size = view.shape[axis]!
    const stride = view.strides[axis]!
    if (typeof item === 'number') {
      offset += (item < 0 ? item + size : item) * stride
      return
    }
    const { start, step, count } = sliceOf(item, size)
    offset += start * stride
    shape.push(count)
    strides.push(step * stride)
  })
  return { data: view.data, offset, shape, strides }
}

/** The elements with index `start … start + size - 1` along an axis. */
export function stretch(view: View, axis: number, start: number, size: number): View {
  const at = (axis + view.shape.length) % view.shape.length
  return {
    ...view,
    offset: view.offset + start * view.strides[at]!,
    shape: view.shape.with(at, size),
  }
}
