// Ladders as Python keeps them and as the page gives them, so that the two can be compared.

import { expect } from 'vitest'
import { dataOf } from '../text/said'
import type { KeptRung } from './fixtures'
import type { Rung } from './rung'

/** Whether a number is the kept one, but for the last digits. */
export function isClose(got: number, kept: number): boolean {
  if (Number.isNaN(kept)) return Number.isNaN(got)
  return got === kept || Math.abs(got - kept) <= 1e-9 * Math.max(1e-3, Math.abs(kept))
}

/** The kept ladder with its numbers as what they must come close to. */
export function expected({ because, ...rung }: KeptRung): object {
  return { ...(near(rung) as object), because: because.map(expected) }
}

/** A ladder in the form it is kept in, down to a depth. */
export function unfolded(rung: Rung, depth: number): object {
  const { name, asks, value, says, principle, element, below } = rung
  return {
    name: element && name,
    asks: dataOf(asks),
    value,
    says: says.map(dataOf),
    principle,
    because: depth > 0 ? below().map((one) => unfolded(one, depth - 1)) : [],
  }
}

const TEXTS: Readonly<Record<string, number>> = { inf: Infinity, '-inf': -Infinity, nan: NaN }

function near(data: unknown): unknown {
  if (typeof data === 'string' && data in TEXTS) return expect.toSatisfy((n) => isClose(n, TEXTS[data]!))
  if (typeof data === 'number')
    return expect.toSatisfy((got: number) => isClose(got, data), `about ${data}`)
  if (Array.isArray(data)) return data.map(near)
  if (data === null || typeof data !== 'object') return data
  return Object.fromEntries(Object.entries(data).map(([name, one]) => [name, near(one)]))
}
