// Turns bound steps into straight-line JavaScript, where the page may make functions from text.
//
// A step whose output is R rows of C columns becomes a loop over rows with the columns written
// out; steps of as many rows, that read one another in the same row only, share one loop. Sums are
// in the order in which the kernels add, so that the numbers are the same to the last bit.

import type { Apply, Site } from '../kernels/kernel'
import { Body } from './body'
import { MOST_TERMS, type Rows, rowsOf } from './rows'

/** A step (or a copy) bound to its arrays, and the closure that plays it. */
export interface Bound {
  readonly op: string
  readonly site: Site
  readonly play: Apply
}

interface Waiting {
  readonly bound: Bound
  readonly rows: Rows | null
}

/** Longer tapes would take longer to compile than they could gain. */
const MOST_STEPS = 4000

/** Fewer, faster functions that play the steps; null where none can be made from text. */
export function compile(steps: readonly Bound[]): Apply[] | null {
  if (!allowed() || steps.length > MOST_STEPS) return null
  const plays: Apply[] = []
  let waiting: Waiting[] = steps.map((bound) => ({ bound, rows: rowsOf(bound.op, bound.site) }))
  while (waiting.length) {
    const [first, ...others] = waiting as [Waiting, ...Waiting[]]
    if (first.rows) {
      const { body, left } = gathered(waiting, first.rows.rows)
      plays.push(body.play())
      waiting = left
    } else {
      plays.push(first.bound.play)
      waiting = others
    }
  }
  return plays
}

/** A loop of all steps that can be played now in so many rows, and the steps that are left. */
function gathered(waiting: readonly Waiting[], count: number): { body: Body; left: Waiting[] } {
  const body = new Body(count)
  const inside = new Map<ArrayBufferLike, Rows>()
  const delayed = new Set<ArrayBufferLike>()
  const left: Waiting[] = []
  let terms = 0
  for (const step of waiting) {
    const { rows, bound } = step
    const { inputs, output } = bound.site
    const fits =
      rows?.rows === count &&
      terms + rows.terms <= MOST_TERMS &&
      !inputs.some(({ data }) => delayed.has(data.buffer)) &&
      (count === 1 || inRow(rows, inside))
    if (fits) {
      rows.write(body)
      inside.set(output.data.buffer, rows)
      terms += rows.terms
    } else {
      left.push(step)
      delayed.add(output.data.buffer)
    }
  }
  return { body, left }
}

/** Whether a step reads what the same loop writes in its own row only. */
function inRow(rows: Rows, inside: ReadonlyMap<ArrayBufferLike, Rows>): boolean {
  return rows.reads.every(({ data, offset, row, column, columns }) => {
    const maker = inside.get(data.buffer)
    if (!maker) return true
    const last = offset + (columns - 1) * column
    const within = Math.min(offset, last) >= 0 && Math.max(offset, last) < maker.columns
    return row === maker.columns && within && data.byteOffset === 0
  })
}

function allowed(): boolean {
  try {
    return new Function('return true')() === true
  } catch {
    return false // the page's content security policy forbids it
  }
}
