// What came of the iteration that is over, where the person stands between two of them.

import type { Session } from '../session/session.svelte'
import { type Said, say } from '../text/said'
import { changeOf, fellOrRose, happened } from './change'

export interface Happened {
  /** Which iteration, from 0. */
  readonly iteration: number
  /** What its update did to the loss. */
  readonly says: readonly Said[]
  /** What the loss did since training began; null after the first iteration. */
  readonly course: Said | null
}

/**
 * Before the first step of an iteration, of the one before it; after the last step, of this one.
 * Null in between, where nothing is updated, and while numbers rush by.
 */
export function happenedAt(session: Session): Happened | null {
  if (session.rushing) return null
  if (session.position === session.steps.length) return read(session, session.iteration)
  if (session.position > 0 || session.iteration === 0) return null
  return session.inIterationBefore(() => read(session, session.iteration - 1))
}

function read(session: Session, iteration: number): Happened | null {
  const change = changeOf(session)
  if (!change) return null
  const of = session.trace.dataset?.train.x.length ?? 0
  const seen = session.sample.indices ?? Array.from({ length: of }, (_, n) => n)
  return { iteration, says: happened(change, seen, of), course: courseOf(session, iteration, change.after) }
}

/** Losses of different samples are not compared, but means of whole passes through all of them. */
function courseOf({ losses, curve: { means, pass } }: Session, iteration: number, after: number): Said | null {
  const played = iteration + 1
  if (played < 2 * pass || played === 1) return null
  if (!means) return fellOrRose(losses[0]!, after, played)
  const [before, latest] = [means.values[pass - 1]!, means.values[iteration]!]
  return say('course.passes', { pass, before, after: latest })
}
