import katex from 'katex'
import { describe, expect, test } from 'vitest'
import type { Placed } from '../player/formula'
import { nameTex, numberTex, sumTex, toTex } from './tex'

const a: Placed = ['leaf', 0, 0]
const b: Placed = ['leaf', 1, 0]
const sum: Placed = ['add', a, b]

const names = { numbers: false, leaf: (id: number) => 'abc'[id]! }
const numbers = { numbers: true, leaf: (id: number) => ['-0.5', '2'][id]! }

describe('toTex', () => {
  test.each<[Placed, string, string]>([
    [['mul', a, b], String.raw`a \cdot b`, String.raw`-0.5 \times 2`],
    [['mul', b, a], String.raw`b \cdot a`, String.raw`2 \times (-0.5)`],
    [['mul', ['number', 2], sum], String.raw`2\,(a + b)`, String.raw`2 \times (-0.5 + 2)`],
    [['sub', a, sum], 'a - (a + b)', '-0.5 - (-0.5 + 2)'],
    [['sub', b, a], 'b - a', '2 - (-0.5)'],
    [['neg', a], '-a', '-(-0.5)'],
    [['neg', sum], '-(a + b)', '-(-0.5 + 2)'],
    [['pow', sum, ['number', 2]], '(a + b)^{2}', '(-0.5 + 2)^{2}'],
    [['pow', a, ['number', 2]], 'a^{2}', '(-0.5)^{2}'],
    [['div', sum, b], String.raw`\dfrac{a + b}{b}`, String.raw`\dfrac{-0.5 + 2}{2}`],
    [['exp', ['neg', a]], 'e^{-a}', 'e^{-(-0.5)}'],
    [['max', ['number', 0], a], String.raw`\max(0, a)`, String.raw`\max(0, -0.5)`],
    [['abs', a], String.raw`\lvert a\rvert`, String.raw`\lvert -0.5\rvert`],
    [['sqrt', b], String.raw`\sqrt{b}`, String.raw`\sqrt{2}`],
    [['log', b], String.raw`\log(b)`, String.raw`\log(2)`],
  ])('%j', (tree, inNames, inNumbers) => {
    expect(toTex(tree, names)).toBe(inNames)
    expect(toTex(tree, numbers)).toBe(inNumbers)
  })

  test('a long sum over n is multiplied by 1/n, so that a line can break in it', () => {
    const terms: Placed = ['terms', a, b, a]
    expect(toTex(['div', ['neg', terms], ['number', 3]], names)).toBe(
      String.raw`-\dfrac{1}{3}\,(a + b + a)`,
    )
  })
})

test('a long sum shows its first terms and its last', () => {
  expect(sumTex(['a', 'b', 'c', 'd', 'e'], 5)).toBe('a + b + c + d + e')
  expect(sumTex(['a', 'b', 'c', 'd', 'e', 'f'], 5)).toBe(String.raw`a + b + c + \cdots + f`)
})

test('the index of a gradient stands with what it belongs to', () => {
  const latex = (name: string): string => name
  expect(nameTex('W1[0,2]', latex)).toBe('W1[0{,}2]')
  expect(nameTex('dL/dW1[0,2]', latex)).toBe(String.raw`\dfrac{\partial L}{\partial W1[0{,}2]}`)
})

test('KaTeX reads every number and what stands around it', () => {
  for (const x of [0, -1.75, 1e-7, -2e30, Infinity, -Infinity, Number.NaN])
    expect(() => katex.renderToString(`${numberTex(x)} \\times 2`)).not.toThrow()
})
