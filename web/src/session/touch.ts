// Which number a place on the graph stands for, and what the active step does to it.

import type { GraphNode } from '../graph/drawing'
import { unitsOf } from '../graph/structure'
import { isPerSample } from '../text/play'
import { elementOf } from './focus'
import type { Session } from './session.svelte'

type Place = Pick<GraphNode, 'value' | 'unit'>

/** The flat index of a node's number in its value, and in its value's gradient. */
export function elementAt(session: Session, { value, unit }: Place): number {
  return isPerSample(session, value) ? session.row * unitsOf(session, value) + unit : unit
}

/** An element's name on the graph, which shows one sample: "a₁[3]" for a₁[0,3]. */
export function shortName(session: Session, value: number, at: number): string {
  if (!isPerSample(session, value)) return session.symbol(session.label(value, at))
  const units = unitsOf(session, value)
  const name = session.symbol(session.tape.values[value]!.name)
  return units > 1 ? `${name}[${at % units}]` : name
}

/** What the active step does to a value: makes it, its gradient, or its update. */
export type Touch = 'forward' | 'backward' | 'update'

export function touchOf(session: Session, value: number): Touch | null {
  const active = session.active?.value
  if (active === undefined) return null
  if (active === value) return session.active!.phase === 'update' ? 'update' : 'forward'
  if (active === session.find.gradients.get(value)) return 'backward'
  return active === session.afters.get(value) ? 'update' : null
}

/** Whether an element is the one of the active step that the panel explains. */
export function isExplained(session: Session, value: number, at: number): boolean {
  const { active } = session
  return (
    active !== null && touchOf(session, value) !== null && elementOf(session, active.value) === at
  )
}
