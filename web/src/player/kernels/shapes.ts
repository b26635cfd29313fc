// Ops that move numbers without changing them. Most are only another look at the same memory.

import {
  countOf,
  axisSet,
  inOrder,
  permuted,
  picked,
  PlayError,
  positions,
  reshaped,
  sameShape,
  type Shape,
  showShape,
  spread,
  stretch,
  type View,
} from '../layout'
import type { Params } from '../tape'
import {
  type Apply,
  axesOf,
  type Computing,
  itemsOf,
  type Kernel,
  numberOf,
  type Sizes,
  type Viewing,
} from './kernel'

/** Copies one view to another of the same shape. */
export function bindCopy(from: View, to: View): Apply {
  const x = from.data
  const out = to.data
  const read = positions(from)
  const write = positions(to)
  return () => {
    for (let i = 0; i < read.length; i++) out[write[i]!] = x[read[i]!]!
  }
}

/** Writes `from` to a part of an output that is 0 elsewhere. */
function bindPut(from: View, output: View, part: View): Apply {
  const copy = bindCopy(from, part)
  return () => {
    output.data.fill(0)
    copy()
  }
}

const first = ([x]: readonly Shape[]): Shape => x!
const second = ([, like]: readonly Shape[]): Shape => like!
const asOrdered = (view: View, shape: Shape): View | null =>
  inOrder(view) ? reshaped(view, shape) : null

const identity: Viewing = { shape: first, view: (input) => input }

const permute: Viewing = {
  shape: ([x], params) => axesOf(params).map((axis) => x!.at(axis)!),
  view: (input, _, params) => permuted(input, axesOf(params)),
}

function reshapedTo([x]: readonly Shape[], params: Params, sizes: Sizes): Shape {
  const to = params['to']
  if (!Array.isArray(to)) throw new PlayError('reshape: param to must be a list of sizes')
  const wanted = to.map((size) => (typeof size === 'string' ? (sizes[size] ?? NaN) : Number(size)))
  const known = wanted.reduce((product, size) => (size === -1 ? product : product * size), 1)
  const result = wanted.map((size) => (size === -1 && known ? countOf(x!) / known : size))
  if (!result.every(Number.isInteger) || countOf(result) !== countOf(x!))
    throw new PlayError(`reshape: the numbers of ${showShape(x!)} do not fill (${to.join(', ')})`)
  return result
}

const reshape: Viewing = { shape: reshapedTo, view: asOrdered }

const reshapeLike: Viewing = {
  shape([x, like]) {
    if (countOf(x!) !== countOf(like!))
      throw new PlayError(
        `reshape_like: ${showShape(x!)} and ${showShape(like!)} do not hold equally many`,
      )
    return like!
  },
  view: asOrdered,
}

const expandLike: Viewing = {
  shape: second,
  view(input, shape, params) {
    if (input.shape.length === shape.length) return spread(input, shape)
    const gone = axisSet(axesOf(params), shape.length)
    const kept = input.strides[Symbol.iterator]()
    return { ...input, shape, strides: shape.map((_, i) => (gone.has(i) ? 0 : kept.next().value!)) }
  },
}

const broadcastLike: Viewing = { shape: second, view: spread }

const getitem: Viewing = {
  shape: ([x], params) =>
    picked({ data: new Float64Array(), offset: 0, shape: x!, strides: x! }, itemsOf(params)).shape,
  view: (input, _, params) => picked(input, itemsOf(params)),
}

const putLike: Computing = {
  shape: second,
  bind: ({ inputs: [g], output, params }) => bindPut(g!, output, picked(output, itemsOf(params))),
}

function joined(shapes: readonly Shape[], params: Params): Shape {
  const [start] = shapes
  const axis = (numberOf(params, 'axis') + start!.length) % start!.length
  for (const shape of shapes)
    if (!sameShape(shape.with(axis, 0), start!.with(axis, 0)))
      throw new PlayError(
        `cat: ${showShape(start!)} and ${showShape(shape)} must be alike but for axis ${axis}`,
      )
  return start!.with(
    axis,
    shapes.reduce((sum, shape) => sum + shape[axis]!, 0),
  )
}

const cat: Computing = {
  shape: joined,
  bind({ inputs, output, params }) {
    const axis = numberOf(params, 'axis')
    const copies = inputs.map((input, n) => bindCopy(input, part(output, inputs, axis, n)))
    return () => {
      for (const copy of copies) copy()
    }
  },
}

/** The stretch of a joined view that one of the joined inputs gave. */
function part(whole: View, inputs: readonly View[], axis: number, n: number): View {
  const sizes = inputs.map((input) => input.shape.at(axis)!)
  const start = sizes.slice(0, n).reduce((sum, size) => sum + size, 0)
  return stretch(whole, axis, start, sizes[n]!)
}

const catPart: Computing = {
  shape: ([, ...inputs], params) => inputs[numberOf(params, 'part')]!,
  bind({ inputs: [g, ...inputs], output, params }) {
    const chosen = part(g!, inputs, numberOf(params, 'axis'), numberOf(params, 'part'))
    return bindCopy(chosen, output)
  },
}

const putPart: Computing = {
  shape: ([, ...inputs], params) => joined(inputs, params),
  bind({ inputs: [g, ...inputs], output, params }) {
    const chosen = part(output, inputs, numberOf(params, 'axis'), numberOf(params, 'part'))
    return bindPut(g!, output, chosen)
  },
}

export const SHAPES: Readonly<Record<string, Kernel>> = {
  identity,
  detach: identity,
  cast_like: identity, // everything is played in float64 here
  permute,
  reshape,
  reshape_like: reshapeLike,
  expand_like: expandLike,
  broadcast_like: broadcastLike,
  getitem,
  put_like: putLike,
  cat,
  cat_part: catPart,
  put_part: putPart,
}
