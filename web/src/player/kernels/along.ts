// Ops along axes: running sums, padding, a new axis, and which positions a causal model may see.

import { axisSet, inOrder, permuted, PlayError, positions, type Shape, type View } from '../layout'
import type { Params } from '../tape'
import { axesOf, type Computing, flagOf, type Kernel, numberOf, type Viewing } from './kernel'
import { bindCopy } from './shapes'

const cumsum: Computing = {
  shape: ([x]) => x!,
  bind({ inputs: [x], output, params }) {
    const axis = (numberOf(params, 'axis') + output.shape.length) % output.shape.length
    const size = output.shape[axis]!
    const along = (view: View): Int32Array =>
      positions(
        permuted(view, [...view.shape.map((_, i) => i).filter((i) => i !== axis), axis]),
      )
    const [from, to] = [along(x!), along(output)]
    const reverse = flagOf(params, 'reverse')
    return () => {
      for (let start = 0; start < to.length; start += size) {
        let sum = 0
        for (let k = 0; k < size; k++) {
          const p = start + (reverse ? size - 1 - k : k)
          output.data[to[p]!] = sum += x!.data[from[p]!]!
        }
      }
    }
  },
}

/** For each of the last axes, how many elements go before and after. */
function padsOf(params: Params): readonly (readonly [number, number])[] {
  const found = params['pads']
  if (!Array.isArray(found)) throw new PlayError('pad: param pads must be a list of pairs')
  return found as readonly (readonly [number, number])[]
}

/** For every axis, how many go before it and after it. */
function bordersOf(rank: number, params: Params): readonly (readonly [number, number])[] {
  const pads = padsOf(params)
  const none: [number, number] = [0, 0]
  return [...Array.from({ length: rank - pads.length }, () => none), ...pads]
}

const pad: Computing = {
  shape: ([x], params) =>
    bordersOf(x!.length, params).map(([before, after], i) => before + x![i]! + after),
  bind({ inputs: [x], output, params }) {
    const value = numberOf(params, 'value')
    const offset = bordersOf(x!.shape.length, params).reduce(
      (sum, [before], i) => sum + before * output.strides[i]!,
      output.offset,
    )
    const copy = bindCopy(x!, { ...output, offset, shape: x!.shape })
    return () => {
      output.data.fill(value)
      copy()
    }
  },
}

function widened<T>(sizes: readonly T[], params: Params, one: T): T[] {
  const axes = axesOf(params)
  const rank = sizes.length + axes.length
  const added = axisSet(axes, rank)
  const rest = sizes[Symbol.iterator]()
  return Array.from({ length: rank }, (_, i) => (added.has(i) ? one : rest.next().value!))
}

const unsqueeze: Viewing = {
  shape: ([x], params) => widened(x!, params, 1),
  view: (input, shape, params) => ({
    ...input,
    shape,
    // a step along an axis of size 1 is never taken; in order, any number will do
    strides: widened(input.strides, params, inOrder(input) ? 1 : 0),
  }),
}

const causalMask: Computing = {
  shape: ([like]): Shape => like!.slice(-2),
  bind({ output }) {
    const [rows, columns] = output.shape as [number, number]
    return () => {
      for (let i = 0, p = 0; i < rows; i++)
        for (let j = 0; j < columns; j++, p++) output.data[p] = j <= i ? 1 : 0
    }
  },
}

export const ALONG: Readonly<Record<string, Kernel>> = {
  cumsum,
  pad,
  unsqueeze,
  causal_mask: causalMask,
}
