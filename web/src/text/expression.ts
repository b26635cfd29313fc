// The formula of one number in worked steps: the formulas of the primitives on its way, put
// together. The twin of the same functions in src/whygrad/explain/formulas.py.

import { choose, type Place, place, type Placed, unflat } from '../player/formula'
import { sameShape, type View, whole } from '../player/layout'
import { Moves } from '../player/moves'
import type { Step, Tape } from '../player/tape'
import type { Play } from './play'
import { MAX_DEPTH, MAX_FOLD } from './sentences'

const RANK: Readonly<Record<string, number>> = { hyperparameter: 0, gradient: 1, parameter: 2 }

/**
 * The formula of one element of a value that a step makes, its branches chosen by the numbers.
 *
 * @param fold put the formulas of unnamed intermediates in their place
 */
export function formulaOf(play: Play, value: number, at: number, fold = true): Placed {
  const tree = fold ? unchosen(play, value, at) : treeOf(play, value, at)
  return arranged(
    play.tape,
    choose(tree, (id, i) => play.number(id, i)),
  )
}

/**
 * The formula of one element, unnamed intermediates folded in, with all its branches. One that there
 * is no room for is shown everywhere in the formula, not in one place and folded in another.
 */
export function unchosen(play: Play, value: number, at: number): Placed {
  const kept = new Set<number>()
  while (true) {
    const room: Room = { nodes: 0, kept, cut: new Set() }
    const tree = folded(play, treeOf(play, value, at), room)
    if ([...room.cut].every((id) => kept.has(id))) return tree
    for (const id of room.cut) kept.add(id)
  }
}

/** Whether worked steps show a value: leaves, and what has a name. */
export function isShown({ tape, find }: Pick<Play, 'tape' | 'find'>, value: number): boolean {
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
    get moves() {
      return movesOf(play, step)
    },
  }
}

/** What steps move, as long as the shapes and the indices that go in stay the same. */
const known = new WeakMap<Step, { readonly inputs: readonly View[]; readonly moves: Moves }>()

function movesOf(play: Play, step: Step): Moves {
  const before = known.get(step)
  if (before?.inputs.every((input, n) => isStill(play, step.inputs[n]!, input))) return before.moves
  const inputs = step.inputs.map((id) =>
    whole(isIndex(play, id) ? play.values(id).slice() : play.values(id), play.shape(id)),
  )
  const { op, params, output } = step
  const { formula } = play.ops[op]!
  const moves = new Moves({ op, formula, inputs, shape: play.shape(output), params })
  known.set(step, { inputs, moves })
  return moves
}

function isIndex({ tape }: Play, id: number): boolean {
  return tape.values[id]!.dtype.startsWith('int')
}

function isStill(play: Play, id: number, { shape, data }: View): boolean {
  if (!sameShape(play.shape(id), shape)) return false
  return !isIndex(play, id) || play.values(id).every((number, n) => number === data[n])
}

function treeOf(play: Play, value: number, at: number): Placed {
  const where = placeOf(play, play.find.makers.get(value)!)
  return place(where, unflat(at, where.outputShape))
}

/** What a formula is folded into: the nodes spent, and what is not folded. */
interface Room {
  nodes: number
  readonly kept: ReadonlySet<number>
  readonly cut: Set<number>
}

/** @param times how often it is written out in the text (|x| is written with x twice) */
function folded(play: Play, node: Placed, room: Room, depth = 0, times = 1): Placed {
  if (node[0] === 'number') return node
  if (node[0] === 'leaf') {
    const [, value, at] = node
    if (isShown(play, value) || room.kept.has(value)) return node
    const full = room.nodes >= MAX_FOLD || depth >= MAX_DEPTH
    if (full && !carriesGradients(play, value)) {
      room.cut.add(value)
      return node
    }
    const tree = treeOf(play, value, at)
    room.nodes += size(tree) * times
    return folded(play, tree, room, depth, times)
  }
  const [head, ...args] = node
  const written = head === 'abs' ? 2 * times : times
  return [head, ...args.map((arg) => folded(play, arg, room, depth + 1, written))] as Placed
}

/** Whether a value is on the way from one gradient to another: it is always folded. */
function carriesGradients({ tape, find }: Play, value: number): boolean {
  return find.makers.get(value)!.phase === 'backward' && tape.values[value]!.gradient_of === undefined
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
