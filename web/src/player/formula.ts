// Formulas as data: one element of an op's output, and its local derivatives. The twin of
// src/whygrad/engine/formula, with the same trees, index maps and ranges.
//
// Here are the trees and how a declared one becomes a placed one; evaluate.ts and python.ts read
// placed ones.
//
// A declared tree speaks of any element: of `in` and `out` elements by index maps, of `sum` over a
// range. A placed tree speaks of one: of `leaf` elements (value id, flat index) and `terms`.

import { equationOf, letterSizes } from './equation'
import type { Operation } from './evaluate'
import { axesOf, flagOf, numberOf, numbersOf, textOf } from './kernels/kernel'
import { axisSet, PlayError, type Shape } from './layout'
import { uniform } from './random'
import type { Params } from './tape'
import { covering, everyIndex, type Role, type Tap, taps, window } from './windows'

export * from './evaluate'
export * from './python'

export type Index = readonly number[]

/** Names the input element that an output element depends on: ["same"], ["merge", "r"], … */
export type IndexMap = readonly [kind: string, ...rest: (string | number)[]]

/** What a variable runs through: ["axis", 0, -1], ["reduced", 0], … */
export type Range = readonly [kind: string, argument?: number, ...rest: (string | number)[]]

export type Declared =
  | readonly ['number', number]
  | readonly ['in', argument: number, IndexMap]
  | readonly ['out', IndexMap]
  | readonly ['param', string]
  | readonly ['count', Range]
  | readonly ['delta', variable: string]
  | readonly ['moved', otherwise: Declared]
  | readonly ['place', axis: string]
  | readonly ['uniform', turn: number]
  | readonly ['wins', argument: number, IndexMap, Range]
  | readonly ['factors' | 'other_factors', variable: string]
  | readonly ['sum' | 'largest', variable: string, Range, Declared]
  | readonly ['cases', test: Declared, then: Declared, otherwise: Declared]
  | readonly [Operation, ...Declared[]]

export type Placed =
  | readonly ['number', number]
  | readonly ['leaf', value: number, at: number]
  | readonly ['terms', ...Placed[]]
  | readonly ['cases', test: Placed, then: Placed, otherwise: Placed]
  | readonly [Operation, ...Placed[]]

/** How one input enters the output: which of its elements, and the local derivative there. */
export interface FormulaUse {
  readonly local: Declared
  readonly index: IndexMap
  readonly over: readonly (readonly [variable: string, Range])[]
}

/** An op's arithmetic for one element, as the op's row declares it. */
export interface Formula {
  readonly element: Declared
  readonly axes: readonly string[]
  readonly uses: readonly (FormulaUse | null)[]
}

/** Which elements an op that only moves numbers moves where (moves.ts). */
export interface Moved {
  /** The input, and the position in it, of what stands at a position of the output. */
  source(at: number): readonly [argument: number, at: number] | null
  /** The positions in the first input of what is added up at one of the output. */
  added(reader: string, at: number): readonly number[]
}

/** Where a formula is placed: the ids and shapes around one step. */
export interface Place {
  readonly formula: Formula
  readonly inputs: readonly number[]
  readonly inputShapes: readonly Shape[]
  readonly output: number
  readonly outputShape: Shape
  readonly params: Params
  /** The whole number at a flat index of an input, for ops that draw by it. */
  readonly whole: (argument: number, at: number) => number
  /** For ops that only move numbers. */
  readonly moves: Moved
}

/** What variables stand for: a place along one axis, an index over several, what meets. */
type Bound = ReadonlyMap<string, number | Index | Tap>

// --- placing: from "any element" to "this one" -------------------------------------------------

/** The placed tree of the output element at index `at`. */
export function place(where: Place, at: Index): Placed {
  return placed(where.formula.element, where, at, axisNames(where.formula, at))
}

/** The input index and the placed local derivative, for all that output `at` depends on. */
export function placeLocal(where: Place, argument: number, at: Index): [Index, Placed][] {
  const { uses } = where.formula
  const use = uses[Math.min(argument, uses.length - 1)]
  if (!use) return []
  let bindings = [new Map([...axisNames(where.formula, at), ['argument', argument] as const])]
  for (const [variable, over] of use.over)
    bindings = bindings.flatMap((names) =>
      range(over, where, at, names).map((item) => new Map([...names, [variable, item]])),
    )
  return bindings.flatMap((names): [Index, Placed][] => {
    const index = mapped(use.index, where, argument, at, names)
    return index ? [[index, placed(use.local, where, at, names)]] : []
  })
}

/** The position of an index in row-major order. */
export function flat(index: Index, shape: Shape): number {
  return index.reduce((position, i, axis) => position * shape[axis]! + i, 0)
}

/** The index at a row-major position. */
export function unflat(position: number, shape: Shape): Index {
  const index = new Array<number>(shape.length)
  let rest = position
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    index[axis] = rest % shape[axis]!
    rest = Math.floor(rest / shape[axis]!)
  }
  return index
}

