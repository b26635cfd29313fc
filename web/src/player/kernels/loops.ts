// Loops over two arrays. The four rules of arithmetic have loops of their own: a loop that is
// shared calls a function for every element, which takes five times as long.

import type { Apply } from './kernel'

type Numbers = Float64Array
type Places = Int32Array

/** How two arrays are combined, element by element. */
export interface Loops {
  /** Element i of each. */
  readonly side: (a: Numbers, b: Numbers, out: Numbers) => Apply
  /** The elements at these places. */
  readonly placed: (a: Numbers, aAt: Places, b: Numbers, bAt: Places, out: Numbers) => Apply
}

/** Loops that apply any function. */
export function loopsOf(f: (a: number, b: number) => number): Loops {
  return {
    side: (a, b, out) => () => {
      for (let i = 0; i < out.length; i++) out[i] = f(a[i]!, b[i]!)
    },
    placed: (a, aAt, b, bAt, out) => () => {
      for (let i = 0; i < out.length; i++) out[i] = f(a[aAt[i]!]!, b[bAt[i]!]!)
    },
  }
}

export const ADD: Loops = {
  side: (a, b, out) => () => {
    for (let i = 0; i < out.length; i++) out[i] = a[i]! + b[i]!
  },
  placed: (a, aAt, b, bAt, out) => () => {
    for (let i = 0; i < out.length; i++) out[i] = a[aAt[i]!]! + b[bAt[i]!]!
  },
}

export const SUB: Loops = {
  side: (a, b, out) => () => {
    for (let i = 0; i < out.length; i++) out[i] = a[i]! - b[i]!
  },
  placed: (a, aAt, b, bAt, out) => () => {
    for (let i = 0; i < out.length; i++) out[i] = a[aAt[i]!]! - b[bAt[i]!]!
  },
}

export const MUL: Loops = {
  side: (a, b, out) => () => {
    for (let i = 0; i < out.length; i++) out[i] = a[i]! * b[i]!
  },
  placed: (a, aAt, b, bAt, out) => () => {
    for (let i = 0; i < out.length; i++) out[i] = a[aAt[i]!]! * b[bAt[i]!]!
  },
}

export const DIV: Loops = {
  side: (a, b, out) => () => {
    for (let i = 0; i < out.length; i++) out[i] = a[i]! / b[i]!
  },
  placed: (a, aAt, b, bAt, out) => () => {
    for (let i = 0; i < out.length; i++) out[i] = a[aAt[i]!]! / b[bAt[i]!]!
  },
}
