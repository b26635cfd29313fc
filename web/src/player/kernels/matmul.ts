// The matrix product, of any strides, so that a transposed matrix need not be copied.

import {
  broadcast,
  PlayError,
  positions,
  type Shape,
  showShape,
  spread,
  type View,
} from '../layout'
import type { Computing, Play, Site } from './kernel'

function shape([a, b]: readonly Shape[]): Shape {
  if (a!.at(-1) !== b!.at(-2))
    throw new PlayError(
      `matmul: ${showShape(a!)} @ ${showShape(b!)} do not fit: each row of the first has ` +
        `${a!.at(-1)} numbers, each column of the second has ${b!.at(-2)}`,
    )
  return [...broadcast('matmul', a!.slice(0, -2), b!.slice(0, -2)), a!.at(-2)!, b!.at(-1)!]
}

/** The place of the first element of every matrix in a stack. */
function starts(stack: View, lead: Shape): Int32Array {
  const first = { ...stack, shape: stack.shape.slice(0, -2), strides: stack.strides.slice(0, -2) }
  return positions(spread(first, lead))
}

function bind({ inputs: [left, right], output }: Site): Play {
  const lead = output.shape.slice(0, -2)
  const aStarts = starts(left!, lead)
  const bStarts = starts(right!, lead)
  const a = left!.data
  const b = right!.data
  const out = output.data
  const [rows, columns] = output.shape.slice(-2) as [number, number]
  const inner = left!.shape.at(-1)!
  const [aRow, aInner] = left!.strides.slice(-2) as [number, number]
  const [bInner, bColumn] = right!.strides.slice(-2) as [number, number]
  return () => {
    for (let n = 0, o = 0; n < aStarts.length; n++)
      for (let i = 0, aAt = aStarts[n]!; i < rows; i++, aAt += aRow)
        for (let j = 0, bAt = bStarts[n]!; j < columns; j++, bAt += bColumn) {
          let sum = 0
          for (let k = 0, p = aAt, q = bAt; k < inner; k++, p += aInner, q += bInner)
            sum += a[p]! * b[q]!
          out[o++] = sum
        }
  }
}

export const MATMUL: Readonly<Record<string, Computing>> = { matmul: { shape, bind } }
