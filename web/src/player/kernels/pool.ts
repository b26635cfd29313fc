// Pooling: the largest or the mean of each window, along the last axis or the last two.

import { countOf, PlayError, positions, type Shape, showShape, type View } from '../layout'
import type { Params } from '../tape'
import { everyIndex, slid, slideOf, window } from '../windows'
import { type Apply, type Computing, numbersOf } from './kernel'

function pooled(x: Shape, params: Params): Shape {
  const kernel = numbersOf(params, 'kernel_size')
  const slide = slideOf(params)
  const lead = x.length - kernel.length
  const outer = kernel.map((k, axis) => slid(x[lead + axis]!, k, slide, axis))
  if (lead < 0 || outer.some((many) => many < 1))
    throw new PlayError(`pooling: a window does not fit in ${showShape(x)}`)
  return [...x.slice(0, lead), ...outer]
}

/** The elements of x in each window of y: those of window n from `starts[n]` to `starts[n + 1]`. */
interface Windows {
  readonly elements: Int32Array
  readonly starts: Int32Array
}

function windowsOf(x: Shape, y: Shape, params: Params): Windows {
  const lead = x.length - numbersOf(params, 'kernel_size').length
  const [inner, outer] = [x.slice(lead), y.slice(lead)]
  const place = (index: readonly number[]): number =>
    index.reduce((position, i, axis) => position * inner[axis]! + i, 0)
  const each = everyIndex(outer).map((at) => window(inner, params, at).map(place))
  const stacks = countOf(x.slice(0, lead))
  const elements: number[] = []
  const starts = [0]
  for (let stack = 0; stack < stacks; stack++)
    for (const places of each) {
      for (const at of places) elements.push(stack * countOf(inner) + at)
      starts.push(elements.length)
    }
  return { elements: Int32Array.from(elements), starts: Int32Array.from(starts) }
}

/** Runs through the windows with the place of the first largest element of each, or the last NaN. */
function bindLargest(x: View, y: Shape, params: Params, each: (n: number, at: number) => void): Apply {
  const { elements, starts } = windowsOf(x.shape, y, params)
  const at = positions(x)
  return () => {
    for (let n = 0; n + 1 < starts.length; n++) {
      let best = elements[starts[n]!]!
      for (let p = starts[n]! + 1; p < starts[n + 1]!; p++) {
        const element = x.data[at[elements[p]!]!]!
        if (element > x.data[at[best]!]! || Number.isNaN(element)) best = elements[p]!
      }
      each(n, best)
    }
  }
}

const largest: Computing = {
  shape: ([x], params) => pooled(x!, params),
  bind({ inputs: [x], output, params }) {
    const at = positions(x!)
    return bindLargest(x!, output.shape, params, (n, best) => {
      output.data[n] = x!.data[at[best]!]!
    })
  },
}

const pick: Computing = {
  shape: ([, x], params) => pooled(x!, params),
  bind({ inputs: [u, x], output, params }) {
    const at = positions(u!)
    return bindLargest(x!, output.shape, params, (n, best) => {
      output.data[n] = u!.data[at[best]!]!
    })
  },
}

const send: Computing = {
  shape: ([, x]) => x!,
  bind({ inputs: [g, x], output, params }) {
    const at = positions(g!)
    const add = bindLargest(x!, g!.shape, params, (n, best) => {
      output.data[best]! += g!.data[at[n]!]!
    })
    return () => {
      output.data.fill(0)
      add()
    }
  },
}

const elementsOf = (params: Params): number => countOf(numbersOf(params, 'kernel_size'))

const mean: Computing = {
  shape: ([x], params) => pooled(x!, params),
  bind({ inputs: [x], output, params }) {
    const { elements, starts } = windowsOf(x!.shape, output.shape, params)
    const at = positions(x!)
    const many = elementsOf(params)
    return () => {
      for (let n = 0; n + 1 < starts.length; n++) {
        let sum = 0
        for (let p = starts[n]!; p < starts[n + 1]!; p++) sum += x!.data[at[elements[p]!]!]!
        output.data[n] = sum / many
      }
    }
  },
}

const share: Computing = {
  shape: ([, like]) => like!,
  bind({ inputs: [g], output, params }) {
    const { elements, starts } = windowsOf(output.shape, g!.shape, params)
    const at = positions(g!)
    const many = elementsOf(params)
    const out = output.data
    return () => {
      out.fill(0)
      for (let n = 0; n + 1 < starts.length; n++)
        for (let p = starts[n]!; p < starts[n + 1]!; p++)
          out[elements[p]!]! += g!.data[at[n]!]! / many
    }
  },
}

export const POOL: Readonly<Record<string, Computing>> = {
  max_pool1d: largest,
  max_pool1d_pick: pick,
  max_pool1d_input: send,
  avg_pool1d: mean,
  avg_pool1d_input: share,
  max_pool2d: largest,
  max_pool2d_pick: pick,
  max_pool2d_input: send,
  avg_pool2d: mean,
  avg_pool2d_input: share,
}
