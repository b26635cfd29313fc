// A network that is a chain, one number after the other: what stands where in its drawing, and which
// three numbers meet at the step that is shown.

import { evaluate, type Placed } from '../player/formula'
import type { Session } from '../session/session.svelte'
import { contributionsIn } from '../text/contributions'
import { format } from '../text/numbers'
import { Phrases } from '../why/phrases'
import type { Phase } from '../player/tape'

/** A value with what is known of it so far; texts as they are shown. */
export interface Box {
  readonly id: number
  /** As LaTeX and as text. */
  readonly latex: string
  readonly symbol: string
  /** Null before its step. */
  readonly value: string | null
  /** Its gradient; null before its step or where none is recorded. */
  readonly slope: string | null
  /** Whether a gradient of it is still to come. */
  readonly waits: boolean
  /** What the update makes of it; null before its step. */
  readonly updated: string | null
  /** In which phase the step shown is about this value; null if it is about another. */
  readonly active: Phase | null
}

/** upstream × local = contribution. */
export interface Product {
  readonly upstream: string
  readonly local: string
  readonly contribution: string
  readonly active: boolean
  readonly zero: boolean
}

export interface Link extends Box {
  /** Parameters and targets that enter here. */
  readonly beside: readonly Box[]
  /** What passes back to it from the next one; null before that step, and for the last. */
  readonly back: Product | null
  /** Whether the value after it is there. */
  readonly reached: boolean
}

/** What the step that is shown does, written beside the value that it is about. */
export interface Plate {
  /** The place in the chain of the value, or of the value that it enters. */
  readonly at: number
  readonly phase: Phase
  /** The three numbers of a backward step. */
  readonly product: Product | null
  /** Any other step with its numbers: "0.5 × 1 + 0 = 0.5". */
  readonly equation: string
}

export interface Chain {
  readonly links: readonly Link[]
  readonly plate: Plate | null
}

/** @param session of a trace whose every forward step has one input that is no parameter */
export function chainOf(session: Session): Chain {
  const made = session.steps.filter(({ phase }) => phase === 'forward' || phase === 'loss').map(({ value }) => value)
  const entering = made.map((id) => leavesOf(session.formula(id, 0, { fold: true })))
  const inputs = entering[0]!.filter((id) => roleOf(session, id) === 'input')
  const chain = [...inputs, ...made]
  const beside = (id: number): readonly number[] =>
    (entering[made.indexOf(id)] ?? []).filter((leaf) => ['parameter', 'target'].includes(roleOf(session, leaf)))
  const links = chain.map((id, n): Link => {
    const after = chain[n + 1]
    return {
      ...boxOf(session, id),
      beside: beside(id).map((leaf) => boxOf(session, leaf)),
      back: after === undefined ? null : productOf(session, id),
      reached: after !== undefined && session.revealed(after),
    }
  })
  return { links, plate: plateOf(session, links) }
}

function boxOf(session: Session, id: number): Box {
  const { name } = session.tape.values[id]!
  const gradient = session.find.gradients.get(id)
  const after = session.afters.get(id)
  const known = (of: number | undefined): string | null =>
    of !== undefined && session.revealed(of) ? format(session.number(of, 0)) : null
  return {
    id,
    latex: session.latex(name),
    symbol: session.symbol(name),
    value: known(id),
    slope: known(gradient),
    waits: gradient !== undefined && !session.revealed(gradient),
    updated: known(after),
    active: session.active && [id, gradient, after].includes(session.active.value) ? session.active.phase : null,
  }
}

/** What passes back to a value, where that is one product and its step is shown. */
function productOf(session: Session, id: number): Product | null {
  const gradient = session.find.gradients.get(id)
  if (gradient === undefined || !session.revealed(gradient) || id === session.tape.loss) return null
  const tree = session.formula(gradient, 0, { fold: true })
  const isGradient = (value: number): boolean => roleOf(session, value) === 'gradient'
  const [only, more] = contributionsIn(tree, isGradient)
  if (!only || more) return null
  const number = (part: Placed): number => evaluate(part, (of, at) => session.number(of, at))
  const contribution = number(tree)
  return {
    upstream: format(number(only.upstream)),
    local: format(number(only.local)),
    contribution: format(contribution),
    active: session.active?.value === gradient,
    zero: contribution === 0,
  }
}

function plateOf(session: Session, links: readonly Link[]): Plate | null {
  const { active } = session
  const at = links.findIndex((link) => link.active || link.beside.some((box) => box.active))
  if (!active || at < 0) return null
  const box = [links[at]!, ...links[at]!.beside].find((one) => one.active)!
  const words = new Phrases(session)
  const equation = words.equation({ id: active.value, at: 0 }, session.formula(active.value, 0, { fold: true }))
  return { at, phase: active.phase, product: active.phase === 'backward' ? productOf(session, box.id) : null, equation }
}

function leavesOf(tree: Placed): number[] {
  if (tree[0] === 'number') return []
  if (tree[0] === 'leaf') return [tree[1]]
  const [, ...parts] = tree
  return parts.flatMap(leavesOf)
}

function roleOf(session: Session, id: number): string {
  return session.tape.values[id]!.role
}
