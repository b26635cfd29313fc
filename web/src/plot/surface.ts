// What a network gives over the plane of two features (or along one), as shapes to draw.

import { extent } from 'd3-array'
import { line } from 'd3-shape'

export type Domain = readonly [low: number, high: number]

/** Room around the samples, as a share of what they span. */
const ROOM = 0.12
/** Strengths of colour in the background. */
const BANDS = 6

/** What numbers span, with some room around; a single number gets room of one on each side. */
export function domainOf(numbers: readonly number[]): Domain {
  const [low = 0, high = 1] = extent(numbers)
  const room = low === high ? 1 : (high - low) * ROOM
  return [low - room, high + room]
}

/** `count` places from end to end of a domain. */
export function places([low, high]: Domain, count: number): number[] {
  return Array.from({ length: count }, (_, n) => low + ((high - low) * n) / (count - 1))
}

/** Rows of inputs on a square grid over two features, the first feature running fastest. */
export function gridInputs(x: Domain, y: Domain, count: number): number[][] {
  return places(y, count).flatMap((b) => places(x, count).map((a) => [a, b]))
}

/** How an output reads: which class, and how clearly, from 0 to 1. */
export interface Reading {
  readonly kind: number
  readonly strength: number
}

/**
 * Reads one row of outputs; `spread` is the domain of a regression's targets, and a yes-or-no
 * output says yes above `boundary`.
 */
export function readingOf(
  task: string,
  output: readonly number[],
  spread: Domain,
  boundary = 0.5,
): Reading {
  if (task === 'classes') {
    const most = Math.max(...output)
    const least = 1 / output.length
    return { kind: output.indexOf(most), strength: clamped((most - least) / (1 - least)) }
  }
  const first = output[0]!
  // a probability is as clear as can be half a unit from its boundary, a score a whole one from 0
  if (task === 'binary')
    return {
      kind: Number(first > boundary),
      strength: clamped(Math.abs(first - boundary) / (1 - boundary)),
    }
  return { kind: 1, strength: clamped((first - spread[0]) / (spread[1] - spread[0])) }
}

/** A patch of the background: all cells of one class and strength, as one path in grid units. */
export interface Patch extends Reading {
  readonly path: string
}

/** Cells that read alike, joined to runs along each row. Grid row 0 is drawn at the bottom. */
export function patches(readings: readonly Reading[], count: number): Patch[] {
  const runs = new Map<string, Reading & { parts: string[] }>()
  for (let row = 0; row < count; row++)
    for (let start = 0; start < count; ) {
      const { kind, strength } = banded(readings[row * count + start]!)
      let end = start + 1
      while (end < count && same(banded(readings[row * count + end]!), { kind, strength })) end++
      const key = `${kind},${strength}`
      const found = runs.get(key) ?? { kind, strength, parts: [] }
      found.parts.push(`M${start} ${count - 1 - row}h${end - start}v1h${start - end}z`)
      runs.set(key, found)
      start = end
    }
  return [...runs.values()].map(({ parts, ...reading }) => ({ ...reading, path: parts.join('') }))
}

/**
 * The line where outputs cross `level` (marching squares), in grid units: places are at the middle
 * of cells, and row 0 is at the bottom.
 */
export function boundary(outputs: readonly number[], count: number, level: number): string {
  const draw = line()
  const parts: string[] = []
  const at = (column: number, row: number): number => outputs[row * count + column]! - level
  const spot = (c: number, r: number): [number, number] => [c + 0.5, count - r - 0.5]
  for (let r = 0; r + 1 < count; r++)
    for (let c = 0; c + 1 < count; c++) {
      const corners = [[c, r], [c + 1, r], [c + 1, r + 1], [c, r + 1]] as const
      const crossings = corners.flatMap(([c0, r0], n) => {
        const [c1, r1] = corners[(n + 1) % 4]!
        const [a, b] = [at(c0, r0), at(c1, r1)]
        if (a > 0 === b > 0) return []
        const share = a / (a - b)
        return [spot(c0 + (c1 - c0) * share, r0 + (r1 - r0) * share)]
      })
      for (let n = 0; n + 1 < crossings.length; n += 2)
        parts.push(draw([crossings[n]!, crossings[n + 1]!])!)
    }
  return parts.join('')
}

function banded({ kind, strength }: Reading): Reading {
  return { kind, strength: Math.min(BANDS - 1, Math.floor(strength * BANDS)) / (BANDS - 1) }
}

function same(a: Reading, b: Reading): boolean {
  return a.kind === b.kind && a.strength === b.strength
}

function clamped(x: number): number {
  return x > 0 ? Math.min(x, 1) : 0
}
