import { describe, expect, test } from 'vitest'
import type { Placed } from '../player/formula'
import { elementLabel, type Tape, type Value } from '../player/tape'
import { contributionsIn, isSumOfContributions } from './contributions'
import { explain, type Scene } from './explain'

const leaf = (id: number, at = 0): Placed => ['leaf', id, at]
const isGradient = (id: number): boolean => id >= 10

describe('contributions', () => {
  test.each<[string, Placed, [Placed, Placed][] | null]>([
    ['a product', ['mul', leaf(10), leaf(1)], [[leaf(10), leaf(1)]]],
    ['a bare gradient', leaf(10), [[leaf(10), ['number', 1]]]],
    ['a sign', ['neg', leaf(10)], [[leaf(10), ['number', -1]]]],
    [
      'factors on both sides',
      ['mul', ['mul', leaf(1), leaf(10)], leaf(2)],
      [[leaf(10), ['mul', leaf(1), leaf(2)]]],
    ],
    ['a share', ['div', leaf(10), ['number', 4]], [[leaf(10), ['div', ['number', 1], ['number', 4]]]]],
    [
      'uses that add up',
      ['add', ['mul', leaf(10), leaf(2)], leaf(11)],
      [
        [leaf(10), leaf(2)],
        [leaf(11), ['number', 1]],
      ],
    ],
    [
      'a difference',
      ['sub', leaf(10), ['mul', leaf(11), leaf(1)]],
      [
        [leaf(10), ['number', 1]],
        [leaf(11), ['neg', leaf(1)]],
      ],
    ],
    [
      'samples',
      ['terms', leaf(10, 0), leaf(10, 1)],
      [
        [leaf(10, 0), ['number', 1]],
        [leaf(10, 1), ['number', 1]],
      ],
    ],
    [
      'several ways to one gradient',
      ['add', ['mul', leaf(10), leaf(2)], ['mul', leaf(3), leaf(10)]],
      [[leaf(10), ['terms', leaf(2), leaf(3)]]],
    ],
    ['no gradient at all', ['mul', leaf(1), leaf(2)], null],
    ['two gradients in one product', ['mul', leaf(10), leaf(11)], null],
    ['a gradient inside a function', ['exp', leaf(10)], null],
    ['a gradient below a fraction', ['div', leaf(1), leaf(10)], null],
  ])('%s', (_, tree, expected) => {
    const found = isSumOfContributions(tree, isGradient) ? contributionsIn(tree, isGradient) : null
    expect(found && found.map(({ upstream, local }) => [upstream, local])).toEqual(expected)
  })
})

// a₁ = w·x; L is the loss; dL/da1 arrives
const NAMES = ['w', 'x', 'a1', 'L', 'dL/dL', 'dL/da1', 'dL/dw']
const OF: Readonly<Record<number, number>> = { 4: 3, 5: 2, 6: 0 }

function scene(tree: Placed, numbers: Readonly<Record<number, readonly number[]>>): Scene {
  const values = NAMES.map((name, id): Value => {
    const role = name.includes('/') ? 'gradient' : 'intermediate'
    return { id, name, shape: [], dtype: 'float64', role, gradient_of: OF[id] as number }
  })
  return {
    tape: { values, loss: 3 } as unknown as Tape,
    number: (id, at) => numbers[id]![at]!,
    label: (id, at) => elementLabel(NAMES[id]!, [numbers[id]?.length ?? 1], at),
    latex: (name) => name,
    symbol: (name) => name,
    formula: () => tree,
  }
}

function texts(explanation: ReturnType<typeof explain>): string[] {
  return explanation.lines.map(({ tex }) =>
    tex.replaceAll(/\\textcolor\{#\w+\}/g, '').replaceAll(/[{}]|\\boldsymbol|\\,/g, '').replaceAll('\\', ''),
  )
}

describe('explain', () => {
  test('a formula: in names, with the numbers, what it comes to', () => {
    const tree: Placed = ['add', ['mul', leaf(0), leaf(1)], ['number', 1]]
    const found = explain(scene(tree, { 0: [0.5], 1: [-2], 2: [0] }), 2, 0)
    expect(texts(found)).toEqual(['a1 = w cdot x + 1', '0.5 times (-2) + 1 = 0'])
    expect(found.result).toBe('0')
  })

  test('a gradient: what arrives, the local derivative, their product', () => {
    const found = explain(scene(['mul', leaf(5), leaf(1)], { 1: [2], 5: [-1.75], 6: [-3.5], 2: [1], 0: [1] }), 6, 0)
    expect(texts(found)).toEqual([
      'dfracpartial Lpartial w = dfracpartial Lpartial a1 times dfracpartial a1partial w',
      'dfracpartial a1partial w = x = 2',
      '-1.75 times 2 = -3.5',
    ])
  })

  test('where the loss itself arrives, its rate is spelled out, for its name would say nothing', () => {
    const tree: Placed = ['mul', leaf(4), ['mul', ['number', 2], leaf(1)]]
    const found = explain(scene(tree, { 1: [-1.75], 4: [1], 5: [-3.5], 2: [0], 3: [0] }), 5, 0)
    expect(texts(found)).toEqual([
      'dfracpartial Lpartial a1 = dfracpartial Lpartial L times 2x',
      '2x = 2 times (-1.75) = -3.5',
      '1 times (-3.5) = -3.5',
    ])
  })

  test('several uses: each contribution, and their sum', () => {
    const tree: Placed = ['add', ['mul', leaf(4), leaf(2)], leaf(5)]
    const found = explain(scene(tree, { 0: [2], 2: [3], 3: [6], 4: [1], 5: [2], 6: [5] }), 6, 0)
    expect(texts(found).slice(1)).toEqual(['1 times 3 = 3', '2 times 1 = 2', '3 + 2 = 5'])
    expect(found.lines.map(({ caption }) => caption)).toContain('through a1')
    expect(found.details).toBeNull()
  })

  test('more than a few uses are shortened, and told in full where asked for', () => {
    const numbers = Array.from({ length: 8 }, (_, n) => n + 1)
    const tree: Placed = ['terms', ...numbers.map((_, at) => leaf(5, at))]
    const found = explain(scene(tree, { 0: [0], 2: numbers, 5: numbers, 6: [36] }), 6, 0)
    expect(texts(found)).toHaveLength(2)
    expect(texts(found)[1]).toBe('1 + 2 + 3 + cdots + 8 = 36')
    expect(found.details?.summary).toBe('All 8 contributions')
    expect(found.details?.lines).toHaveLength(8)
  })
})
