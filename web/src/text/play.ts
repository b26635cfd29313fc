// A play of a tape: its numbers, and how they are called. Formulas, reasons and drawings are made
// from it.

import type { Shape } from '../player/layout'
import type { Lookups, Tape } from '../player/tape'
import type { OpInfo } from '../wire'

/** One element of a value, by flat index. */
export interface Element {
  readonly id: number
  readonly at: number
}

/** A tape, the numbers of one play of it, and their names; a Session is one. */
export interface Play {
  readonly tape: Tape
  readonly ops: Readonly<Record<string, OpInfo>>
  readonly find: Lookups
  shape(id: number): Shape
  number(id: number, at: number): number
  /** All numbers of a value. */
  values(id: number): Float64Array
  /** An element's name as the command line writes it: "dL/dW1[0,2]". */
  label(id: number, at: number): string
  /** A name in text: "∂L/∂W₁[0,2]". */
  symbol(name: string): string
}

/** The value whose gradient an element of a gradient is; the first gradient stands for the loss. */
export function ofGradient({ tape }: Play, { id, at }: Element): Element {
  const of = tape.values[id]!.gradient_of
  return of === undefined ? { id: tape.loss, at: 0 } : { id: of, at }
}

/** Whether a gradient is the 1 with which the gradient starts to flow. */
export function isSeed({ find }: Play, { id }: Element): boolean {
  return !find.makers.has(id)
}

/** How many examples the numbers speak of. */
export function batchOf(play: Play): number {
  const leaf = play.find.leaves.find(({ shape }) => shape[0] === 'batch')
  return leaf ? play.shape(leaf.id)[0]! : 1
}

/** Whether a value has a row for each sample. */
export function isPerSample({ tape }: Pick<Play, 'tape'>, id: number): boolean {
  return tape.values[id]!.shape[0] === 'batch'
}

/** What a value belongs to: a gradient and an update belong to something else, the rest to itself. */
export function ownerOf({ tape }: Pick<Play, 'tape'>, id: number): number {
  const of = tape.values[id]!.gradient_of
  if (of !== undefined) return of
  return tape.carries.find(([, after]) => after === id)?.[0] ?? id
}