function axisNames({ axes }: Formula, at: Index): Map<string, number | Index | Tap> {
  return new Map(axes.map((name, n) => [name, at[at.length - axes.length + n]!]))
}

function placed(node: Declared, where: Place, at: Index, names: Bound): Placed {
  switch (node[0]) {
    case 'number':
      return node
    case 'in':
      return inputLeaf(where, node[1], mapped(node[2], where, node[1], at, names)!)
    case 'out': {
      const index = applied(node[1], where, where.outputShape, at, names)
      return ['leaf', where.output, flat(index, where.outputShape)]
    }
    case 'param':
      return ['number', Number(where.params[node[1]])]
    case 'count':
      return ['number', range(node[1], where, at, names).length]
    case 'delta': // Kronecker's: 1 on the op's own place along its axis, else 0
      return ['number', Number(at.at(numberOf(where.params, 'axis')) === names.get(node[1]))]
    case 'moved': {
      const found = where.moves.source(flat(at, where.outputShape))
      if (!found) return placed(node[1], where, at, names)
      return ['leaf', where.inputs[found[0]]!, found[1]]
    }
    case 'place': // where along a named axis of the output
      return ['number', names.get(node[1]) as number]
    case 'uniform': {
      const position = flat(at, where.outputShape)
      const stream = `${textOf(where.params, 'stream')}/${where.whole(node[1], 0)}`
      const drawn = uniform(numberOf(where.params, 'seed'), stream, position + 1)
      return ['number', drawn[position]!]
    }
    case 'wins':
      return wins(node[1], mapped(node[2], where, node[1], at, names)!, where, () =>
        range(node[3], where, at, names),
      )
    case 'factors':
    case 'other_factors':
      return factors(where, at, names, node[0] === 'factors')
    case 'sum':
    case 'largest': {
      const [head, variable, over, body] = node
      const terms = range(over, where, at, names).map((item) =>
        placed(body, where, at, new Map([...names, [variable, item]])),
      )
      if (terms.length === 1) return terms[0]!
      if (head === 'largest') return ['max', ...terms]
      return terms.length ? ['terms', ...terms] : ['number', 0]
    }
    default: {
      const [head, ...args] = node
      const parts = args.map((arg) => placed(arg, where, at, names))
      const one = parts[1]?.[0] === 'number' && parts[1][1] === 1
      // a mean over one is that one
      if (head === 'div' && args[1]?.[0] === 'count' && one) return parts[0]!
      return [head, ...parts] as Placed
    }
  }
}

/** 1 where an element is the largest of its window, the first of several; else 0. */
function wins(argument: number, mine: Index, where: Place, over: () => readonly (number | Index | Tap)[]): Placed {
  const shape = where.inputShapes[argument]!
  const places = over().map((index) => flat(index as Index, shape))
  const leaves = places.map((at): Placed => ['leaf', where.inputs[argument]!, at])
  const here = places.indexOf(flat(mine, shape))
  const beats = (test: 'ge' | 'gt', rivals: Placed[], then: Placed): Placed => {
    if (!rivals.length) return then
    const most: Placed = rivals.length === 1 ? rivals[0]! : ['max', ...rivals]
    return ['cases', [test, leaves[here]!, most], then, ['number', 0]]
  }
  const later = beats('ge', leaves.slice(here + 1), ['number', 1])
  return beats('gt', leaves.slice(0, here), later)
}

/** The product of what meets in an einsum: of all inputs, or of all but one. */
function factors(where: Place, at: Index, names: Bound, every: boolean): Placed {
  const leaves = where.inputs.flatMap((_, n) =>
    every || n !== names.get('argument')
      ? [inputLeaf(where, n, lettered(where, n, at, names.get('r') as Index))]
      : [],
  )
  return leaves.length ? leaves.reduce((a, b): Placed => ['mul', a, b]) : ['number', 1]
}

/** The index into an input of an einsum: each letter's place in the output or in the sum. */
function lettered({ params }: Place, argument: number, at: Index, summed: Index): Index {
  const equation = equationOf(params)
  const places = [...at, ...summed]
  const letters = equation.result + equation.summed
  return [...equation.terms[argument]!].map((letter) => places[letters.indexOf(letter)]!)
}

function inputLeaf(where: Place, argument: number, index: Index): Placed {
  return ['leaf', where.inputs[argument]!, flat(index, where.inputShapes[argument]!)]
}

/** Broadcasts backwards: the index in `shape` that the output index `at` reads. */
function aligned(at: Index, shape: Shape): Index {
  const offset = at.length - shape.length
  return shape.map((size, i) => (size === 1 ? 0 : at[offset + i]!))
}

