// Why a mistake makes no difference here: where it is made, both ways come to the same number.

import { numberText, type Placed, toPython } from '../player/formula'
import { elementOf } from '../session/focus'
import type { Session } from '../session/session.svelte'
import type { Play } from '../text/play'
import { typeset } from '../text/say'
import { Phrases } from '../why/phrases'
import type { OtherRun } from './other'

/** A number that is made in another way and comes to the same. */
export interface Tie {
  readonly id: number
  readonly at: number
  /** "∂L/∂z₁" */
  readonly name: string
  /** How it is worked out, with the numbers: "−1.75 × 1 = −1.75". */
  readonly right: string
  readonly wrong: string
}

/** The first number, in teaching order, that is made in another way; null where none has a name. */
export function tieOf(session: Session, other: OtherRun): Tie | null {
  const [rightly, wrongly] = [new Phrases(session), new Phrases(other)]
  for (const { value } of session.trace.worked) {
    const same = other.counterpart(value)
    if (same === null || !other.find.makers.has(same)) continue
    const at = elementOf(session, value)
    const trees = [rightly.tree({ id: value, at }), wrongly.tree({ id: same, at })] as const
    const names = [rightly.inNames(trees[0]), wrongly.inNames(trees[1])] as const
    if (names[0] === names[1]) continue
    const right = rightly.shown(trees[0], session.number(value, at))
    const wrong = wrongly.shown(trees[1], other.number(same, at))
    const alike = right === wrong // then it is the names that tell them apart
    return {
      id: value,
      at,
      name: session.symbol(session.label(value, at)),
      right: alike ? `${inSymbols(session, trees[0])} = ${right}` : right,
      wrong: alike ? `${inSymbols(other, trees[1])} = ${wrong}` : wrong,
    }
  }
  return null
}

export function inSymbols(run: Play, tree: Placed): string {
  return typeset(
    toPython(tree, (id, at) => {
      const { role, name } = run.tape.values[id]!
      return role === 'constant' && !name ? numberText(run.number(id, at)) : run.symbol(run.label(id, at))
    }),
  )
}
