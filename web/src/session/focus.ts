// Which element of a value is meant where none is named.

import { isPerSample, ownerOf } from '../text/play'
import type { Session } from './session.svelte'

/** The position of the number that is largest in size, from `start` up to `end`. */
export function largest(numbers: ArrayLike<number>, start = 0, end = numbers.length): number {
  let found = start
  for (let i = start + 1; i < end; i++)
    if (Math.abs(numbers[i]!) > Math.abs(numbers[found]!)) found = i
  return found
}

/**
 * The element of a value to explain: the selected one, or its counterpart where the selection is
 * the same parameter, its gradient or its update; else the largest, of the sample that is shown.
 */
export function elementOf(session: Session, id: number): number {
  const { selected } = session
  if (selected && ownerOf(session, selected.id) === ownerOf(session, id)) return selected.at
  const values = session.values(id)
  if (!isPerSample(session, id)) return largest(values)
  const width = values.length / session.shape(id)[0]!
  return largest(values, session.row * width, (session.row + 1) * width)
}
