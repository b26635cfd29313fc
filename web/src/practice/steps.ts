// The steps of an exercise written out: in names, with the numbers, and what they come to.

import type { Session } from '../session/session.svelte'
import { inNames, inNumbers, nameOf } from '../text/explain'
import { enough } from '../text/numbers'
import type { Element } from '../text/play'
import { numberTex, toTex } from '../text/tex'

/** Every number that a person works out, in order, by its name. */
export function elements(session: Session): Map<string, Element> {
  return new Map(
    session.trace.worked.flatMap(({ value }) =>
      Array.from(session.values(value), (_, at) => [session.label(value, at), { id: value, at }] as const),
    ),
  )
}

/** What is computed, forwards: one formula for each number. */
export function story(session: Session): { readonly name: string; readonly tex: string }[] {
  return session.trace.worked
    .filter(({ phase }) => phase === 'forward' || phase === 'loss')
    .flatMap(({ value: id }) =>
      Array.from(session.values(id), (_, at) => ({
        name: session.label(id, at),
        tex: written(session, { id, at }).symbols,
      })),
    )
}

/** The numbers that the computation starts from, by how they are written. */
export function leaves(session: Session): { readonly name: string; readonly number: number }[] {
  const roles = ['input', 'target', 'parameter', 'hyperparameter', 'optimizer state']
  return roles.flatMap((role) =>
    session.find.leaves
      .filter((leaf) => leaf.role === role && leaf.name)
      .flatMap(({ id }) =>
        Array.from(session.values(id), (number, at) => ({
          name: session.symbol(session.label(id, at)),
          number,
        })),
      ),
  )
}

export interface Written {
  /** The step in names. */
  readonly symbols: string
  /** The same with its numbers; null where it has none of its own. */
  readonly numbers: string | null
  readonly result: string
}

/** One step in LaTeX. */
export function written(session: Session, { id, at }: Element): Written {
  const tree = session.formula(id, at)
  const result = session.number(id, at)
  const { into, out } = enough({ tree, result }, (value, n) => session.number(value, n))
  const symbols = toTex(tree, inNames(session))
  const numbers = toTex(tree, inNumbers(session, into))
  const end = numberTex(result, out)
  return {
    symbols: `${nameOf(session, id, at)} = ${symbols}`,
    numbers: numbers === symbols || numbers === end ? null : numbers,
    result: end,
  }
}

/** A whole step on one line: name = formula = numbers = result. */
export function worked(session: Session, element: Element): string {
  const { symbols, numbers, result } = written(session, element)
  return [symbols, ...(numbers === null ? [] : [numbers]), result].join(' = ')
}
