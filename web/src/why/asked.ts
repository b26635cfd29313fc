// What a number can be asked about: a tape, the numbers of one play of it, and how they are called.

import type { Played } from '../expression'
import type { Lookups } from '../player/tape'

/** One element of a value, by flat index. */
export interface Element {
  readonly id: number
  readonly at: number
}

/** A played tape with names; a Session is one. */
export interface Asked extends Played {
  readonly find: Lookups
  /** An element's name as the command line writes it: "dL/dW1[0,2]". */
  label(id: number, at: number): string
  /** A name in text: "∂L/∂W₁[0,2]". */
  symbol(name: string): string
}

/** The value whose gradient an element of a gradient is; the first gradient stands for the loss. */
export function ofGradient({ tape }: Asked, { id, at }: Element): Element {
  const of = tape.values[id]!.gradient_of
  return of === undefined ? { id: tape.loss, at: 0 } : { id: of, at }
}

/** Whether a gradient is the 1 with which the way back begins. */
export function isSeed({ makers }: Asked, { id }: Element): boolean {
  return !makers.has(id)
}

/** How many examples the numbers speak of. */
export function batchOf(asked: Asked): number {
  const leaf = asked.find.leaves.find(({ shape }) => shape[0] === 'batch')
  return leaf ? asked.shape(leaf.id)[0]! : 1
}
