// Reads an einsum equation such as ij,jk->ik: one letter for each axis. The twin of
// src/whygrad/engine/equation.py; Python has checked it.

import { PlayError, type Shape, showShape } from './layout'
import type { Params } from './tape'

export interface Equation {
  /** The letters of each input's axes. */
  readonly terms: readonly string[]
  /** The letters of the output's axes. */
  readonly result: string
  /** The letters that are added up, in order of appearance. */
  readonly summed: string
}

export function equationOf(params: Params): Equation {
  const text = params['equation']
  const [left, result, ...more] = typeof text === 'string' ? text.replaceAll(' ', '').split('->') : []
  if (left === undefined || result === undefined || more.length)
    throw new PlayError(`einsum: ${JSON.stringify(text)} is not an equation such as ij,jk->ik`)
  const terms = left.split(',')
  const letters = [...new Set(terms.join(''))]
  return { terms, result, summed: letters.filter((x) => !result.includes(x)).join('') }
}

/** The size of each letter's axis. */
export function letterSizes({ terms }: Equation, shapes: readonly Shape[]): Map<string, number> {
  const sizes = new Map<string, number>()
  terms.forEach((term, n) => {
    ;[...term].forEach((letter, axis) => {
      const size = shapes[n]?.[axis]
      if (size === undefined || (sizes.get(letter) ?? size) !== size)
        throw new PlayError(`einsum: ${term} does not fit ${showShape(shapes[n] ?? [])}`)
      sizes.set(letter, size)
    })
  })
  return sizes
}
