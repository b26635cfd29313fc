// Ops that work element by element; inputs broadcast against each other.

import { broadcast, inOrder, positions, sameShape, type Shape, spread, type View } from '../layout'
import type { Params } from '../tape'
import { type Apply, axesOf, type Computing, numberOf, type Site } from './kernel'
import { ADD, DIV, type Loops, loopsOf, MUL, SUB } from './loops'
import { tanhInto } from './tanh'

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
const UNARY: Readonly<Record<string, (x: number) => number>> = {
  neg: (x) => -x,
  exp: Math.exp,
  log: Math.log,
  sqrt: Math.sqrt,
  abs: Math.abs,
  sign: Math.sign,
  relu: (x) => Math.max(x, 0),
  sigmoid,
  softplus,
}

/** Loops over two arrays, by op name. Tests give 1 or 0. */
const BINARY: Readonly<Record<string, Loops>> = {
  add: ADD,
  sub: SUB,
  mul: MUL,
  div: DIV,
  pow: loopsOf(power),
  maximum: loopsOf(Math.max),
  minimum: loopsOf(Math.min),
  gt: loopsOf((a, b) => (a > b ? 1 : 0)),
  ge: loopsOf((a, b) => (a >= b ? 1 : 0)),
  eq: loopsOf((a, b) => (a === b ? 1 : 0)),
}

function bindUnary(f: (x: number) => number, { inputs: [input], output }: Site): Apply {
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

function bindTanh({ inputs: [input], output }: Site): Apply {
  const { data, shape } = output
  if (covers(input!, shape)) return () => tanhInto(input!.data, 0, data, 0, data.length)
  const copy = bindUnary((x) => x, { inputs: [input!], output, params: {} })
  return () => {
    copy()
    tanhInto(data, 0, data, 0, data.length)
  }
}

function bindSquare({ inputs: [input], output }: Site): Apply {
  return bindBinary(MUL, { inputs: [input!, input!], output, params: {} })
}

function bindBinary(loops: Loops, { inputs, output: { shape, data } }: Site): Apply {
  const [a, b] = inputs.map((view) => spread(view, shape)) as [View, View]
  if (covers(a, shape) && covers(b, shape)) return loops.side(a.data, b.data, data)
  return loops.placed(a.data, positions(a), b.data, positions(b), data)
}

/** Whether element i of the shape is element i of the view's memory. */
function covers(view: View, shape: Shape): boolean {
  return view.offset === 0 && sameShape(view.shape, shape) && inOrder(view)
}

function bindWhere({ inputs, output }: Site): Apply {
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
  return (x) => (x <= 0 ? (x === 0 ? atZero : 0) : 1)
}

function leaky(params: Params): (x: number) => number {
  const slope = numberOf(params, 'negative_slope')
  return (x) => (x > 0 ? x : x * slope)
}

/** How many were averaged: what `divide_by_count` divides by. */
export function countBy({ inputs: [, like], params }: Site): number {
  return axesOf(params).reduce((product, axis) => product * like!.shape.at(axis)!, 1)
}

const divideByCount: Computing = {
  shape: sameAsFirst,
  bind(site) {
    const many = countBy(site)
    return bindUnary((x) => x / many, site)
  },
}

const entriesOf = <T>(
  functions: Readonly<Record<string, T>>,
  kernel: (f: T, name: string) => Computing,
) => Object.fromEntries(Object.entries(functions).map(([name, f]) => [name, kernel(f, name)]))

export const ELEMENTWISE: Readonly<Record<string, Computing>> = {
  ...entriesOf(UNARY, (f) => unary(() => f)),
  ...entriesOf(BINARY, (loops, name) => ({
    shape: ([a, b]) => broadcast(name, a!, b!),
    bind: (site) => bindBinary(loops, site),
  })),
  square: { shape: sameAsFirst, bind: bindSquare },
  tanh: { shape: sameAsFirst, bind: bindTanh },
  heaviside: unary(gate),
  leaky_relu: unary(leaky),
  divide_by_count: divideByCount,
  where: { shape: (inputs) => broadcast('where', ...inputs), bind: bindWhere },
}
