// The numbers that placed trees stand for.

import { erf } from './erf'
import type { Placed } from './formula'
import { power } from './kernels/elementwise'

const FUNCTIONS = {
  add: (a: number, b: number) => a + b,
  sub: (a: number, b: number) => a - b,
  mul: (a: number, b: number) => a * b,
  div: (a: number, b: number) => a / b,
  pow: power,
  neg: (a: number) => -a,
  exp: Math.exp,
  log: Math.log,
  sqrt: Math.sqrt,
  tanh: Math.tanh,
  erf,
  abs: Math.abs,
  max: Math.max,
  min: Math.min,
  gt: (a: number, b: number) => Number(a > b),
  ge: (a: number, b: number) => Number(a >= b),
  eq: (a: number, b: number) => Number(a === b),
} as const satisfies Record<string, (...numbers: number[]) => number>

/** Arithmetic, named functions and tests: what is applied to numbers and gives one. */
export type Operation = keyof typeof FUNCTIONS

/** A test on numbers in slots, as a reason declares it. */
export type Test =
  | readonly ['number', number]
  | readonly ['slot', string]
  | readonly [Operation, ...Test[]]

/** The number at a flat index of a value. */
export type Get = (value: number, at: number) => number

/** Takes the branch of every `cases` that the numbers choose. */
export function choose(node: Placed, get: Get): Placed {
  if (node[0] === 'number' || node[0] === 'leaf') return node
  if (node[0] === 'cases') return choose(evaluate(node[1], get) ? node[2] : node[3], get)
  const [head, ...args] = node
  return [head, ...args.map((arg) => choose(arg, get))]
}

/** The number a placed tree stands for. */
export function evaluate(node: Placed, get: Get): number {
  if (node[0] === 'number') return node[1]
  if (node[0] === 'leaf') return get(node[1], node[2])
  if (node[0] === 'cases') return evaluate(evaluate(node[1], get) ? node[2] : node[3], get)
  const [head, ...args] = node
  const numbers = args.map((arg) => evaluate(arg, get))
  if (head === 'terms') return exactSum(numbers)
  const f: (...numbers: number[]) => number = FUNCTIONS[head]
  return f(...numbers)
}

/** The sum of the numbers, rounded once (Shewchuk 1997), as Python's math.fsum gives it. */
export function exactSum(numbers: readonly number[]): number {
  if (!numbers.every(Number.isFinite)) return numbers.reduce((sum, x) => sum + x, 0)
  let partials: number[] = []
  for (const number of numbers) {
    let x = number
    const next: number[] = []
    for (const partial of partials) {
      const [large, small] = Math.abs(x) < Math.abs(partial) ? [partial, x] : [x, partial]
      const high = large + small
      const low = small - (high - large)
      if (low) next.push(low)
      x = high
    }
    partials = [...next, x]
  }
  return partials.reduce((sum, partial) => sum + partial, 0)
}

/** Every leaf, left to right. */
export function leaves(node: Placed): [value: number, at: number][] {
  if (node[0] === 'number') return []
  if (node[0] === 'leaf') return [[node[1], node[2]]]
  const [, ...args] = node
  return args.flatMap(leaves)
}
