// What is done differently, and the tape that does it. The twin of src/whygrad/whatif/edits.py.

import { flatten } from '../player/tape'
import type { Session } from '../session/session.svelte'
import { say, textOf } from '../text/said'
import type { MistakeInfo, OpInfo, TraceMessage } from '../wire'
import { OtherRun } from './other'
import { holding, unchanged, type Variant, withLeaf } from './variant'

type Ops = Readonly<Record<string, OpInfo>>

export type Choice =
  | { readonly kind: 'mistake'; readonly mistake: MistakeInfo; readonly ops: Ops }
  /** A number set where it is given; with `frozen`, or where a step makes it, it is held there. */
  | { readonly kind: 'number'; readonly id: number; readonly at: number; readonly value: number; readonly frozen: boolean }
  | { readonly kind: 'rate'; readonly value: number }
  | { readonly kind: 'swap'; readonly old: string; readonly new: string; readonly trace: TraceMessage }

/** What a choice is called: "Forget the 2 of the square", "w₁ = 0.3". */
export function titleOf(session: Session, choice: Choice): string {
  switch (choice.kind) {
    case 'mistake':
      return choice.mistake.title
    case 'number': {
      const { id, at, value, frozen } = choice
      const key = frozen && !session.find.makers.has(id) ? 'compare.held' : 'compare.set'
      return textOf(say(key, { x: { name: session.symbol(session.label(id, at)), number: value } }))
    }
    case 'rate':
      return textOf(say('compare.rate', { rate: choice.value }))
    case 'swap':
      return textOf(say('compare.swap', { new: choice.new, old: choice.old }))
  }
}

export function opsOf(session: Session, choice: Choice): Ops {
  if (choice.kind === 'mistake') return choice.ops
  if (choice.kind === 'swap') return choice.trace.ops
  // holding a number multiplies and adds
  return session.ops
}

export function variantOf(session: Session, choice: Choice): Variant {
  switch (choice.kind) {
    case 'mistake':
      return mistaken(choice.mistake)
    case 'rate':
      return set(session, session.find.byName.get('learning_rate')!, 0, choice.value)
    case 'number':
      return numbered(session, choice)
    case 'swap':
      return swapped(session, choice.trace)
  }
}

export function runOf(session: Session, choice: Choice): OtherRun {
  return new OtherRun(session, variantOf(session, choice), opsOf(session, choice))
}

export function mistaken({ tape, leaves, origins }: MistakeInfo): Variant {
  return {
    tape,
    leaves: new Map(Object.entries(leaves).map(([id, numbers]) => [Number(id), flatten(numbers)])),
    origins: new Map(Object.entries(origins).map(([id, origin]) => [Number(id), origin])),
  }
}

function numbered(session: Session, { id, at, value, frozen }: Choice & { kind: 'number' }): Variant {
  const { name } = session.tape.values[id]!
  if (session.find.makers.has(id)) return holding(unchanged(session.tape), [{ name, at, value }], { blocks: true })
  const after = session.afters.get(id)
  const given = set(session, id, at, value)
  if (!frozen || after === undefined) return given
  return holding(given, [{ name: session.tape.values[after]!.name, at, value }])
}

function set(session: Session, id: number, at: number, value: number): Variant {
  const numbers = session.values(id).slice()
  numbers[at] = value
  return withLeaf(unchanged(session.tape), id, numbers)
}

/** Another network: what both have by name and was changed since the page opened is taken over. */
function swapped(session: Session, trace: TraceMessage): Variant {
  const { leaves, origins, tape } = unchanged(trace.tape)
  const own = new Map(leaves)
  const taken = new Map<number, number>()
  for (const id of origins.keys()) {
    const { name, shape } = tape.values[id]!
    const origin = name ? session.find.byName.get(name) : undefined
    const fits = origin !== undefined && session.tape.values[origin]!.shape.join() === shape.join()
    if (fits && changed(session, origin)) taken.set(id, origin)
    else own.set(id, flatten(trace.leaves[id]!))
  }
  return { tape, leaves: own, origins: taken }
}

function changed(session: Session, id: number): boolean {
  const recorded = session.trace.leaves[id]
  return recorded !== undefined && flatten(recorded).join() !== session.values(id).join()
}
