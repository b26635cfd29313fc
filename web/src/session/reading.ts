// What is to be read of one number: itself, its gradient, and what the update makes of it.

import { DIGITS, exact, format } from '../text/numbers'
import type { Session } from './session.svelte'
import { type Touch, touchOf } from './touch'

export const FEW_DIGITS = 3

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
  readonly brief: { readonly text: string; readonly number: string; readonly tone: Touch | null }
  /** Why it is greyed, or null. */
  readonly note: string | null
}

export function read(session: Session, id: number, at: number, digits = DIGITS): Reading {
  const gradient = revealed(session, session.find.gradients.get(id))
  const after = revealed(session, session.afters.get(id))
  const known = session.revealed(id)
  const text = (of: number): string => format(session.number(of, at), digits)
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
  }
}

/**
 * What is read of a number as a sentence, for those who hear it: its name alone while numbers change
 * faster than they can be told.
 */
export function words(session: Session, id: number, at: number): string {
  const name = session.symbol(session.label(id, at))
  if (session.rushing) return name
  const { value, slope, updated, note } = read(session, id, at)
  return [
    value ? `${name} = ${value}` : `${name}, not computed yet`,
    slope !== null && `gradient ${slope}`,
    updated !== null && `after the update ${updated}`,
    note,
  ]
    .filter(Boolean)
    .join(', ')
}

/** The numbers with every digit, a line each; nothing while they change faster than can be read. */
export function exactly(session: Session, id: number, at: number): string {
  if (session.rushing) return ''
  const line = (of: number): string =>
    `${session.symbol(session.label(of, at))} = ${exact(session.number(of, at))}`
  const shown = [id, session.find.gradients.get(id)].filter((of) => revealed(session, of) !== null)
  const note = session.note(id, at)
  return [...shown.map((of) => line(of!)), ...(note ? [note] : [])].join('\n')
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
    return { text: `∂ ${text(gradient)}`, number: text(gradient), tone: 'backward' }
  return after === null
    ? { text: `${short} ${text(id)}`, number: text(id), tone: null }
    : { text: `${short}′ ${text(after)}`, number: text(after), tone: 'update' }
}

function revealed(session: Session, id: number | undefined): number | null {
  return id !== undefined && session.revealed(id) ? id : null
}
