// Single rules of what moves where; conformance.test.ts holds the rest to Python's.

import { expect, it } from 'vitest'
import type { Formula } from './formula'
import { whole } from './layout'
import { Moves } from './moves'

const use = { local: ['number', 1], index: ['moved'], over: [] } as const
const formula = (...uses: Formula['uses']): Formula => ({
  element: ['moved', ['number', 0]],
  axes: [],
  uses,
})
const rows = (count: number, width: number) =>
  whole(new Float64Array(count * width), [count, width])

it('tells joined inputs apart, and passes over an empty one', () => {
  const inputs = [rows(1, 2), rows(0, 2), rows(2, 2)]
  const moves = new Moves({ op: 'cat', formula: formula(use), inputs, shape: [3, 2], params: { axis: -2 } })
  expect([0, 1, 2, 5].map((at) => moves.source(at))).toEqual([
    [0, 0],
    [0, 1],
    [2, 0],
    [2, 3],
  ])
})

it('says where no element of an input stands', () => {
  const params = { pads: [[1, 0]], value: -1.5 }
  const inputs = [whole(Float64Array.of(5, 6), [2])]
  const moves = new Moves({ op: 'pad', formula: formula(use), inputs, shape: [3], params })
  expect([0, 1, 2].map((at) => moves.source(at))).toEqual([null, [0, 0], [0, 1]])
})

it('gathers what is added up where it was looked up', () => {
  const inputs = [rows(3, 2), whole(Float64Array.of(1, 0, 1), [3]), rows(4, 2)]
  const params = { axis: -2 }
  const all = formula(use, null, null)
  const moves = new Moves({ op: 'index_add_like', formula: all, inputs, shape: [4, 2], params })
  const added = Array.from({ length: 8 }, (_, at) => moves.added('index_select', at))
  expect(added).toEqual([[2], [3], [0, 4], [1, 5], [], [], [], []])
})
