// The formula of one number in worked steps: the formulas of the primitives on its way, put
// together. The twin of the same functions in src/whygrad/explain/worked.py.

import { choose, type Place, place, type Placed, unflat } from '../player/formula'
import type { Step, Tape } from '../player/tape'
import type { Play } from './play'

/** Nodes of a folded formula; beyond, intermediates are shown by name. */
const MAX_FOLD = 4_000
const RANK: Readonly<Record<string, number>> = { hyperparameter: 0, gradient: 1, parameter: 2 }

/**
 * The formula of one element of a value that a step makes, its branches chosen by the numbers.
 *
 * @param fold put the formulas of unnamed intermediates in their place
 */
export function formulaOf(play: Play, value: number, at: number, fold = true): Placed {
  const tree = treeOf(play, value, at)
  const whole = fold ? folded(play, tree, { nodes: 0 }) : tree
  return arranged(
    play.tape,
    choose(whole, (id, i) => play.number(id, i)),
  )
}

/** Whether worked steps show a value: leaves, and what has a name. */
export function isShown({ tape, find }: Play, value: number): boolean {
  return Boolean(tape.values[value]!.name) || !find.makers.has(value)
}

/** What placing a step's formulas needs, at the sizes of the play. */
export function placeOf(play: Play, step: Step): Place {
  return {
    formula: play.ops[step.op]!.formula,
    inputs: step.inputs,
    inputShapes: step.inputs.map((id) => play.shape(id)),
    output: step.output,
    outputShape: play.shape(step.output),
    params: step.params,
    whole: (argument, at) => play.number(step.inputs[argument]!, at),
  }
}

function treeOf(play: Play, value: number, at: number): Placed {
  const where = placeOf(play, play.find.makers.get(value)!)
  return place(where, unflat(at, where.outputShape))
}

function folded(play: Play, node: Placed, spent: { nodes: number }): Placed {
  if (node[0] === 'number') return node
  if (node[0] === 'leaf') {
    const [, value, at] = node
    if (isShown(play, value) || spent.nodes >= MAX_FOLD) return node
    const tree = treeOf(play, value, at)
    spent.nodes += size(tree)
    return folded(play, tree, spent)
  }
  const [head, ...args] = node
  return [head, ...args.map((arg) => folded(play, arg, spent))] as Placed
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
