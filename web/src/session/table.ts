// The numbers of one iteration in rows: a value, its gradient, what it is after the update.

import type { Role } from '../player/tape'
import type { Session } from './session.svelte'

/** A value and what belongs to it, by id; null where there is none. */
export interface TableRow {
  readonly value: number
  readonly gradient: number | null
  readonly after: number | null
}

export interface TableGroup {
  readonly title: string
  readonly rows: readonly TableRow[]
}

const GIVEN: readonly (readonly [title: string, roles: readonly Role[]])[] = [
  ['inputs and targets', ['input', 'target']],
  ['parameters, before the update', ['parameter', 'optimizer state']],
  ['settings', ['hyperparameter']],
]

/** Every value of the session's grain, in the groups in which they are met. */
export function tableOf({ tape, find, steps }: Session): TableGroup[] {
  const after = new Map(tape.carries)
  const told = new Set<number>()
  const row = (value: number): TableRow => {
    const found = { value, gradient: find.gradients.get(value) ?? null, after: after.get(value) ?? null }
    for (const id of Object.values(found)) if (id !== null) told.add(id)
    return found
  }
  const given = GIVEN.map(([title, roles]) => ({
    title,
    rows: find.leaves.filter(({ name, role }) => name && roles.includes(role)).map(({ id }) => row(id)),
  }))
  const made = ['forward', 'loss', 'backward', 'update'].map((title) => ({
    title,
    rows: steps
      .filter(({ phase, value }) => phase === title && !told.has(value) && !isGradient(value))
      .map(({ value }) => row(value)),
  }))
  const rest = steps.filter(({ value }) => isGradient(value) && !told.has(value))
  const backward = made.find(({ title }) => title === 'backward')!
  backward.rows.push(...rest.map(({ value }) => row(value)))
  return [...given, ...made].filter(({ rows }) => rows.length)

  function isGradient(id: number): boolean {
    return tape.values[id]!.gradient_of !== undefined
  }
}
