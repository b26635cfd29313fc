// On which side of their corners the numbers that go into a step are, so that a nudge across one
// can be told. The twin of src/whygrad/engine/corners.py.

import {
  type Declared,
  evaluate,
  type Get,
  type Place,
  type Placed,
  place,
  placeLocal,
  unflat,
} from '../player/formula'
import { countOf, positions, type Shape, spread, type View } from '../player/layout'
import type { Step } from '../player/tape'
import { placeOf } from '../text/expression'
import type { Play } from '../text/play'

/** Whether an op has corners. */
export function hasCorners(play: Play, { op }: Step): boolean {
  return play.ops[op]!.side !== null
}

/** Which side each number of a step is on; of two plays, a difference is a corner crossed. */
export function sidesOf(play: Play, step: Step, read: (id: number) => View): boolean[] {
  const side = play.ops[step.op]!.side!
  const where = placeOf(play, step)
  const numbers = new Map(
    [...step.inputs, step.output].map((id) => [id, inOrder(read(id), play.shape(id))]),
  )
  const get: Get = (id, at) => numbers.get(id)![at]!
  const elements = Array.from({ length: countOf(where.outputShape) }, (_, at) =>
    unflat(at, where.outputShape),
  )
  if (side[0] === 'branches') return elements.flatMap((at) => branches(where, at, get))
  const tested = { ...where, formula: { ...where.formula, element: side as Declared } }
  return elements.map((at) => Boolean(evaluate(place(tested, at), get)))
}

/** What the comparisons in the local derivatives come to, such as which is the largest. */
function branches(where: Place, at: readonly number[], get: Get): boolean[] {
  return where.inputs.flatMap((_, argument) =>
    placeLocal(where, argument, at).flatMap(([, local]) => comparisons(local, get)),
  )
}

function comparisons(node: Placed, get: Get): boolean[] {
  if (node[0] === 'number' || node[0] === 'leaf') return []
  const [head, ...args] = node
  if (head === 'gt' || head === 'ge' || head === 'eq') return [Boolean(evaluate(node, get))]
  return args.flatMap((arg) => comparisons(arg, get))
}

function inOrder(view: View, shape: Shape): Float64Array {
  return Float64Array.from(positions(spread(view, shape)), (place) => view.data[place]!)
}
