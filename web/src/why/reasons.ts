// An op's own sentences for its local derivatives: which of them holds, with its slots filled.

import { evaluate, flat, leaves, type Placed, type Test, unflat } from '../player/formula'
import type { Step } from '../player/tape'
import { isShown } from '../text/expression'
import { type Element, ofGradient, type Play } from '../text/play'
import { type Named, type Said, sayOfOp } from '../text/said'
import { LONGEST_CHAIN } from '../text/sentences'
import type { ReasonInfo } from '../wire'
import type { Use } from './uses'

/** What stands in the slots of a reason. */
type Slots = ReadonlyMap<string, Named>

/** A step that uses a value, and as which input. */
type Link = readonly [step: Step, argument: number]

/** Whether a value moves the next named one in more ways than one. */
export function inSeveralWays(play: Play, of: Element, one: Use): boolean {
  const target = ofGradient(play, one.upstream)
  return one.parts.length > 1 || chainsBetween(play, of.id, target.id).length > 1
}

/**
 * The op's sentence for a local derivative and its principle; null where several steps or several
 * ways lie between the two, unless one step's sentence states the whole rate.
 */
export function reasonFor(
  play: Play,
  of: Element,
  one: Use,
): { readonly says: Said; readonly principle: string } | null {
  const target = ofGradient(play, one.upstream)
  const chains = chainsBetween(play, of.id, target.id)
  const [chain] = chains
  if (!chain || chains.length > 1) return null
  const acting = chain.filter(([step]) => !play.ops[step.op]!.silent)
  const link = acting[0] ?? chain[0]!
  if (acting.length > 1) return null
  const reasons = reasonsOf(play, link) ?? []
  const adds = chain.some(([step]) => step.op === 'add' && step !== link[0])
  if (adds && reasons.some((reason) => readsNumbers(reason, link[1]))) return null // it is of a sum
  const slots = slotsOf(play, of, link, one, target)
  for (const [n, reason] of reasons.entries()) {
    const held = reason.when === null || holds(reason.when, slots)
    if (held === false) continue
    if (!held) return null // it may rest on what cannot be told
    if (one.parts.length > 1 && !reason.says.includes('{local')) return null // it speaks of one way
    const [{ op }, argument] = link
    const key = `reason.${op}.${Math.min(argument, play.ops[op]!.reasons.length - 1)}.${n}`
    const says = sayOfOp(key, reason.says, slots)
    return says && { says, principle: reason.principle }
  }
  return null
}

/** What an op can say of one of its arguments; null where nothing passes back to it. */
export function reasonsOf(play: Play, [step, argument]: Link): readonly ReasonInfo[] | null {
  const { reasons } = play.ops[step.op]!
  return reasons[Math.min(argument, reasons.length - 1)] ?? null
}

/** The chains of forward steps that lead from a value to the next named one: two at most. */
function chainsBetween(play: Play, of: number, target: number): readonly (readonly Link[])[] {
  const found: Link[][] = []
  const waiting: [number, Link[]][] = [[of, []]]
  for (const [value, soFar] of waiting) {
    if (found.length > 1) break
    for (const { step, argument } of play.find.uses.get(value) ?? []) {
      if (step.phase !== 'forward' && step.phase !== 'loss') continue
      if (!reasonsOf(play, [step, argument])) continue
      const chain: Link[] = [...soFar, [step, argument]]
      if (step.output === target) found.push(chain)
      else if (!isShown(play, step.output) && chain.length < LONGEST_CHAIN)
        waiting.push([step.output, chain])
    }
  }
  return found
}

function slotsOf(
  play: Play,
  of: Element,
  [step, argument]: Link,
  one: Use,
  target: Element,
): Slots {
  const named = ({ id, at }: Element): Named => ({
    name: play.symbol(play.label(id, at)),
    number: play.number(id, at),
  })
  const slots = new Map<string, Named>([
    ['x', named(of)],
    ['y', named(target)],
    ['local', { number: one.rate }],
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
  if (offset < 0) return null
  return flat(
    own.map((size, i) => (size === 1 ? 0 : index[offset + i]!)),
    own,
  )
}

/** Whether a reason speaks of the number that goes in, or of the one that comes out. */
function readsNumbers({ says, when }: ReasonInfo, argument: number): boolean {
  const named = [...says.matchAll(/\{(\w+)[#=]\}/g)].map(([, name]) => name!)
  const own = new Set(['x', 'y', String(argument)])
  return [...named, ...(when === null ? [] : slotsIn(when))].some((name) => own.has(name))
}

function slotsIn(node: Test): string[] {
  if (node[0] === 'number') return []
  if (node[0] === 'slot') return [node[1]]
  const [, ...args] = node
  return args.flatMap(slotsIn)
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
    return found ? ['number', found.number!] : null
  }
  const [head, ...args] = node
  const parts = args.map((arg) => substituted(arg, slots))
  return parts.some((part) => part === null) ? null : ([head, ...parts] as Placed)
}
