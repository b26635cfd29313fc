// What a kernel is: an op's forward rule, bound once to the arrays it reads and writes.

import { type Item, PlayError, type Shape, type View } from '../layout'
import type { Json, Params } from '../tape'

export type Apply = () => void

/** Where a kernel is bound. The output lies in order in an array of its own. */
export interface Site {
  readonly inputs: readonly View[]
  readonly output: View
  readonly params: Params
}

/** The named sizes that a tape is played at. */
export type Sizes = Readonly<Record<string, number>>

interface Shaped {
  /** The output's shape. Throws PlayError where the inputs do not fit together. */
  readonly shape: (inputs: readonly Shape[], params: Params, sizes: Sizes) => Shape
}

/** An op that computes. All it needs while playing is worked out in `bind`. */
export interface Computing extends Shaped {
  readonly bind: (site: Site) => Apply
}

/**
 * An op that gives another look at its first input's memory, or null where it needs that input
 * to lie in order and it does not.
 */
export interface Viewing extends Shaped {
  readonly view: (input: View, shape: Shape, params: Params) => View | null
}

export type Kernel = Computing | Viewing

export function numberOf(params: Params, name: string): number {
  const found = params[name]
  return typeof found === 'number' ? found : refuse(name, 'a number', found)
}

export function flagOf(params: Params, name: string): boolean {
  const found = params[name]
  return typeof found === 'boolean' ? found : refuse(name, 'true or false', found)
}

export function textOf(params: Params, name: string): string {
  const found = params[name]
  return typeof found === 'string' ? found : refuse(name, 'a text', found)
}

export function numbersOf(params: Params, name: string): readonly number[] {
  const found = params[name]
  const fits = Array.isArray(found) && found.every((each) => typeof each === 'number')
  return fits ? (found as readonly number[]) : refuse(name, 'a list of whole numbers', found)
}

export function axesOf(params: Params): readonly number[] {
  const found = params['axes']
  const fits = Array.isArray(found) && found.every((axis) => typeof axis === 'number')
  return fits ? (found as readonly number[]) : refuse('axes', 'a list of whole numbers', found)
}

/** Basic indexing: per axis a whole number, or start, stop and step (null where left out). */
export function itemsOf(params: Params): readonly Item[] {
  const found = params['index']
  const part = (item: Json): boolean => item === null || typeof item === 'number'
  const fits =
    Array.isArray(found) &&
    found.every(
      (item: Json) =>
        typeof item === 'number' ||
        (Array.isArray(item) && item.length === 3 && item.every((each: Json) => part(each))),
    )
  return fits ? (found as readonly Item[]) : refuse('index', 'whole numbers and slices', found)
}

function refuse(name: string, wanted: string, found: Json | undefined): never {
  throw new PlayError(`param ${name} must be ${wanted}, not ${JSON.stringify(found)}`)
}
