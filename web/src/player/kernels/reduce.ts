// Ops that make few numbers of many, or look at many for each: sums, means, maxima, softmax.

import { axisSet, positions, permuted, reducedShape, type Shape, type View } from '../layout'
import type { Params } from '../tape'
import { type Apply, axesOf, type Computing, flagOf, numberOf, type Site } from './kernel'

/** The places of a view's elements, group after group: a group differs along some axes only. */
interface Groups {
  readonly at: Int32Array
  readonly size: number
}

function groups(view: View, along: ReadonlySet<number>): Groups {
  const axes = view.shape.map((_, i) => i)
  const order = [...axes.filter((i) => !along.has(i)), ...axes.filter((i) => along.has(i))]
  return { at: positions(permuted(view, order)), size: sizeAlong(view, along) }
}

/** What a sum runs over, and what it is divided by. */
export interface Sum {
  readonly axes: ReadonlySet<number>
  readonly divisor: number
  /** Whether the output lacks those axes; otherwise its axes are the input's last ones. */
  readonly dropped: boolean
}

const along = ({ inputs: [x], params }: Site): ReadonlySet<number> =>
  axisSet(axesOf(params), x!.shape.length)

const drops = ({ params }: Site): boolean => !flagOf(params, 'keepdims')

const sizeAlong = ({ shape }: View, axes: ReadonlySet<number>): number =>
  shape.reduce((product, size, axis) => (axes.has(axis) ? product * size : product), 1)

/** The ops that add up, by name. */
export const SUMS: Readonly<Record<string, (site: Site) => Sum>> = {
  sum: (site) => ({ axes: along(site), divisor: 1, dropped: drops(site) }),
  mean: (site) => ({ ...SUMS['sum']!(site), divisor: sizeAlong(site.inputs[0]!, along(site)) }),
  sum_like({ inputs: [input, like] }) {
    // copies were made along the axes that were stretched from 1, or not there before
    const lead = input!.shape.length - like!.shape.length
    const axes = input!.shape.flatMap((size, i) => (like!.shape[i - lead] === size ? [] : [i]))
    return { axes: new Set(axes), divisor: 1, dropped: false }
  },
}

function bindSum(site: Site, { axes, divisor }: Sum): Apply {
  const x = site.inputs[0]!.data
  const out = site.output.data
  const { at, size } = groups(site.inputs[0]!, axes)
  if (!size) return () => void out.fill(0 / divisor)
  return () => {
    for (let o = 0, p = 0; o < out.length; o++) {
      let sum = x[at[p++]!]!
      for (let n = 1; n < size; n++) sum += x[at[p++]!]!
      out[o] = sum / divisor
    }
  }
}

const shape = ([x]: readonly Shape[], params: Params): Shape =>
  reducedShape(x!, axesOf(params), flagOf(params, 'keepdims'))

const summing = (name: string, shape: Computing['shape']): Computing => ({
  shape,
  bind: (site) => bindSum(site, SUMS[name]!(site)),
})

function largestOf(x: Float64Array, at: Int32Array, start: number, end: number): number {
  let largest = Number.NEGATIVE_INFINITY
  for (let p = start; p < end; p++) largest = Math.max(largest, x[at[p]!]!)
  return largest
}

const amax: Computing = {
  shape,
  bind(site) {
    const x = site.inputs[0]!.data
    const out = site.output.data
    const { at, size } = groups(site.inputs[0]!, along(site))
    return () => {
      for (let o = 0; o < out.length; o++) out[o] = largestOf(x, at, o * size, (o + 1) * size)
    }
  },
}

/** A kernel that fills each group of the output from the same group of the input. */
function perGroup(
  axes: (params: Params) => readonly number[],
  fill: (
    x: Float64Array,
    from: Int32Array,
    out: Float64Array,
    to: Int32Array,
    start: number,
    end: number,
  ) => void,
): Computing {
  return {
    shape: ([x]) => x!,
    bind({ inputs: [input], output, params }) {
      const chosen = axisSet(axes(params), input!.shape.length)
      const from = groups(input!, chosen)
      const to = groups(output, chosen).at
      const x = input!.data
      const out = output.data
      return () => {
        for (let start = 0; start < out.length; start += from.size)
          fill(x, from.at, out, to, start, start + from.size)
      }
    },
  }
}

const shareOfMax = perGroup(axesOf, (x, from, out, to, start, end) => {
  const largest = largestOf(x, from, start, end)
  let many = 0
  for (let p = start; p < end; p++) if (x[from[p]!] === largest) many++
  for (let p = start; p < end; p++) out[to[p]!] = (x[from[p]!] === largest ? 1 : 0) / many
})

const oneAxis = (params: Params): readonly number[] => [numberOf(params, 'axis')]

const softmax = perGroup(oneAxis, (x, from, out, to, start, end) => {
  const largest = largestOf(x, from, start, end)
  let sum = 0
  for (let p = start; p < end; p++) sum += out[to[p]!] = Math.exp(x[from[p]!]! - largest)
  for (let p = start; p < end; p++) out[to[p]!]! /= sum
})

const logSoftmax = perGroup(oneAxis, (x, from, out, to, start, end) => {
  const largest = largestOf(x, from, start, end)
  let sum = 0
  for (let p = start; p < end; p++) sum += Math.exp(x[from[p]!]! - largest)
  const log = Math.log(sum)
  for (let p = start; p < end; p++) out[to[p]!] = x[from[p]!]! - largest - log
})

export const REDUCE: Readonly<Record<string, Computing>> = {
  sum: summing('sum', shape),
  mean: summing('mean', shape),
  sum_like: summing('sum_like', ([, like]) => like!),
  amax,
  share_of_max: shareOfMax,
  softmax,
  log_softmax: logSoftmax,
}
