// The paths of a network with one hidden layer over training: weight × weight from each input
// through each hidden unit to each output, and the same with the hidden unit's gate for one sample.

import { evaluate, type Moved, type Place, place, placeLocal } from '../player/formula'
import type { Step } from '../player/tape'
import type { Play } from '../text/play'
import type { Series } from '../training/history'

/** A network of two weighted sums with one activation between them, by value ids. */
export interface HiddenLayer {
  readonly x: number
  readonly first: number
  readonly bias: number | null
  readonly activation: Step
  readonly second: number
  readonly inputs: number
  readonly units: number
  readonly outputs: number
}

export interface Strength {
  /** "x₀ → unit 2 → output 0" as indices. */
  readonly input: number
  readonly unit: number
  readonly output: number
  readonly plain: Series
  readonly gated: Series
}

/** A parameter's number over the iterations. */
type Over = (id: number, at: number) => Series

/** The hidden layer, where there is exactly one; else null. */
export function hiddenLayer(play: Play): HiddenLayer | null {
  const { tape, find } = play
  const forward = tape.steps.filter(({ phase }) => phase === 'forward')
  const isParameter = (id: number): boolean => tape.values[id]!.role === 'parameter'
  const sums = forward.filter(({ op, inputs }) => op === 'matmul' && isParameter(inputs[1]!))
  const [one, two] = sums
  if (sums.length !== 2 || tape.values[one!.inputs[0]!]!.role !== 'input') return null
  const after = (id: number): Step | undefined =>
    find.uses.get(id)?.find(({ step: { phase } }) => phase === 'forward')?.step
  const next = after(one!.output)
  const added = next?.op === 'add' && isParameter(next.inputs[1]!) ? next : null
  const activation = added ? after(added.output) : next
  if (activation?.inputs.length !== 1 || activation.output !== two!.inputs[0]) return null
  const [inputs, units] = play.shape(one!.inputs[1]!) as [number, number]
  return {
    x: one!.inputs[0]!,
    first: one!.inputs[1]!,
    bias: added?.inputs[1] ?? null,
    activation,
    second: two!.inputs[1]!,
    inputs,
    units,
    outputs: play.shape(two!.inputs[1]!)[1]!,
  }
}

/** Every path's strength, the strongest now first. */
export function strengthsOf(play: Play, layer: HiddenLayer, row: number, over: Over): Strength[] {
  const { x, first, bias, second, inputs, units, outputs } = layer
  const into = indices(inputs).map((i) => indices(units).map((j) => over(first, i * units + j)))
  const sample = indices(inputs).map((i) => play.number(x, row * inputs + i))
  const gates = indices(units).map((j) => {
    const { every, values } = into[0]![j]!
    const b = bias === null ? null : over(bias, j)
    const z = values.map((_, n) =>
      sample.reduce((sum, xi, i) => sum + xi * into[i]![j]!.values[n]!, b ? b.values[n]! : 0),
    )
    return { every, values: z.map((number) => slope(play, layer.activation, number)) }
  })
  return indices(inputs)
    .flatMap((input) =>
      indices(units).flatMap((unit) =>
        indices(outputs).map((output): Strength => {
          const plain = times(into[input]![unit]!, over(second, unit * outputs + output))
          return { input, unit, output, plain, gated: times(plain, gates[unit]!) }
        }),
      ),
    )
    .toSorted((a, b) => Math.abs(lastOf(b.plain)) - Math.abs(lastOf(a.plain)))
}

/** An activation moves no numbers. */
const NOTHING: Moved = { source: () => null, added: () => [] }

/** The activation's local derivative at a number, from its own formula. */
function slope(play: Play, { op, params }: Step, z: number): number {
  const where: Place = {
    formula: play.ops[op]!.formula,
    inputs: [0],
    inputShapes: [[1]],
    output: 1,
    outputShape: [1],
    params,
    whole: () => z,
    moves: NOTHING,
  }
  const a = evaluate(place(where, [0]), () => z)
  const [found] = placeLocal(where, 0, [0])
  return found ? evaluate(found[1], (id) => (id === 0 ? z : a)) : Number.NaN
}

function times(a: Series, b: Series): Series {
  return { every: a.every, values: a.values.map((value, n) => value * b.values[n]!) }
}

export function lastOf({ values }: Series): number {
  return values.at(-1) ?? 0
}

function indices(count: number): number[] {
  return Array.from({ length: count }, (_, n) => n)
}
