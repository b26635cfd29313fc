// Which drawing suits a trace, and which of its layers are folded at first.

import type { Session } from '../study/session.svelte'
import { layers } from './columns'
import type { Direction, Drawing } from './drawing'
import { drawGeneral } from './general'
import { drawNetwork } from './network'

/** Up to so many nodes, every number is on the graph. */
const MOST_NODES = 40
/** Layers of so few units are never folded. */
const FEW = 4

export function isNetwork({ trace }: Session): boolean {
  return trace.dataset !== null && 'network' in trace.spec
}

export function draw(session: Session, direction: Direction, folded: ReadonlySet<number>): Drawing {
  return isNetwork(session)
    ? drawNetwork(session, direction, folded)
    : drawGeneral(session, direction)
}

/** The layers that are heat maps until they are unfolded. */
export function foldedAtFirst(session: Session): Set<number> {
  if (!isNetwork(session)) return new Set()
  const found = layers(session)
  const nodes = found.reduce((sum, { units }) => sum + units, 0)
  return new Set(
    nodes > MOST_NODES ? found.filter(({ units }) => units > FEW).map(({ value }) => value) : [],
  )
}
