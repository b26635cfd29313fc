// Further functions of one number: the error function, ELU and the two halves of a clip.

import { erf } from '../erf'
import type { Params } from '../tape'
import { unary } from './elementwise'
import { type Computing, numberOf } from './kernel'

function elu(params: Params): (x: number) => number {
  const alpha = numberOf(params, 'alpha')
  return (x) => (x > 0 ? x : alpha * Math.expm1(x))
}

function atLeast(params: Params): (x: number) => number {
  const least = numberOf(params, 'min')
  return (x) => Math.max(x, least)
}

function atMost(params: Params): (x: number) => number {
  const most = numberOf(params, 'max')
  return (x) => Math.min(x, most)
}

export const CURVES: Readonly<Record<string, Computing>> = {
  erf: unary(() => erf),
  elu: unary(elu),
  clamp_min: unary(atLeast),
  clamp_max: unary(atMost),
}
