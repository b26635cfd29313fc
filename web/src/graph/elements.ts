// Which number of a value a node stands for: that of the sample that is shown.

import type { Session } from '../session.svelte'
import { isPerSample } from '../views/elements'
import type { GraphNode } from './drawing'
import { unitsOf } from './structure'

type Place = Pick<GraphNode, 'value' | 'unit'>

/** The flat index of a node's number in its value, and in its value's gradient. */
export function elementAt(session: Session, { value, unit }: Place): number {
  return isPerSample(session, value) ? session.row * unitsOf(session, value) + unit : unit
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

/** How thick a weight is drawn: by its size, the same at every iteration. */
export function thickness(weight: number): number {
  return Number.isFinite(weight) ? 1 + 4 * Math.tanh(Math.abs(weight) / 2) : 5
}
