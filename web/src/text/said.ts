// Sentences with their slots filled: data first, text where a person reads it. The twin of
// src/whygrad/explain/said.py.

import { format } from './numbers'
import { inParentheses } from './say'
import { type Key, SENTENCES } from './sentences'

/** What stands in a slot: a name, a number, or both. */
export interface Named {
  readonly name?: string
  readonly number?: number
  /** Significant digits the number is written with. */
  readonly digits?: number
}

export type Slot = Named | Said | readonly Said[]
/** A text is a name, a number a number. */
export type Slots = Readonly<Record<string, Slot | string | number>>

export interface Said {
  /** Of the catalogue, or of an op's row: `purpose.OP`, `reason.OP.ARGUMENT.N`. */
  readonly key: string
  readonly slots: Readonly<Record<string, Slot>>
  /** The sentence with its slots open. */
  readonly says: string
}

const SLOT = /\{(\w+)([#=]?)\}/g

/** A sentence of the catalogue with its slots filled. */
export function say(key: Key, slots: Slots = {}): Said {
  return { key, says: SENTENCES[key], slots: mapped(slots, filling) }
}

/** A sentence of an op's row with its slots filled; null if it needs one that there is not. */
export function sayOfOp(key: string, says: string, slots: ReadonlyMap<string, Named>): Said | null {
  const needed = [...says.matchAll(SLOT)].map(([, name]) => name!)
  if (needed.some((name) => !slots.has(name))) return null
  return { key, says, slots: Object.fromEntries(needed.map((name) => [name, slots.get(name)!])) }
}

/** A sentence as a person reads it. */
export function textOf({ says, slots }: Said): string {
  return says.replace(SLOT, (_, name: string, how: string) => {
    const slot = slots[name]!
    if (isList(slot)) return slot.map(textOf).join('; ')
    if ('key' in slot) return textOf(slot)
    if (!how) return slot.name!
    const number = format(slot.number!, slot.digits)
    if (how === '=') return `${slot.name} = ${number}`
    // where a minus would follow an operator
    return says.includes('×') ? inParentheses(slot.number!) : number
  })
}

export function textsOf(says: readonly Said[]): string {
  return says.map(textOf).join(' ')
}

/** Key and slots as data: names as texts, numbers as numbers, both as pairs. */
export function dataOf({ key, slots }: Said): object {
  return { key, slots: mapped(slots, slotData) }
}

function slotData(slot: Slot): unknown {
  if (isList(slot)) return slot.map(dataOf)
  if ('key' in slot) return dataOf(slot)
  if (slot.number === undefined) return slot.name
  return slot.name ? [slot.name, slot.number] : slot.number
}

function filling(slot: Slot | string | number): Slot {
  if (typeof slot === 'string') return { name: slot }
  return typeof slot === 'number' ? { number: slot } : slot
}

function isList(slot: Slot): slot is readonly Said[] {
  return Array.isArray(slot)
}

function mapped<A, B>(slots: Readonly<Record<string, A>>, by: (slot: A) => B): Record<string, B> {
  return Object.fromEntries(Object.entries(slots).map(([name, slot]) => [name, by(slot)]))
}
