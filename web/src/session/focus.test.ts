import { describe, expect, test } from 'vitest'
import { elementOf, largest } from './focus'
import type { Session } from './session.svelte'

test('the largest in size', () => {
  expect(largest([1, -3, 2])).toBe(1)
  expect(largest([9, -3, 2], 1, 3)).toBe(1)
  expect(largest([0, 0])).toBe(0)
})

describe('the element to explain', () => {
  // a parameter, its gradient, its update, and a value of two samples
  const tape = {
    values: [{ shape: [3] }, { shape: [3], gradient_of: 0 }, { shape: [3] }, { shape: ['batch', 2] }],
    carries: [[0, 2]],
  }
  const numbers = [[1, 2, -5], [0, 7, 0], [1, 2, -5], [9, 1, 2, 3]]
  const session = (over: object): Session =>
    ({
      tape,
      row: 0,
      selected: null,
      values: (id: number) => numbers[id]!,
      shape: (id: number) => tape.values[id]!.shape.map((size) => (size === 'batch' ? 2 : size)),
      ...over,
    }) as unknown as Session

  test('is the largest', () => {
    expect(elementOf(session({}), 0)).toBe(2)
    expect(elementOf(session({}), 1)).toBe(1)
  })

  test('is of the sample that is shown', () => {
    expect(elementOf(session({}), 3)).toBe(0)
    expect(elementOf(session({ row: 1 }), 3)).toBe(3)
  })

  test('is the selected one, from a parameter to its gradient and its update', () => {
    const selected = { id: 1, at: 0 }
    expect([0, 1, 2, 3].map((id) => elementOf(session({ selected }), id))).toEqual([0, 0, 0, 0])
    expect(elementOf(session({ selected, row: 1 }), 3)).toBe(3)
  })
})
