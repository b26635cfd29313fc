// Numbers that come one at a time, and what a curve over all of them is drawn from: the extremes of
// stretches are kept as they come, so that a curve costs what its width asks for, not its length.

import type { Series } from './history'

/** Numbers in the shortest stretch whose extremes are kept; each next one is twice as long. */
const SHORTEST = 8

/** A stretch of numbers, by places: its ends, its extremes, and a place that is not finite. */
export interface Stretch {
  readonly start: number
  readonly end: number
  readonly low: number
  readonly high: number
  /** -1 where every number is finite. */
  readonly gap: number
}

export class Growing implements Series {
  readonly every = 1
  readonly #values: number[] = []
  /** Stretches of `SHORTEST << n` numbers, without gaps from the first number on. */
  readonly #levels: Stretch[][] = []

  get values(): readonly number[] {
    return this.#values
  }

  push(value: number): void {
    this.#values.push(value)
    const { length } = this.#values
    for (let n = 0; length % (SHORTEST << n) === 0; n++) {
      const below = this.#levels[n - 1]
      const level = (this.#levels[n] ??= [])
      level.push(
        below
          ? this.#joined(below.at(-2)!, below.at(-1)!)
          : stretch(this.#values, length - SHORTEST, length),
      )
    }
  }

  /** Forgets all numbers from a place on. */
  cut(length: number): void {
    if (length >= this.#values.length) return
    this.#values.length = length
    this.#levels.forEach((level, n) => (level.length = Math.floor(length / (SHORTEST << n))))
  }

  /** All numbers in stretches as long as `columns` of them can show, the last one as it is. */
  stretches(columns: number): Stretch[] {
    const { length } = this.#values
    const level = this.#levels.findLast((_, n) => length / (SHORTEST << n) >= columns) ?? []
    const end = level.at(-1)?.end ?? 0
    return end < length ? [...level, stretch(this.#values, end, length)] : [...level]
  }

  /** The least and the most of what is finite; null where nothing is. */
  get span(): readonly [least: number, most: number] | null {
    let least = Number.POSITIVE_INFINITY
    let most = Number.NEGATIVE_INFINITY
    let done = 0
    // the longest stretches first, then what is left over
    for (let n = this.#levels.length - 1; n >= 0; n--)
      for (const { start, end, low, high } of this.#levels[n]!.slice(done / (SHORTEST << n))) {
        if (start < done) continue
        least = Math.min(least, finite(this.#values[low]!, least))
        most = Math.max(most, finite(this.#values[high]!, most))
        done = end
      }
    for (const value of this.#values.slice(done)) {
      least = Math.min(least, finite(value, least))
      most = Math.max(most, finite(value, most))
    }
    return least <= most ? [least, most] : null
  }

  #joined(a: Stretch, b: Stretch): Stretch {
    const better = extremes(this.#values)
    return {
      start: a.start,
      end: b.end,
      low: better.lower(a.low, b.low),
      high: better.higher(a.high, b.high),
      gap: Math.max(a.gap, b.gap),
    }
  }
}

/** Means over the last `window` numbers of a series, kept as the series grows. */
export class TrailingMeans {
  readonly means = new Growing()
  readonly #window: number
  #sum = 0

  constructor(window: number) {
    this.#window = window
  }

  /** Takes in the last number of the series. */
  push(values: readonly number[]): void {
    const n = values.length - 1
    const window = this.#window
    // summed anew now and then: rounding errors and infinities would stay in a running sum
    if (n % window === 0 || this.means.values.length === 0) this.#resum(values, n)
    this.#sum += values[n]! - (n >= window ? values[n - window]! : 0)
    this.means.push(this.#sum / Math.min(n + 1, window))
  }

  cut(values: readonly number[]): void {
    this.means.cut(values.length)
    this.#resum(values, values.length)
  }

  #resum(values: readonly number[], end: number): void {
    this.#sum = values.slice(Math.max(0, end - this.#window), end).reduce((a, b) => a + b, 0)
  }
}

/** What is drawn of a stretch of numbers. */
export function stretch(values: readonly number[], start: number, end: number): Stretch {
  const better = extremes(values)
  let low = start
  let high = start
  let gap = -1
  for (let n = start; n < end; n++) {
    low = better.lower(low, n)
    high = better.higher(high, n)
    if (!Number.isFinite(values[n])) gap = n
  }
  return { start, end, low, high, gap }
}

/** Which of two places has the lower or higher number: one that is not finite only if both are not. */
function extremes(values: readonly number[]) {
  const at = (place: number): number => values[place]!
  const first = (a: number, b: number, isFirst: boolean): number => {
    if (!Number.isFinite(at(b))) return a
    return !Number.isFinite(at(a)) || isFirst ? b : a
  }
  return {
    lower: (a: number, b: number) => first(a, b, at(b) < at(a)),
    higher: (a: number, b: number) => first(a, b, at(b) > at(a)),
  }
}

function finite(value: number, otherwise: number): number {
  return Number.isFinite(value) ? value : otherwise
}
