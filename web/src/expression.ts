// The formula of one number at the lesson grain: the formulas of the primitives on its way, put
// together. The twin of the same functions in src/whygrad/explain/lesson.py.

import { choose, type Place, place, type Placed, unflat } from './player/formula'
import type { Shape } from './player/layout'
import type { Step, Tape } from './player/tape'
import type { OpInfo } from './wire'

/** What placing a formula needs: a tape and the numbers of one play of it. */
export interface Played {
  readonly tape: Tape
  readonly ops: Readonly<Record<string, OpInfo>>
  /** The step that makes a value; leaves have none. */
  readonly makers: ReadonlyMap<number, Step>
  shape(id: number): Shape
  number(id: number, at: number): number
}

/** Nodes of a folded formula; beyond, intermediates are shown by name. */
const MAX_FOLD = 4_000
const RANK: Readonly<Record<string, number>> = { hyperparameter: 0, gradient: 1, parameter: 2 }

/**
 * The formula of one element of a value that a step makes, its branches chosen by the numbers.
 *
 * @param fold put the formulas of unnamed intermediates in their place
 */
export function formulaOf(played: Played, value: number, at: number, fold = true): Placed {
  const tree = treeOf(played, value, at)
  const whole = fold ? folded(played, tree, { nodes: 0 }) : tree
  return arranged(
    played.tape,
    choose(whole, (id, i) => played.number(id, i)),
  )
}

/** Whether the lesson grain shows a value: leaves, and what has a name. */
export function isShown({ tape, makers }: Played, value: number): boolean {
  return Boolean(tape.values[value]!.name) || !makers.has(value)
}

/** What placing a step's formulas needs, at the sizes of the play. */
export function placeOf(played: Played, step: Step): Place {
  return {
    formula: played.ops[step.op]!.formula,
    inputs: step.inputs,
    inputShapes: step.inputs.map((id) => played.shape(id)),
    output: step.output,
    outputShape: played.shape(step.output),
    params: step.params,
    whole: (argument, at) => played.number(step.inputs[argument]!, at),
  }
}

function treeOf(played: Played, value: number, at: number): Placed {
  const where = placeOf(played, played.makers.get(value)!)
  return place(where, unflat(at, where.outputShape))
}

function folded(played: Played, node: Placed, spent: { nodes: number }): Placed {
  if (node[0] === 'number') return node
  if (node[0] === 'leaf') {
    const [, value, at] = node
    if (isShown(played, value) || spent.nodes >= MAX_FOLD) return node
    const tree = treeOf(played, value, at)
    spent.nodes += size(tree)
    return folded(played, tree, spent)
  }
  const [head, ...args] = node
  return [head, ...args.map((arg) => folded(played, arg, spent))] as Placed
}

/** Products as they are taught: rate first, then what arrives, then weight, then input. */
function arranged(tape: Tape, node: Placed): Placed {
  if (node[0] === 'number' || node[0] === 'leaf') return node
  const [head, ...args] = node
  const parts = args.map((arg) => arranged(tape, arg))
  if (head === 'mul' && rank(tape, parts[1]!) < rank(tape, parts[0]!)) parts.reverse()
  return [head, ...parts] as Placed
}

function rank(tape: Tape, node: Placed): number {
  return node[0] === 'leaf' ? (RANK[tape.values[node[1]]!.role] ?? 3) : 3
}

function size(node: Placed): number {
  if (node[0] === 'number' || node[0] === 'leaf') return 1
  const [, ...args] = node
  return args.reduce((sum, arg) => sum + size(arg), 1)
}
