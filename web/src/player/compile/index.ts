// Turns bound steps into straight-line JavaScript, where the page may make functions from text.
//
// A step whose output is R rows of C columns becomes a loop over rows with the columns written
// out; steps of as many rows, that read one another in the same row only, share one loop. Sums are
// in the order in which the kernels add, so that the numbers are the same to the last bit.

import type { Apply, Site } from '../kernels/kernel'
import { Arrays, Body } from './body'
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
  return partsOf(steps, () => new Arrays()).map((part) => {
    if ('play' in part) return part.play
    return part.arrays.make(`return () => {\n${part.text}\n}`) as Apply
  })
}

/** A loop over iterations that is made from text as a whole. */
export interface Loop {
  /**
   * Carries, feeds and plays `count` times over.
   *
   * @param order which sample comes when; the first batch begins at `at`
   * @param rates the learning rate of each iteration from `first` on, where it changes
   * @param losses where the loss of each iteration goes, from `first` on
   */
  (count: number, order: Uint32Array, at: number, rates: Float64Array | null, losses: Float64Array, first: number): void
}

/** A value that is set before each iteration: to the rows of the samples whose turn it is. */
export interface Feed {
  readonly to: Float64Array
  /** Of all samples, one after the other. */
  readonly rows: Float64Array
  readonly width: number
}

/** What a loop goes through in each iteration. */
export interface Looped {
  readonly carries: readonly Bound[]
  /** Whether the order of the carries matters. */
  readonly chained: boolean
  readonly feeds: readonly Feed[]
  readonly batch: number
  /** The value of the learning rate, where it changes. */
  readonly rate: Float64Array | null
  readonly steps: readonly Bound[]
  readonly loss: Float64Array
}

/** One function for many iterations; null where none can be made from text. */
export function compileLoop({ carries, chained, feeds, batch, rate, steps, loss }: Looped): Loop | null {
  if (!allowed() || steps.length > MOST_STEPS) return null
  const arrays = new Arrays()
  const given: Record<string, Apply> = {}
  const functions: string[] = []
  const called = (play: Apply): string => {
    const name = `p${Object.keys(given).length}`
    given[name] = play
    return `${name}()`
  }
  const carrying = chained ? carries : partsOf(carries, () => arrays)
  const parts = [...carrying, null, ...partsOf(steps, () => arrays)]
  const lines = parts.map((part) => {
    if (!part) return feeding(feeds, batch, rate, arrays)
    if ('play' in part) return called(part.play)
    // short functions of its own: V8 makes poor code of one that is long
    functions.push(`function f${functions.length}() {\n${part.text}\n}`)
    return `f${functions.length - 1}()`
  })
  return arrays.make(
    `${functions.join('\n')}
return (count, order, at, rates, losses, first) => {
for (let n = 0; n < count; n++) {
${lines.join('\n')}
losses[first + n] = ${arrays.name(loss)}[0]
}
}`,
    given,
  ) as Loop
}

function feeding(feeds: readonly Feed[], batch: number, rate: Float64Array | null, arrays: Arrays): string {
  const lines = feeds.map(({ to, rows, width }) => {
    const [out, from] = [arrays.name(to), arrays.name(rows)]
    return Array.from({ length: width }, (_, j) => `${out}[b * ${width} + ${j}] = ${from}[s * ${width} + ${j}]`).join('\n')
  })
  const fed = `for (let b = 0; b < ${batch}; b++) {\nconst s = order[at + b]\n${lines.join('\n')}\n}\nat += ${batch}`
  return [feeds.length ? fed : '', rate ? `${arrays.name(rate)}[0] = rates[first + n]` : ''].join('\n')
}

/** Steps that are played together, as text, or one that is played by its closure. */
type Part = { readonly text: string; readonly arrays: Arrays } | Bound

function partsOf(steps: readonly Bound[], arraysOf: () => Arrays): Part[] {
  const parts: Part[] = []
  let waiting: Waiting[] = steps.map((bound) => ({ bound, rows: rowsOf(bound.op, bound.site) }))
  while (waiting.length) {
    const [first, ...others] = waiting as [Waiting, ...Waiting[]]
    if (first.rows) {
      const arrays = arraysOf()
      const { text, left } = gathered(waiting, first.rows.rows, arrays)
      parts.push({ text, arrays })
      waiting = left
    } else {
      parts.push(first.bound)
      waiting = others
    }
  }
  return parts
}

/** A loop of all steps that can be played now in so many rows, and the steps that are left. */
function gathered(
  waiting: readonly Waiting[],
  count: number,
  arrays: Arrays,
): { text: string; left: Waiting[] } {
  const body = new Body(count, arrays)
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
  return { text: body.text, left }
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
