// Which drawing suits a trace, and which of its layers are folded at first.

import { layers } from './columns'
import type { Direction, Drawing } from './drawing'
import { drawGeneral } from './general'
import { drawNetwork } from './network'
import type { Structure } from './structure'

/** Up to so many nodes, every number is on the graph. */
const MOST_NODES = 40
/** Layers of so few units are never folded. */
const FEW = 4

export function isNetwork({ trace }: Structure): boolean {
  return trace.dataset !== null && 'network' in trace.spec
}

export function draw(structure: Structure, direction: Direction, folded: ReadonlySet<number>): Drawing {
  return isNetwork(structure)
    ? drawNetwork(structure, direction, folded)
    : drawGeneral(structure, direction)
}

/** The layers that are heat maps until they are unfolded. */
export function foldedAtFirst(structure: Structure): Set<number> {
  if (!isNetwork(structure)) return new Set()
  const found = layers(structure)
  const nodes = found.reduce((sum, { units }) => sum + units, 0)
  return new Set(
    nodes > MOST_NODES ? found.filter(({ units }) => units > FEW).map(({ value }) => value) : [],
  )
}
