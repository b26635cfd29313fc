// Convolution along one axis or two, and what passes it back to its input and to its weights. Each
// of x (samples, channels, …), w (units, channels of a group, …) and y (samples, units, …) is made
// from the other two by the same walk over all that meets.

import { PlayError, type Shape, showShape, type View } from '../layout'
import type { Params } from '../tape'
import { slid, slideOf } from '../windows'
import { type Apply, type Computing, numberOf } from './kernel'

function made(x: Shape, w: Shape, params: Params): Shape {
  const slide = slideOf(params)
  if (x[1] !== w[1]! * numberOf(params, 'groups'))
    throw new PlayError(`convolution: ${showShape(x)} and weight ${showShape(w)} do not fit`)
  const outer = x.slice(2).map((size, axis) => slid(size, w[axis + 2]!, slide, axis))
  return [x[0]!, w[0]!, ...outer]
}

/** A view along four axes: one along three is two-dimensional, of height 1. */
function flatten({ data, offset, shape, strides }: View): View {
  if (shape.length === 4) return { data, offset, shape, strides }
  return { data, offset, shape: shape.toSpliced(2, 0, 1), strides: strides.toSpliced(2, 0, 0) }
}

/** One row of what meets: `count` elements of x, each with the same weight, to elements of y. */
type Row = (x: number, xStep: number, w: number, y: number, yStep: number, count: number) => void

function walk(views: Record<'x' | 'w' | 'y', View>, params: Params, row: Row): Apply {
  const [x, w, y] = [flatten(views.x), flatten(views.w), flatten(views.y)]
  const flat = (values: readonly number[], one: number): [number, number] =>
    values.length === 1 ? [one, values[0]!] : [values[0]!, values[1]!]
  const slide = slideOf(params)
  const [down, right] = flat(slide.stride, 1)
  const [above, before] = flat(slide.padding.map(([start]) => start), 0)
  const [downApart, rightApart] = flat(slide.dilation, 1)
  const [samples, , height, width] = x.shape as [number, number, number, number]
  const [units, channels, tall, wide] = w.shape as [number, number, number, number]
  const [, , rows, columns] = y.shape as [number, number, number, number]
  const perGroup = units / numberOf(params, 'groups')
  const at = ({ offset, strides }: View, a: number, b: number, c: number, d: number): number =>
    offset + a * strides[0]! + b * strides[1]! + c * strides[2]! + d * strides[3]!
  const [xStep, yStep] = [right * x.strides[3]!, y.strides[3]!]
  return () => {
    for (let n = 0; n < samples; n++)
      for (let unit = 0; unit < units; unit++)
        for (let c = 0; c < channels; c++) {
          const channel = Math.floor(unit / perGroup) * channels + c
          for (let ky = 0; ky < tall; ky++)
            for (let kx = 0; kx < wide; kx++) {
              const weight = at(w, unit, c, ky, kx)
              const shift = kx * rightApart - before
              const first = shift < 0 ? Math.ceil(-shift / right) : 0
              const last = Math.min(columns, Math.floor((width - 1 - shift) / right) + 1)
              if (last <= first) continue
              for (let i = 0; i < rows; i++) {
                const line = i * down - above + ky * downApart
                if (line < 0 || line >= height) continue
                const start = at(x, n, channel, line, first * right + shift)
                row(start, xStep, weight, at(y, n, unit, i, first), yStep, last - first)
              }
            }
        }
  }
}

const conv: Computing = {
  shape: ([x, w], params) => made(x!, w!, params),
  bind({ inputs: [x, w], output: y, params }) {
    const [from, weights, out] = [x!.data, w!.data, y.data]
    const add = walk({ x: x!, w: w!, y }, params, (p, xStep, k, q, yStep, count) => {
      const weight = weights[k]!
      for (let i = 0; i < count; i++, p += xStep, q += yStep) out[q]! += from[p]! * weight
    })
    return () => {
      out.fill(0)
      add()
    }
  },
}

const toInput: Computing = {
  shape: ([, , like]) => like!,
  bind({ inputs: [g, w], output: x, params }) {
    const [given, weights, out] = [g!.data, w!.data, x.data]
    const add = walk({ x, w: w!, y: g! }, params, (p, xStep, k, q, yStep, count) => {
      const weight = weights[k]!
      for (let i = 0; i < count; i++, p += xStep, q += yStep) out[p]! += given[q]! * weight
    })
    return () => {
      out.fill(0)
      add()
    }
  },
}

const toWeight: Computing = {
  shape: ([, , like]) => like!,
  bind({ inputs: [x, g], output: w, params }) {
    const [from, given, out] = [x!.data, g!.data, w.data]
    const add = walk({ x: x!, w, y: g! }, params, (p, xStep, k, q, yStep, count) => {
      let sum = 0
      for (let i = 0; i < count; i++, p += xStep, q += yStep) sum += from[p]! * given[q]!
      out[k]! += sum
    })
    return () => {
      out.fill(0)
      add()
    }
  },
}

export const CONV: Readonly<Record<string, Computing>> = {
  conv1d: conv,
  conv1d_input: toInput,
  conv1d_weight: toWeight,
  conv2d: conv,
  conv2d_input: toInput,
  conv2d_weight: toWeight,
}
