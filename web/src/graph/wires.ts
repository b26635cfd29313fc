// The lines of a layered network: one for each weight, and for whatever else goes from unit to unit.

import type { Placed } from './columns'
import type { Box, Direction, GraphEdge, GraphNode, Point } from './drawing'
import { TAB } from './measures'
import { arched, between, fromCard, ports, straight, upright, type Ways } from './routes'

/** The lines from one column to another. */
export function joined(from: Placed, to: Placed, direction: Direction): GraphEdge[] {
  const pairs = from.nodes.flatMap((a) => to.nodes.map((b) => [a, b] as const))
  const plain = from.folded || to.folded
  const chosen = pairs.filter(
    ([a, b]) => plain || !to.pointwise || to.kind === 'loss' || a.unit === b.unit,
  )
  if (from.kind === 'target')
    return chosen.slice(0, 1).map(([a, b]) => edge(a, b, null, null, upright(a, b, direction)))
  const single = from.nodes.length * to.nodes.length === 1
  const weighted = to.weight !== null && !plain
  const share = weighted && !single ? labelShare(chosen, direction) : null
  const below = direction === 'right' && !single ? underGap(from, to) : null
  return chosen.map(([a, b]) => {
    const entry = weighted && direction === 'down' && !single ? withTab(b) : b
    const ways = (single ? arched : straight)(a, entry, direction)
    const weight = weighted ? { value: to.weight!, at: a.unit * to.units + b.unit } : null
    const label = share === null ? null : between(...ports(a, entry, direction), share)
    return edge(a, b, weight, label, below ? { ...ways, rate: below } : ways)
  })
}

/** Clear of the lines between two layers: under the space between them. */
function underGap(from: Placed, to: Placed): Point {
  const bottom = Math.max(...[...from.nodes, ...to.nodes].map(({ y, height }) => y + height / 2))
  const [a, b] = ports(from.nodes[0]!, to.nodes[0]!, 'right')
  return { x: (a.x + b.x) / 2, y: bottom + 28 }
}

function edge(
  from: GraphNode,
  to: GraphNode,
  weight: GraphEdge['weight'],
  label: Point | null,
  ways: Ways,
): GraphEdge {
  return { key: `${from.key}-${to.key}`, from, to, weight, label, quiet: false, ...ways }
}

/** The line from a parameter's card to the unit it serves. */
export function cardEdge(
  card: GraphNode,
  placed: readonly Placed[],
  direction: Direction,
): GraphEdge {
  const to = placed.find(({ weight, bias }) => weight === card.value || bias === card.value)!
    .nodes[0]!
  const ways = fromCard(card, to, direction)
  return { ...edge(card, to, null, null, ways), quiet: true }
}

function withTab(box: GraphNode): Box {
  return { ...box, y: box.y - TAB.height / 2, height: box.height + TAB.height }
}

/** How far along their lines weights can be written clear of one another; null if nowhere. */
function labelShare(
  pairs: readonly (readonly [GraphNode, GraphNode])[],
  direction: Direction,
): number | null {
  const room = direction === 'right' ? 17 : 50
  const across = (box: Box): number => (direction === 'right' ? box.y : box.x)
  let best: { share: number; least: number } | null = null
  for (const share of [0.5, 0.4, 0.6, 0.3, 0.7, 0.25, 0.75, 0.2, 0.8]) {
    const places = pairs
      .map(([a, b]) => across(a) * (1 - share) + across(b) * share)
      .sort((a, b) => a - b)
    const least = Math.min(...places.slice(1).map((place, n) => place - places[n]!))
    if (least >= room && (!best || least > best.least + 4)) best = { share, least }
  }
  return best?.share ?? null
}
