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
import type { Apply, Computing, Site } from './kernel'

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

function bind({ inputs: [left, right], output }: Site): Apply {
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
  if (!inner) return () => void out.fill(0)
  return () => {
    for (let n = 0, o = 0; n < aStarts.length; n++)
      for (let i = 0, aAt = aStarts[n]!; i < rows; i++, aAt += aRow) {
        let j = 0
        let bAt = bStarts[n]!
        // four columns at a time, so that each number of the row is fetched once for four sums
        for (; j + 4 <= columns; j += 4, bAt += 4 * bColumn) {
          const [second, third, fourth] = [bColumn, 2 * bColumn, 3 * bColumn]
          const first = a[aAt]!
          let sum0 = first * b[bAt]!
          let sum1 = first * b[bAt + second]!
          let sum2 = first * b[bAt + third]!
          let sum3 = first * b[bAt + fourth]!
          for (let k = 1, p = aAt, q = bAt; k < inner; k++) {
            const x = a[(p += aInner)]!
            q += bInner
            sum0 += x * b[q]!
            sum1 += x * b[q + second]!
            sum2 += x * b[q + third]!
            sum3 += x * b[q + fourth]!
          }
          out[o++] = sum0
          out[o++] = sum1
          out[o++] = sum2
          out[o++] = sum3
        }
        for (; j < columns; j++, bAt += bColumn) {
          let sum = a[aAt]! * b[bAt]!
          for (let k = 1, p = aAt, q = bAt; k < inner; k++)
            sum += a[(p += aInner)]! * b[(q += bInner)]!
          out[o++] = sum
        }
      }
  }
}

export const MATMUL: Readonly<Record<string, Computing>> = { matmul: { shape, bind } }
