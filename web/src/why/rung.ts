// One answer, and what it rests on.

import type { Element } from '../text/play'
import { type Said, textOf, textsOf } from '../text/said'

export interface Rung {
  /** What is explained: an element ("dL/dw1") or a local derivative ("da1/dz1"). */
  readonly name: string
  /** What this answers, as a key and slots. */
  readonly asks: Said
  /** What this answers: "Why multiply?". */
  readonly question: string
  readonly value: number
  /** The arithmetic that comes to it, in names. */
  readonly formula: string
  /** Why, with these numbers, as keys and slots. */
  readonly says: readonly Said[]
  /** Why, in a sentence or two. */
  readonly claim: string
  /** The name of the principle it rests on. */
  readonly principle: string
  /** The element of the tape that it explains, if it is one. */
  readonly element: Element | null
  /** The rungs below, worked out when they are first asked for. */
  readonly below: () => readonly Rung[]
}

type Answer = Pick<Rung, 'name' | 'asks' | 'value' | 'formula' | 'says' | 'principle'>

const none = (): readonly Rung[] => []

/** A rung whose rungs below are worked out once. */
export function rung(
  answer: Answer & { readonly element?: Element },
  below: () => readonly Rung[] = none,
): Rung {
  let known: readonly Rung[] | undefined
  return {
    element: null,
    ...answer,
    question: textOf(answer.asks),
    claim: textsOf(answer.says),
    below: () => (known ??= below()),
  }
}
