// The columns of a layered network's graph: its named values, in order, and what each is made with.

import type { GraphNode, Kind } from './drawing'
import { madeValues, type Structure, stepWords, unitsOf } from './structure'

/** A value of the network: its units side by side. */
export interface Column {
  readonly value: number
  readonly kind: Kind
  readonly text: string
  readonly units: number
  readonly folded: boolean
  /** What its units are called, where they have names. */
  readonly names: readonly string[]
  readonly weight: number | null
  readonly bias: number | null
  /** The values it is made from. */
  readonly parents: readonly number[]
  /** Whether each unit is made from the one beside it alone. */
  readonly pointwise: boolean
}

/** A column and where its units stand. */
export interface Placed extends Column {
  readonly nodes: readonly GraphNode[]
}

/** Values that a network's graph would show in columns, and how many numbers they are. */
export function layers(structure: Structure): { value: number; units: number }[] {
  return columnsOf(structure, new Set()).map(({ value, units }) => ({ value, units }))
}

/** The columns, in the order of the forward pass; the target comes last. */
export function columnsOf(structure: Structure, folded: ReadonlySet<number>): Column[] {
  const { tape, find, trace } = structure
  const roleOf = (id: number): string => tape.values[id]!.role
  const leaf = (name: string, kind: Kind, text: string, names: readonly string[]): Column[] => {
    const value = find.byName.get(name)
    if (value === undefined) return []
    const units = unitsOf(structure, value)
    const none = { weight: null, bias: null, parents: [], pointwise: false }
    const named = units > 1 ? names : []
    return [{ value, kind, text, units, names: named, folded: folded.has(value), ...none }]
  }
  const { feature_names, target_names } = trace.dataset!
  const made = madeValues(structure).map(({ step, inputs }): Column => {
    const { value } = step
    const parameters = inputs.filter((id) => roleOf(id) === 'parameter')
    const units = value === tape.loss ? 1 : unitsOf(structure, value)
    return {
      value,
      kind: value === tape.loss ? 'loss' : 'unit',
      text: stepWords(structure, step),
      units,
      folded: folded.has(value),
      names: step.name === 'yhat' && units > 1 ? target_names : [],
      weight: parameters.find((id) => structure.shape(id).length === 2) ?? null,
      bias: parameters.find((id) => structure.shape(id).length === 1) ?? null,
      parents: [...new Set(inputs.filter((id) => !['parameter', 'constant'].includes(roleOf(id))))],
      pointwise: parameters.length === 0 && step.part.at(-1) !== 'softmax',
    }
  })
  return [
    ...leaf('x', 'input', 'input x', feature_names),
    ...made,
    ...leaf('t', 'target', 'target t', target_names),
  ]
}
