// On which side of their corners the numbers that go into a step are, so that a nudge across one
// can be told. The twin of the ops' `side` in src/whygrad/engine/ops.

import { evaluate, type Get, type Placed, placeLocal, unflat } from '../player/formula'
import { numberOf } from '../player/kernels/kernel'
import { countOf, positions, type Shape, spread, type View } from '../player/layout'
import type { Params, Step } from '../player/tape'
import { placeOf } from '../text/expression'
import type { Play } from '../text/play'

type Side = (inputs: readonly number[], params: Params) => boolean

const aboveZero: Side = ([x]) => x! > 0
const above: Side = ([a, b]) => a! > b!

/** Ops that work element by element: the side is told by the numbers that meet there. */
const SIDES: Readonly<Record<string, Side>> = {
  relu: aboveZero,
  leaky_relu: aboveZero,
  elu: aboveZero,
  abs: aboveZero,
  maximum: above,
  minimum: above,
  clamp_min: ([x], params) => x! > numberOf(params, 'min'),
  clamp_max: ([x], params) => x! < numberOf(params, 'max'),
}
/** Where these have no derivative their domain ends: there is no other side to cross to. */
const AT_AN_EDGE = new Set(['pow', 'sqrt', 'binary_cross_entropy'])

/** Whether an op has corners. */
export function hasCorners(play: Play, { op }: Step): boolean {
  return play.ops[op]!.kinks !== '' && !AT_AN_EDGE.has(op)
}

/** Which side each number of a step is on; of two plays, a difference is a corner crossed. */
export function sidesOf(play: Play, step: Step, read: (id: number) => View): boolean[] {
  const shape = play.shape(step.output)
  const side = SIDES[step.op]
  if (!side) return branches(play, step, read)
  const inputs = step.inputs.map((id) => inOrder(read(id), shape))
  return Array.from({ length: countOf(shape) }, (_, at) =>
    side(
      inputs.map((numbers) => numbers[at]!),
      step.params,
    ),
  )
}

/** What the comparisons in the local derivatives come to, such as which is the largest. */
function branches(play: Play, step: Step, read: (id: number) => View): boolean[] {
  const shape = play.shape(step.output)
  const where = placeOf(play, step)
  const get: Get = (id, at) => read(id).data[at]!
  return Array.from({ length: countOf(shape) }, (_, at) => unflat(at, shape)).flatMap((at) =>
    step.inputs.flatMap((_, argument) =>
      placeLocal(where, argument, at).flatMap(([, local]) => comparisons(local, get)),
    ),
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
