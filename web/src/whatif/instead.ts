// The other run's numbers on the graph: what is written where, as far as the right ones are shown.

import type { Box, Drawing, GraphEdge, GraphNode } from '../graph/drawing'
import { unitsOf } from '../graph/structure'
import type { Session } from '../session/session.svelte'
import { elementAt, touchOf } from '../session/touch'
import { format } from '../text/numbers'
import { say, textOf } from '../text/said'
import { isPerSample } from '../text/play'
import type { Difference } from './compare'

export interface Label {
  readonly key: string
  readonly x: number
  readonly y: number
  readonly anchor: 'start' | 'middle'
  readonly text: string
  /** As small as the number that it stands beside. */
  readonly small?: boolean
}

/** A value's number, its gradient's and its update's, and what stands before each. */
type Told = readonly (readonly [id: number | undefined, sign: string])[]

const FEW_DIGITS = 3
const LINE = 15
const SMALL_LINE = 13

/**
 * The labels of a drawing.
 * @param hushed whether something else is written where an edge's weight would be
 */
export function insteadOf(
  session: Session,
  drawing: Drawing,
  differences: readonly Difference[],
  hushed: (edge: GraphEdge) => boolean,
): Label[] {
  const differing = new Map(differences.map(({ id, at, wrong }) => [`${id}:${at}`, wrong]))
  const down = drawing.direction === 'down'

  function all(value: number): Told {
    return [[value, ''], [session.find.gradients.get(value), '∂ '], [session.afters.get(value), '→ ']]
  }

  /** The one number of a value that there is room for: what the active step is about. */
  function one(value: number): Told {
    const [own, gradient, after] = all(value)
    if (touchOf(session, value) === 'backward') return [gradient!]
    return after![0] !== undefined && session.revealed(after![0]) ? [after!] : [own!]
  }

  function wrong(id: number | undefined, at: number): number | undefined {
    return id === undefined || !session.revealed(id) ? undefined : differing.get(`${id}:${at}`)
  }

  function numbers(told: Told, at: number, digits?: number): string {
    return told
      .flatMap(([id, sign]) => {
        const number = wrong(id, at)
        return number === undefined ? [] : [`${sign}${format(number, digits)}`]
      })
      .join('  ')
  }

  /** How many of some numbers differ: a heat map has no room for them. */
  function counts(told: Told, from: number, count: number): string {
    const parts = told.flatMap(([id, sign]) => {
      const apart = Array.from({ length: count }, (_, n) => wrong(id, from + n)).filter((n) => n !== undefined).length
      return apart ? [`${sign}${apart}`] : []
    })
    return parts.length ? textOf(say('compare.differ', { marks: parts.join('  ') })) : ''
  }

  function under({ x, y, height }: Box): Omit<Label, 'key' | 'text'> {
    return { x, y: y + height / 2 + LINE, anchor: 'middle' }
  }

  function ofNode(node: GraphNode): Omit<Label, 'key'> {
    const { kind, value, x, y, width, height } = node
    const at = elementAt(session, node)
    if (kind === 'folded') {
      const units = isPerSample(session, value) ? unitsOf(session, value) : session.values(value).length
      const from = isPerSample(session, value) ? session.row * units : 0
      return { ...under(node), text: counts(all(value), from, units) }
    }
    if (kind === 'tab') {
      const text = numbers(one(value), at, FEW_DIGITS)
      // beside it, or down the page, where boxes stand side by side, above it
      return down
        ? { x: x + 8, y: y - height / 2 - 4, anchor: 'start', text, small: true }
        : { x: x + width / 2 + 6, y: y + 4.5, anchor: 'start', text, small: true }
    }
    const text = numbers(all(value), at)
    if (kind === 'parameter') return { x, y: y - height / 2 - (down ? 1 : 8), anchor: 'middle', text }
    // clear of the edges: they meet boxes from the sides or, down the page, in the middle
    return down ? { x: x + 8, y: y + height / 2 + LINE, anchor: 'start', text } : { ...under(node), text }
  }

  if (!differences.length) return []
  return [
    ...drawing.nodes.map((node) => ({ key: node.key, ...ofNode(node) })),
    ...drawing.edges.flatMap((edge): Label[] => {
      const { key, weight, label } = edge
      // down the page, what is written under the boxes takes the room
      if (!weight || !label || down || hushed(edge)) return []
      const text = numbers(one(weight.value), weight.at, FEW_DIGITS)
      return [{ key: `weight ${key}`, x: label.x, y: label.y + 4 + SMALL_LINE, anchor: 'middle', text, small: true }]
    }),
    ...drawing.matrices.map((matrix): Label => {
      const text = counts(one(matrix.value), 0, matrix.rows * matrix.columns)
      return { key: `matrix ${matrix.key}`, ...under(matrix), text }
    }),
  ].filter(({ text }) => text)
}
