// An op's own sentences for its local derivatives: which of them holds, with its slots filled.

import { evaluate, flat, leaves, type Placed, type Test, unflat } from '../player/formula'
import type { Step } from '../player/tape'
import { isShown } from '../text/expression'
import { format } from '../text/numbers'
import { type Element, ofGradient, type Play } from '../text/play'
import { inParentheses } from '../text/say'
import type { ReasonInfo } from '../wire'
import type { Contribution } from './uses'

/** What stands in a slot: its name and its number. */
type Slots = ReadonlyMap<string, readonly [name: string, number: number]>

/** A step that uses a value, and as which input. */
type Link = readonly [step: Step, argument: number]

const LONGEST_CHAIN = 8

/** The op's sentence for a local derivative and its principle; null where it has none that fits. */
export function reasonFor(
  play: Play,
  of: Element,
  one: Contribution,
): { readonly says: string; readonly principle: string } | null {
  const target = ofGradient(play, one.upstream)
  const chain = chainBetween(play, of.id, target.id)
  const acting = chain.filter(([step]) => !play.ops[step.op]!.silent)
  const link = acting[0] ?? chain[0]
  if (!link || acting.length > 1) return null
  const slots = slotsOf(play, of, link, one, target)
  for (const reason of reasonsOf(play, link) ?? []) {
    const held = reason.when === null || holds(reason.when, slots)
    if (held === false) continue
    const says = held && filled(reason, slots)
    return says ? { says, principle: reason.principle } : null // it may rest on what cannot be told
  }
  return null
}

/** What an op can say of one of its arguments; null where nothing passes back to it. */
function reasonsOf(play: Play, [step, argument]: Link): readonly ReasonInfo[] | null {
  const { reasons } = play.ops[step.op]!
  return reasons[Math.min(argument, reasons.length - 1)] ?? null
}

/** The forward steps that lead from a value to the next named one. */
function chainBetween(play: Play, of: number, target: number): readonly Link[] {
  const waiting: [number, Link[]][] = [[of, []]]
  for (const [value, soFar] of waiting)
    for (const { step, argument } of play.find.uses.get(value) ?? []) {
      if (step.phase !== 'forward' && step.phase !== 'loss') continue
      if (!reasonsOf(play, [step, argument])) continue
      const chain: Link[] = [...soFar, [step, argument]]
      if (step.output === target) return chain
      if (!isShown(play, step.output) && chain.length < LONGEST_CHAIN)
        waiting.push([step.output, chain])
    }
  return []
}

function slotsOf(
  play: Play,
  of: Element,
  [step, argument]: Link,
  one: Contribution,
  target: Element,
): Slots {
  const named = ({ id, at }: Element): readonly [string, number] => [
    play.symbol(play.label(id, at)),
    play.number(id, at),
  ]
  const slots = new Map([
    ['x', named(of)],
    ['y', named(target)],
    ['local', ['the rate', one.rate] as const],
    [String(argument), named(of)],
  ])
  const others = leaves(one.local).filter(([id, at]) => id !== of.id || at !== of.at)
  if (others.length === 1 && one.local[0] === 'leaf')
    slots.set('other', named({ id: others[0]![0], at: others[0]![1] }))
  step.inputs.forEach((id, n) => {
    if (n === argument) return
    if (play.ops[step.op]!.aligned) {
      const at = aligned(play, id, step.output, target)
      if (at === null) return
      slots.set(String(n), named({ id, at }))
      if (step.inputs.length === 2) slots.set('other', named({ id, at }))
    } else if (play.shape(id).join() === play.shape(of.id).join())
      slots.set(String(n), named({ id, at: of.at }))
  })
  return slots
}

/** The flat index in an input that an output element of an aligned op reads; null in another shape. */
function aligned(play: Play, id: number, output: number, target: Element): number | null {
  const shape = play.shape(output)
  if (play.shape(target.id).join() !== shape.join()) return null
  const index = unflat(target.at, shape)
  const own = play.shape(id)
  const offset = shape.length - own.length
  return flat(
    own.map((size, i) => (size === 1 ? 0 : index[offset + i]!)),
    own,
  )
}

/** The sentence with its slots filled; null if it needs one there is no number for. */
function filled({ says }: ReasonInfo, slots: Slots): string | null {
  let missing = false
  const text = says.replace(/\{(\w+)([#=]?)\}/g, (_, slot: string, how: string) => {
    const found = slots.get(slot)
    if (!found) {
      missing = true
      return ''
    }
    const [name, number] = found
    if (how === '#') return says.includes('×') ? inParentheses(number) : format(number)
    return how === '=' ? `${name} = ${format(number)}` : name
  })
  return missing ? null : text
}

/** Whether a condition holds; null if it needs a slot there is no number for. */
function holds(when: Test, slots: Slots): boolean | null {
  const tree = substituted(when, slots)
  return tree && Boolean(evaluate(tree, () => 0))
}

function substituted(node: Test, slots: Slots): Placed | null {
  if (node[0] === 'number') return node
  if (node[0] === 'slot') {
    const found = slots.get(node[1])
    return found ? ['number', found[1]] : null
  }
  const [head, ...args] = node
  const parts = args.map((arg) => substituted(arg, slots))
  return parts.some((part) => part === null) ? null : ([head, ...parts] as Placed)
}
