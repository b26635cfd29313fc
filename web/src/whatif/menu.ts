// The mistakes in the order in which they concern a step: those that change it, those that change a
// later one, then the others.

import type { Session } from '../session/session.svelte'
import type { MistakeInfo, MistakesMessage } from '../wire'
import { runOf } from './choice'
import { type Difference, differences, firstDifference } from './compare'
import { tieOf, type Tie } from './reason'

export interface Entry {
  readonly mistake: MistakeInfo
  /** Where the runs part; null where they do not. */
  readonly first: Difference | null
  /** Why they do not, where that can be shown in numbers. */
  readonly tie: Tie | null
}

export interface Menu {
  readonly here: readonly Entry[]
  readonly later: readonly Entry[]
  readonly earlier: readonly Entry[]
  readonly nowhere: readonly Entry[]
}

/** Plays every mistake with the numbers that are shown. */
export function entriesOf(session: Session, { mistakes, ops }: MistakesMessage): Entry[] {
  return mistakes.map((mistake): Entry => {
    const run = runOf(session, { kind: 'mistake', mistake, ops })
    const first = firstDifference(differences(session, run))
    return { mistake, first, tie: first ? null : tieOf(session, run) }
  })
}

export function menuOf(session: Session, entries: readonly Entry[]): Menu {
  const where = ({ first }: Entry): number => (first ? positionOf(session, first.id) : 0)
  const parted = entries.filter(({ first }) => first).sort((a, b) => where(a) - where(b))
  return {
    here: parted.filter((entry) => where(entry) === session.position),
    later: parted.filter((entry) => where(entry) > session.position),
    earlier: parted.filter((entry) => where(entry) < session.position),
    nowhere: entries.filter(({ first }) => !first),
  }
}

/** The position at which a value is revealed; 0 for what is given. */
export function positionOf(session: Session, id: number): number {
  return session.steps.findIndex(({ value }) => value === id) + 1
}
