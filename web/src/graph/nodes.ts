// Which number of a value a node stands for: that of the sample that is shown.

import { elementOf } from '../study/focus'
import type { Session } from '../study/session.svelte'
import { isPerSample } from '../text/play'
import type { GraphNode } from './drawing'
import { unitsOf } from './structure'

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

/** How thick a weight is drawn: by its size, the same at every iteration. */
export function thickness(weight: number): number {
  return Number.isFinite(weight) ? 1 + 4 * Math.tanh(Math.abs(weight) / 2) : 5
}
