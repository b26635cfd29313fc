// Single rules of formulas; conformance.test.ts holds them to Python's.

import { describe, expect, it } from 'vitest'
import {
  choose,
  evaluate,
  exactSum,
  flat,
  leaves,
  numberText,
  type Placed,
  toPython,
  unflat,
} from './formula'

const get = (value: number, at: number): number => [[1, -2], [0.5]][value]![at]!

it('an index and its position are two names of one place', () => {
  for (let at = 0; at < 24; at++) expect(flat(unflat(at, [2, 3, 4]), [2, 3, 4])).toBe(at)
})

describe('reading', () => {
  const larger: Placed = [
    'cases',
    ['gt', ['leaf', 0, 1], ['number', 0]],
    ['leaf', 1, 0],
    ['number', 3],
  ]

  it('takes the branch that the numbers choose', () => {
    expect(choose(['neg', larger], get)).toEqual(['neg', ['number', 3]])
    expect(evaluate(larger, get)).toBe(3)
    expect(leaves(['neg', larger])).toEqual([
      [0, 1],
      [1, 0],
    ])
  })

  it.each<[Placed, number]>([
    [['div', ['number', 1], ['number', 0]], Infinity],
    [['div', ['number', 0], ['number', 0]], NaN],
    [['log', ['number', 0]], -Infinity],
    [['pow', ['number', 1], ['number', NaN]], 1],
    [['pow', ['number', -1], ['number', -Infinity]], 1],
    [['max', ['number', 1], ['number', NaN]], NaN],
  ])('%j is %f', (tree, value) => {
    expect(evaluate(tree, get)).toBe(value)
  })

  it('sums without losing what is small', () => {
    expect(exactSum(new Array<number>(10).fill(0.1))).toBe(1)
    expect(exactSum([1e16, 1, -1e16])).toBe(1)
    expect(exactSum([1, Infinity])).toBe(Infinity)
    expect(exactSum([Infinity, -Infinity])).toBeNaN()
  })
})

describe('writing', () => {
  const write = (value: number, at: number): string => numberText(get(value, at))

  it.each<[Placed, string]>([
    [['sub', ['number', 1], ['sub', ['number', 2], ['number', 3]]], '1 - (2 - 3)'],
    [['sub', ['sub', ['number', 1], ['number', 2]], ['number', 3]], '1 - 2 - 3'],
    [['mul', ['leaf', 0, 0], ['leaf', 0, 1]], '1 * (-2)'],
    [['pow', ['leaf', 0, 1], ['number', 2]], '(-2) ** 2'],
    [['neg', ['leaf', 0, 1]], '-(-2)'],
    [['neg', ['add', ['leaf', 0, 0], ['number', 2]]], '-(1 + 2)'],
    [['terms', ['mul', ['number', 1], ['number', 2]], ['leaf', 0, 1]], '1 * 2 + (-2)'],
    [['abs', ['leaf', 0, 1]], 'max(-2, -(-2))'],
    [['exp', ['div', ['leaf', 0, 0], ['leaf', 1, 0]]], 'exp(1 / 0.5)'],
  ])('%j as %s', (tree, text) => {
    expect(toPython(tree, write)).toBe(text)
  })

  // what Python's repr gives, but whole numbers without ".0"
  it.each<[number, string]>([
    [3, '3'],
    [-0, '-0.0'],
    [0.1, '0.1'],
    [0.0001, '0.0001'],
    [0.00001, '1e-05'],
    [-1.5e-7, '-1.5e-07'],
    [1e-300, '1e-300'],
    [123456.789, '123456.789'],
    [999999999999999, '999999999999999'],
    [1e15, '1000000000000000.0'],
    [1e16, '1e+16'],
    [1.25e22, '1.25e+22'],
    [Infinity, 'inf'],
    [-Infinity, '-inf'],
    [NaN, 'nan'],
  ])('%f as %s', (value, text) => {
    expect(numberText(value)).toBe(text)
  })
})
