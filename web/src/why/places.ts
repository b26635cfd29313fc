// Where an answer shows on the graph: the edges of a path, and the node of a number.

import type { Drawing, GraphEdge, GraphNode } from '../graph/drawing'
import type { Session } from '../session/session.svelte'
import { elementAt } from '../session/touch'
import type { Element } from '../text/play'
import type { Path } from './paths'

/** The edges a path runs along; numbers that are not drawn are passed over. */
export function edgesOf(session: Session, { nodes, edges }: Drawing, path: Path): GraphEdge[] {
  const isNode = (node: GraphNode, { id, at }: Element): boolean =>
    node.kind !== 'folded' && node.value === id && elementAt(session, node) === at
  const isWeight = ({ weight }: GraphEdge, { id, at }: Element): boolean =>
    weight !== null && weight.value === id && weight.at === at
  const drawn = path.through.filter(
    (element) =>
      nodes.some((node) => isNode(node, element)) || edges.some((edge) => isWeight(edge, element)),
  )
  return drawn.slice(1).flatMap((to, n) => {
    const from = drawn[n]!
    return edges.filter(
      (edge) => isNode(edge.to, to) && (isNode(edge.from, from) || isWeight(edge, from)),
    )
  })
}

/** Where there is room to write beside a number on the graph, or on the edge of a weight. */
export function placeOf(
  session: Session,
  { nodes, edges }: Drawing,
  { id, at }: Element,
): { readonly x: number; readonly y: number } | null {
  const node = nodes.find(
    (each) => each.kind !== 'folded' && each.value === id && elementAt(session, each) === at,
  )
  if (node) return { x: node.x, y: node.y + roomBeside(node) }
  const edge = edges.find(({ weight }) => weight?.value === id && weight.at === at)
  return edge?.label ? { x: edge.label.x, y: edge.label.y + 20 } : null
}

/** Above cards and above the loss's title, for edges leave below; else below. */
function roomBeside({ kind, height }: GraphNode): number {
  if (kind === 'parameter' || kind === 'tab') return -height / 2 - 8
  return kind === 'loss' ? -height / 2 - 44 : height / 2 + 18
}
