// What curves over iterations are drawn from.

import { extent } from 'd3-array'
import { scaleLinear, scaleLog, type ScaleContinuousNumeric } from 'd3-scale'
import type { Series } from '../training/history'

export type Point = readonly [x: number, y: number]

/** Beyond this ratio of the largest to the smallest, a logarithmic axis shows more. */
const WIDE = 50
const TICKS = 3
/** Pixels between two labels, at least. */
const APART = 20

/**
 * A series as points, at most a few for each pixel column: of the numbers that fall on one column
 * the smallest and the largest stay, so no peak is lost.
 */
export function points({ every, values }: Series, columns: number): Point[] {
  const per = Math.ceil(values.length / Math.max(1, columns))
  if (per <= 2) return values.map((y, n): Point => [n * every, y])
  const found: Point[] = []
  for (let start = 0; start < values.length; start += per) {
    const end = Math.min(start + per, values.length)
    let low = start
    let high = start
    let gap = -1
    for (let n = start; n < end; n++) {
      if (!Number.isFinite(values[n]!)) gap = n
      else if (!(values[n]! >= values[low]!)) low = n
      else if (!(values[n]! <= values[high]!)) high = n
    }
    const kept = [...new Set([start, low, high, end - 1, ...(gap < 0 ? [] : [gap])])]
    for (const n of kept.sort((a, b) => a - b)) found.push([n * every, values[n]!])
  }
  return found
}

/** At each place the mean of the last `window` numbers: as many as one pass over the samples has. */
export function trailingMeans({ every, values }: Series, window: number): Series {
  const means: number[] = []
  let sum = 0
  for (let n = 0; n < values.length; n++) {
    // summed anew now and then: rounding errors and infinities would stay in a running sum
    if (n % window === 0) sum = values.slice(Math.max(0, n - window), n).reduce((a, b) => a + b, 0)
    sum += values[n]! - (n >= window ? values[n - window]! : 0)
    means.push(sum / Math.min(n + 1, window))
  }
  return { every, values: means }
}

/** The number at an iteration, or at the nearest one before it that is known. */
export function valueAt({ every, values }: Series, iteration: number): number | undefined {
  return values[Math.min(Math.floor(iteration / every), values.length - 1)]
}

/** Whether numbers span so much that a logarithmic axis is of use; it needs them above 0. */
export function isWide(values: readonly number[], ratio = WIDE): boolean {
  const [least, most] = extent(values.filter(Number.isFinite))
  return least !== undefined && most !== undefined && least > 0 && most / least > ratio
}

/** A vertical scale over what is finite, with the places where it is labelled. */
export function verticalScale(
  values: readonly number[],
  [bottom, top]: readonly [number, number],
  logarithmic = false,
): { readonly y: ScaleContinuousNumeric<number, number>; readonly ticks: number[] } {
  const [least = 0, most = 1] = extent(values.filter(Number.isFinite))
  const room = least === most ? Math.abs(least) / 2 || 1 : 0
  const domain = [least - room, most + room]
  if (logarithmic && least > 0) {
    const y = scaleLog(domain, [bottom, top]).nice()
    const powers = y.ticks().filter((tick) => Number.isInteger(Math.log10(tick)))
    return { y, ticks: thinned(powers, bottom - top) }
  }
  const y = scaleLinear(domain, [bottom, top]).nice(TICKS)
  return { y, ticks: thinned(y.ticks(TICKS), bottom - top) }
}

/** Every so many ticks that their labels do not touch. */
function thinned(ticks: readonly number[], height: number): number[] {
  const each = Math.max(1, Math.ceil(((ticks.length - 1) * APART) / height))
  return ticks.filter((_, n) => n % each === 0)
}

/** The iteration a key leads to on a slider up to `last`; null for other keys. */
export function sought(key: string, iteration: number, last: number): number | null {
  const page = Math.max(1, Math.round(last / 10))
  const next: Readonly<Record<string, number>> = {
    ArrowLeft: iteration - 1,
    ArrowDown: iteration - 1,
    ArrowRight: iteration + 1,
    ArrowUp: iteration + 1,
    PageDown: iteration - page,
    PageUp: iteration + page,
    Home: 0,
    End: last,
  }
  const found = next[key]
  return found === undefined ? null : Math.max(0, Math.min(found, last))
}