/** The index that a map names in an input, or null if it names none. */
function mapped(
  map: IndexMap,
  where: Place,
  argument: number,
  at: Index,
  names: Bound,
): Index | null {
  if (map[0] === 'moved') {
    const found = where.moves.source(flat(at, where.outputShape))
    return found?.[0] === argument ? unflat(found[1], where.inputShapes[argument]!) : null
  }
  if (map[0] === 'letters') return lettered(where, argument, at, names.get(String(map[1])) as Index)
  return applied(map, where, where.inputShapes[argument]!, at, names)
}

function applied(map: IndexMap, where: Place, shape: Shape, at: Index, names: Bound): Index {
  const [kind, ...rest] = map
  const { params } = where
  const rank = shape.length
  const indexOf = (name: string | number | undefined): Index => names.get(String(name)) as Index
  const placeOf = (name: string | number | undefined): number =>
    typeof name === 'number' ? name : (names.get(String(name)) as number)
  const alongAxis = (place: number, size = rank): Index =>
    at.with((numberOf(params, 'axis') + size) % size, place)
  switch (kind) {
    case 'same':
      return aligned(at, shape)
    case 'whole':
      return indexOf(rest[0])
    case 'axes': {
      const lead = at.slice(0, at.length - where.formula.axes.length)
      return [...aligned(lead, shape.slice(0, rank - rest.length)), ...rest.map(placeOf)]
    }
    case 'merge': {
      const axes = axisSet(axesOf(params), rank)
      const kept = at.filter((_, n) => !(flagOf(params, 'keepdims') && axes.has(n)))
      return shuffled(rank, axes, indexOf(rest[0]), kept)
    }
    case 'sibling': {
      const axes = axisSet(axesOf(params), rank)
      return shuffled(
        rank,
        axes,
        indexOf(rest[0]),
        at.filter((_, n) => !axes.has(n)),
      )
    }
    case 'row':
      return [...indexOf(rest[0]).slice(0, -1), placeOf(rest[1])]
    case 'replace':
      return alongAxis(placeOf(rest[0]), at.length)
    case 'tap':
      return (names.get(String(rest[0])) as Tap)[rest[1] as Role]
    default:
      throw new PlayError(`unknown index map ${kind}`)
  }
}

/** An index that takes from `inside` along some axes and from `outside` along the others. */
function shuffled(rank: number, axes: ReadonlySet<number>, inside: Index, outside: Index): Index {
  let taken = 0
  let kept = 0
  return Array.from({ length: rank }, (_, i) => (axes.has(i) ? inside[taken++]! : outside[kept++]!))
}

/** All that a variable runs through: numbers for one axis, indices for several. */
function range(over: Range, where: Place, at: Index, names: Bound): (number | Index | Tap)[] {
  const [kind, argument = 0, ...rest] = over
  const shape = where.inputShapes[argument]!
  switch (kind) {
    case 'letters': {
      const equation = equationOf(where.params)
      const sizes = letterSizes(equation, where.inputShapes)
      return indices([...equation.summed].map((letter) => upTo(sizes.get(letter)!)))
    }
    case 'upto': {
      const here = at.at(numberOf(where.params, 'axis'))!
      const every = upTo(shape.at(numberOf(where.params, 'axis'))!)
      return flagOf(where.params, 'reverse') ? every.slice(here) : every.slice(0, here + 1)
    }
    case 'window':
      return window(shape, where.params, rest.length ? (names.get(String(rest[0])) as Index) : at)
    case 'covering':
      return covering(shape, where.params, at)
    case 'kernel':
      return everyIndex(numbersOf(where.params, 'kernel_size')).map((_, n) => n)
    case 'taps': {
      const [first, second, made] = rest as [Role, Role, Role]
      const shapes = {
        [first]: shape,
        [second]: where.inputShapes[1]!,
        [made]: where.outputShape,
      } as Record<Role, Shape>
      return taps(shapes, where.params, made, at)
    }
    case 'axis': {
      const axis = typeof rest[0] === 'number' ? rest[0] : numberOf(where.params, String(rest[0]))
      return upTo(shape.at(axis)!)
    }
    case 'reduced': {
      const axes = axisSet(axesOf(where.params), shape.length)
      return indices(shape.filter((_, i) => axes.has(i)).map(upTo))
    }
    case 'rows':
      return indices(shape.slice(0, -1).map(upTo))
    case 'all':
      return indices(shape.map(upTo))
    case 'added':
      return where.moves
        .added(String(rest[0]), flat(at, where.outputShape))
        .map((found) => unflat(found, shape))
    default:
      throw new PlayError(`unknown range ${kind}`)
  }
}

function upTo(size: number): number[] {
  return Array.from({ length: size }, (_, i) => i)
}

/** Every index that takes one place from each axis, the last axis running fastest. */
function indices(axes: readonly number[][]): Index[] {
  return axes.reduce<number[][]>(
    (found, places) => found.flatMap((index) => places.map((i) => [...index, i])),
    [[]],
  )
}
