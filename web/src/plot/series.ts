// What curves over iterations are drawn from.

import { extent, range } from 'd3-array'
import { scaleLinear, scaleLog, type ScaleContinuousNumeric } from 'd3-scale'
import { line } from 'd3-shape'
import { Growing, stretch, TrailingMeans } from '../training/growing'
import type { Series } from '../training/history'

export type Point = readonly [x: number, y: number]

/** Beyond this ratio of the largest to the smallest, a logarithmic axis shows more. */
const WIDE = 50
const TICKS = 3
/** Pixels between two labels, at least. */
const APART = 20

/** The least and the most of what is finite; null where nothing is. */
export type Span = readonly [least: number, most: number] | null

export function spanOf(values: readonly number[]): Span {
  const [least, most] = extent(values.filter(Number.isFinite))
  return least === undefined ? null : [least, most]
}

/** The span of a series, which one that grows knows. */
export function spanOfSeries(series: Series): Span {
  return series instanceof Growing ? series.span : spanOf(series.values)
}

/**
 * A series as points, at most a few for each pixel column: of the numbers that fall on one column
 * the smallest and the largest stay, so no peak is lost.
 */
export function points(series: Series, columns: number): Point[] {
  const { every, values } = series
  const per = Math.ceil(values.length / Math.max(1, columns))
  if (per <= 2) return values.map((y, n): Point => [n * every, y])
  const stretches =
    series instanceof Growing
      ? series.stretches(Math.max(1, columns))
      : range(0, values.length, per).map((start) =>
          stretch(values, start, Math.min(start + per, values.length)),
        )
  return stretches.flatMap(({ start, end, low, high, gap }) => {
    const kept = [...new Set([start, low, high, end - 1, ...(gap < 0 ? [] : [gap])])]
    return kept.sort((a, b) => a - b).map((n): Point => [n * every, values[n]!])
  })
}

/** A curve through points as the path of an SVG; it breaks where a number has no place. */
export function curveOf(
  points: readonly Point[],
  x: (at: number) => number,
  y: (value: number) => number,
): string {
  const draw = line<Point>()
    .defined(([, value]) => Number.isFinite(y(value)))
    .x(([at]) => x(at))
    .y(([, value]) => y(value))
  return draw(points) ?? ''
}

/** At each place the mean of the last `window` numbers: as many as one pass over the samples has. */
export function trailingMeans(values: readonly number[], window: number): Growing {
  const trailing = new TrailingMeans(window)
  const seen: number[] = []
  for (const value of values) {
    seen.push(value)
    trailing.push(seen)
  }
  return trailing.means
}

/** The number at an iteration, or at the nearest one before it that is known. */
export function valueAt({ every, values }: Series, iteration: number): number | undefined {
  return values[Math.min(Math.floor(iteration / every), values.length - 1)]
}

/** Whether numbers span so much that a logarithmic axis is of use; it needs them above 0. */
export function isWide(span: Span, ratio = WIDE): boolean {
  return span !== null && span[0] > 0 && span[1] / span[0] > ratio
}

/** A vertical scale over what is finite, with the places where it is labelled. */
export function verticalScale(
  span: Span,
  [bottom, top]: readonly [number, number],
  logarithmic = false,
): { readonly y: ScaleContinuousNumeric<number, number>; readonly ticks: number[] } {
  const [least, most] = span ?? [0, 1]
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
