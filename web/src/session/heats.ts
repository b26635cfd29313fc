// Which numbers a heat map on the graph shows: those of the sample that is shown, and of weights what
// the active step is about.

import { unitsOf } from '../graph/structure'
import { isPerSample } from '../text/play'
import type { Session } from './session.svelte'
import { type Touch, touchOf } from './touch'

/** A layer's values or their gradients. */
export interface FoldedHeat {
  readonly id: number
  readonly tone: 'forward' | 'backward'
  readonly count: number
  /** Whether their step is reached. */
  readonly known: boolean
  /** The flat index of the first. */
  readonly start: number
  readonly numbers: () => Float64Array
}

/** The values of a folded layer, and their gradients where it has any. */
export function foldedHeats(session: Session, value: number): FoldedHeat[] {
  const perSample = isPerSample(session, value)
  const all = session.shape(value).reduce((product, size) => product * size, 1)
  const count = perSample ? unitsOf(session, value) : all
  const start = perSample ? session.row * count : 0
  const heat = (id: number, tone: FoldedHeat['tone']): FoldedHeat => ({
    id,
    tone,
    count,
    known: session.revealed(id),
    start,
    numbers: () => session.values(id).subarray(start, start + count),
  })
  const gradient = session.find.gradients.get(value)
  return [heat(value, 'forward'), ...(gradient === undefined ? [] : [heat(gradient, 'backward')])]
}

/** Weights, or their gradients or updates while the active step makes those. */
export function weightHeat(
  session: Session,
  value: number,
): { readonly id: number; readonly tone: Touch | 'plain' } {
  const touch = touchOf(session, value)
  if (touch === 'backward') return { id: session.find.gradients.get(value)!, tone: touch }
  if (touch === 'update') return { id: session.afters.get(value)!, tone: touch }
  return { id: value, tone: 'plain' }
}
