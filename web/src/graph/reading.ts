// What is to be read of one number: itself, its gradient, and what the update makes of it.

import type { Session } from '../study/session.svelte'
import { exact, format } from '../text/numbers'
import { type Touch, touchOf } from './nodes'

const FEW_DIGITS = 3

export interface Reading {
  /** What the value is called, without the element: "z₁". */
  readonly short: string
  /** The number as it is shown; empty before its step is reached. */
  readonly value: string
  /** Its gradient; null before its step is reached, or where there is none. */
  readonly slope: string | null
  readonly slopeName: string
  /** The number after the update; null before its step is reached, or where there is none. */
  readonly updated: string | null
  /** For where there is little room: the one number that the active step is about, in short. */
  readonly brief: { readonly text: string; readonly tone: Touch | null }
  /** Why it is greyed, or null. */
  readonly note: string | null
  /** All of this as a sentence. */
  readonly words: string
  /** The numbers with every digit, a line each. */
  readonly exactly: string
}

export function read(session: Session, id: number, at: number): Reading {
  const gradient = revealed(session, session.find.gradients.get(id))
  const after = revealed(session, session.afters.get(id))
  const known = session.revealed(id)
  const name = session.symbol(session.label(id, at))
  const text = (of: number): string => format(session.number(of, at))
  const line = (of: number): string =>
    `${session.symbol(session.label(of, at))} = ${exact(session.number(of, at))}`
  const note = session.note(id, at)
  const slopeOf = session.find.gradients.get(id)
  return {
    short: session.symbol(session.tape.values[id]!.name),
    value: known ? text(id) : '',
    slope: gradient === null ? null : text(gradient),
    slopeName: slopeOf === undefined ? '' : session.symbol(session.tape.values[slopeOf]!.name),
    updated: after === null ? null : text(after),
    brief: brief(session, id, at, gradient, after),
    note,
    words: [
      known ? `${name} = ${text(id)}` : `${name}, not computed yet`,
      gradient !== null && `gradient ${text(gradient)}`,
      after !== null && `after the update ${text(after)}`,
      note,
    ]
      .filter(Boolean)
      .join(', '),
    exactly: [known && line(id), gradient !== null && line(gradient), note]
      .filter(Boolean)
      .join('\n'),
  }
}

function brief(
  session: Session,
  id: number,
  at: number,
  gradient: number | null,
  after: number | null,
): Reading['brief'] {
  const text = (of: number): string => format(session.number(of, at), FEW_DIGITS)
  const short = session.symbol(session.tape.values[id]!.name)
  if (touchOf(session, id) === 'backward' && gradient !== null)
    return { text: `∂ ${text(gradient)}`, tone: 'backward' }
  return after === null
    ? { text: `${short} ${text(id)}`, tone: null }
    : { text: `${short}′ ${text(after)}`, tone: 'update' }
}

function revealed(session: Session, id: number | undefined): number | null {
  return id !== undefined && session.revealed(id) ? id : null
}
