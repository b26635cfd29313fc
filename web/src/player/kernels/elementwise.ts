// Ops that work element by element; inputs broadcast against each other.

import { broadcast, inOrder, positions, sameShape, type Shape, spread, type View } from '../layout'
import type { Params } from '../tape'
import { axesOf, type Computing, numberOf, type Play, type Site } from './kernel'

/** `a` to the power `b`, as IEEE 754 and NumPy have it: 1 to any power is 1, even to NaN. */
export function power(a: number, b: number): number {
  if (a === 1 || (a === -1 && Math.abs(b) === Number.POSITIVE_INFINITY)) return 1
  return a ** b
}

export function sigmoid(x: number): number {
  return 1 / (1 + Math.exp(-x))
}

export function softplus(x: number): number {
  return Math.max(0, x) + Math.log1p(Math.exp(-Math.abs(x)))
}

/** The functions of one number, by op name. */
export const UNARY: Readonly<Record<string, (x: number) => number>> = {
  neg: (x) => -x,
  square: (x) => x * x,
  exp: Math.exp,
  log: Math.log,
  sqrt: Math.sqrt,
  abs: Math.abs,
  sign: Math.sign,
  relu: (x) => Math.max(x, 0),
  sigmoid,
  tanh: Math.tanh,
  softplus,
}

/** The functions of two numbers, by op name. Tests give 1 or 0. */
export const BINARY: Readonly<Record<string, (a: number, b: number) => number>> = {
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b) => a * b,
  div: (a, b) => a / b,
  pow: power,
  maximum: Math.max,
  minimum: Math.min,
  gt: (a, b) => (a > b ? 1 : 0),
  ge: (a, b) => (a >= b ? 1 : 0),
  eq: (a, b) => (a === b ? 1 : 0),
}

function bindUnary(f: (x: number) => number, { inputs: [input], output }: Site): Play {
  const x = input!.data
  const out = output.data
  if (covers(input!, output.shape))
    return () => {
      for (let i = 0; i < out.length; i++) out[i] = f(x[i]!)
    }
  const at = positions(input!)
  return () => {
    for (let i = 0; i < out.length; i++) out[i] = f(x[at[i]!]!)
  }
}

function bindBinary(f: (a: number, b: number) => number, site: Site): Play {
  const { shape, data: out } = site.output
  const [left, right] = site.inputs.map((view) => spread(view, shape)) as [View, View]
  const a = left.data
  const b = right.data
  const direct = [covers(left, shape), covers(right, shape)]
  if (direct[0] && direct[1])
    return () => {
      for (let i = 0; i < out.length; i++) out[i] = f(a[i]!, b[i]!)
    }
  if (direct[0] && single(right))
    return () => {
      const second = b[right.offset]!
      for (let i = 0; i < out.length; i++) out[i] = f(a[i]!, second)
    }
  if (single(left) && direct[1])
    return () => {
      const first = a[left.offset]!
      for (let i = 0; i < out.length; i++) out[i] = f(first, b[i]!)
    }
  const aAt = positions(left)
  const bAt = positions(right)
  return () => {
    for (let i = 0; i < out.length; i++) out[i] = f(a[aAt[i]!]!, b[bAt[i]!]!)
  }
}

/** Whether element i of the shape is element i of the view's memory. */
export function covers(view: View, shape: Shape): boolean {
  return view.offset === 0 && sameShape(view.shape, shape) && inOrder(view)
}

/** Whether all elements are one and the same. */
export function single(view: View): boolean {
  return view.strides.every((stride, i) => stride === 0 || view.shape[i] === 1)
}

function bindWhere({ inputs, output }: Site): Play {
  const [test, a, b] = inputs as [View, View, View]
  const testAt = positions(spread(test, output.shape))
  const aAt = positions(spread(a, output.shape))
  const bAt = positions(spread(b, output.shape))
  const out = output.data
  return () => {
    for (let i = 0; i < out.length; i++)
      out[i] = test.data[testAt[i]!] ? a.data[aAt[i]!]! : b.data[bAt[i]!]!
  }
}

const sameAsFirst = ([x]: readonly Shape[]): Shape => x!

/** A kernel that applies a function to each element. */
export function unary(f: (params: Params) => (x: number) => number): Computing {
  return { shape: sameAsFirst, bind: (site) => bindUnary(f(site.params), site) }
}

function gate(params: Params): (x: number) => number {
  const atZero = numberOf(params, 'at_zero')
  return (x) => (x > 0 ? 1 : x === 0 ? atZero : 0)
}

function leaky(params: Params): (x: number) => number {
  const slope = numberOf(params, 'negative_slope')
  return (x) => (x > 0 ? x : x * slope)
}

const divideByCount: Computing = {
  shape: sameAsFirst,
  bind(site) {
    const [, like] = site.inputs
    const many = axesOf(site.params).reduce((n, axis) => n * like!.shape.at(axis)!, 1)
    return bindUnary((x) => x / many, site)
  },
}

const entriesOf = <T>(
  functions: Readonly<Record<string, T>>,
  kernel: (f: T, name: string) => Computing,
) => Object.fromEntries(Object.entries(functions).map(([name, f]) => [name, kernel(f, name)]))

export const ELEMENTWISE: Readonly<Record<string, Computing>> = {
  ...entriesOf(UNARY, (f) => unary(() => f)),
  ...entriesOf(BINARY, (f, name) => ({
    shape: ([a, b]) => broadcast(name, a!, b!),
    bind: (site) => bindBinary(f, site),
  })),
  heaviside: unary(gate),
  leaky_relu: unary(leaky),
  divide_by_count: divideByCount,
  where: { shape: (inputs) => broadcast('where', ...inputs), bind: bindWhere },
}
