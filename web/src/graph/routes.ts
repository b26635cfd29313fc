// The lines between boxes: how a number goes forward, and how its gradient comes back beside it.

import type { Box, Direction, Point } from './drawing'

/** How far apart the two ways of one edge run. */
const BESIDE = 9
/** How far along a way to a box text can stand without covering the box it comes from. */
const NEAR_END = 0.62
const ARC_DEPTH = 30
const BELOW = 9

type Side = Direction | 'left' | 'up'

export interface Ways {
  readonly forward: string
  readonly backward: string
  /** Where the rate is written, and to which side of it. */
  readonly rate: Point
  readonly anchor: 'start' | 'middle' | 'end'
}

/** A straight way from box to box, and a way back beside it. */
export function straight(from: Box, to: Box, direction: Side): Ways {
  const [a, b] = ports(from, to, direction)
  const shift =
    direction === 'right' || direction === 'left' ? { x: 0, y: BESIDE } : { x: BESIDE, y: 0 }
  const [c, d] = [moved(b, shift), moved(a, shift)]
  return {
    forward: `M${at(a)}L${at(b)}`,
    backward: `M${at(c)}Q${at(moved(between(c, d, 0.5), shift))} ${at(d)}`,
    ...clear(between(a, b, NEAR_END), direction, direction === 'right' && b.y > a.y + 2 ? -1 : 1),
  }
}

/** A straight way between two boxes in line, and an arc around them back. */
export function arched(from: Box, to: Box, direction: Direction): Ways {
  const [a, b] = ports(from, to, direction)
  const forward = `M${at(a)}L${at(b)}`
  if (direction === 'right') {
    const y = Math.max(from.y + from.height / 2, to.y + to.height / 2) + BELOW
    const middle = (a.x + b.x) / 2
    return {
      forward,
      backward: `M${b.x},${y}Q${middle},${y + ARC_DEPTH} ${a.x},${y}`,
      rate: { x: middle, y: y + ARC_DEPTH + 8 },
      anchor: 'middle',
    }
  }
  const x = Math.max(from.x + from.width / 2, to.x + to.width / 2) + BELOW
  const middle = (a.y + b.y) / 2
  return {
    forward,
    backward: `M${x},${b.y}Q${x + ARC_DEPTH},${middle} ${x},${a.y}`,
    rate: { x: x + ARC_DEPTH - 4, y: middle },
    anchor: 'start',
  }
}

/** From a parameter's card into the side of the box it serves. */
export function fromCard(card: Box, to: Box, direction: Direction): Ways {
  if (direction === 'right') {
    const a = { x: card.x, y: card.y + card.height / 2 }
    const b = { x: to.x + (card.x - to.x) * 0.3, y: to.y - to.height / 2 }
    return beside(a, b, { x: card.x < to.x ? -BESIDE : BESIDE, y: 0 })
  }
  const a = { x: card.x + card.width / 2, y: card.y }
  const b = { x: to.x - to.width / 2, y: to.y + (card.y - to.y) * 0.3 }
  const above = card.y < to.y
  return {
    ...beside(a, b, { x: 0, y: above ? -BESIDE : BESIDE }),
    rate: { x: card.x, y: card.y + (card.height / 2 + (above ? 28 : 12)) * (above ? -1 : 1) },
  }
}

/** Between boxes that stand across the network from each other. */
export function upright(from: Box, to: Box, direction: Direction): Ways {
  return straight(
    from,
    to,
    direction === 'right' ? (from.y > to.y ? 'up' : 'down') : from.x > to.x ? 'left' : 'right',
  )
}

/** Through points that a layout library found. */
export function through(points: readonly Point[], direction: Direction): Ways {
  const middle = points[Math.floor(points.length / 2)]!
  const ends = between(points[0]!, points.at(-1)!, 0.5)
  // the way back, and what is written, lie on the side to which the line bends away
  const side = (direction === 'right' ? middle.y < ends.y - 4 : middle.x < ends.x - 4) ? -1 : 1
  const shift = direction === 'right' ? { x: 0, y: BESIDE * side } : { x: BESIDE * side, y: 0 }
  return {
    forward: smooth(points),
    backward: smooth([...points].reverse().map((point) => moved(point, shift))),
    ...clear(middle, direction, side),
  }
}

/** Where the boxes' edges meet the way from one to the other. */
export function ports(from: Box, to: Box, direction: Side): [Point, Point] {
  const sign = direction === 'right' || direction === 'down' ? 1 : -1
  return direction === 'right' || direction === 'left'
    ? [
        { x: from.x + (sign * from.width) / 2, y: from.y },
        { x: to.x - (sign * to.width) / 2, y: to.y },
      ]
    : [
        { x: from.x, y: from.y + (sign * from.height) / 2 },
        { x: to.x, y: to.y - (sign * to.height) / 2 },
      ]
}

export function between(a: Point, b: Point, share: number): Point {
  return { x: a.x + (b.x - a.x) * share, y: a.y + (b.y - a.y) * share }
}

/** A place for two lines of text beside a point of a way. */
function clear({ x, y }: Point, direction: Side, side: 1 | -1): Pick<Ways, 'rate' | 'anchor'> {
  return direction === 'right' || direction === 'left'
    ? { rate: { x, y: y + (side > 0 ? 26 : -36) }, anchor: 'middle' }
    : { rate: { x: x + 20 * side, y }, anchor: side > 0 ? 'start' : 'end' }
}

function beside(a: Point, b: Point, shift: Point): Ways {
  const [c, d] = [moved(b, shift), moved(a, shift)]
  return {
    forward: `M${at(a)}L${at(b)}`,
    backward: `M${at(c)}L${at(d)}`,
    rate: moved(between(a, b, 0.5), { x: shift.x * 3, y: shift.y * 2 }),
    anchor: 'middle',
  }
}

/** A curve that starts and ends at its first and last point and is drawn towards the others. */
function smooth(points: readonly Point[]): string {
  const [first, ...rest] = points
  let path = `M${at(first!)}`
  for (let n = 0; n < rest.length - 2; n++)
    path += `Q${at(rest[n]!)} ${at(between(rest[n]!, rest[n + 1]!, 0.5))}`
  const [control, last] = rest.slice(-2)
  return path + (last ? `Q${at(control!)} ${at(last)}` : `L${at(control!)}`)
}

function moved(point: Point, by: Point): Point {
  return { x: point.x + by.x, y: point.y + by.y }
}

function at({ x, y }: Point): string {
  return `${round(x)},${round(y)}`
}

function round(x: number): number {
  return Math.round(x * 10) / 10
}
