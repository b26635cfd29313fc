import { describe, expect, test } from 'vitest'
import type { Placed } from '../player/formula'
import { evaluate } from '../player/formula'
import { normal } from '../player/random'
import { aligned, enough, exact, format, rounded, shown } from './numbers'

describe('format', () => {
  test.each([
    [0.5, '0.5'],
    [-1.75, '−1.75'],
    [2, '2'],
    [0, '0'],
    [-0, '0'],
    [1.158340625, '1.158'],
    [0.00012345678, '0.0001235'],
    [1e-7, '1.0e−7'],
    [-1.23456e-9, '−1.235e−9'],
    [0.999951, '1'],
    [1234.5678, '1235'],
    [123456, '123500'],
    [1234567, '1.235e6'],
    [999_999, '1.0e6'],
    [Number.NaN, 'NaN'],
    [Infinity, '∞'],
    [-Infinity, '−∞'],
  ])('%d is %s', (x, text) => expect(format(x)).toBe(text))

  test('rounds what lies exactly between to even, as Python does', () => {
    expect(format(3.0625)).toBe('3.062')
    expect(format(3.0635)).toBe('3.063') // the nearest float64 is a little below
    expect(format(0.0009765625, 6)).toBe('0.000976562')
    expect(format(2.5, 1)).toBe('2')
    expect(format(9.5, 1)).toBe('10')
  })

  test('exact holds every digit and no more', () => {
    expect(exact(0.1)).toBe('0.1')
    expect(exact(-0.30000000000000004)).toBe('−0.30000000000000004')
    expect(exact(5e-324)).toBe('5.0e−324')
    expect(exact(1e21)).toBe('1.0e21')
  })
})

test('what is shown is what rounded gives', () => {
  for (const x of normal(7, 'rounded', 200)) {
    const value = x * 10 ** (x * 6)
    for (const digits of [1, 3, 4, 9, 17])
      expect(Number(format(value, digits).replaceAll('−', '-'))).toBe(rounded(value, digits))
  }
})

test('aligned texts have their points under one another', () => {
  const figure = '\u2007'
  expect(aligned(['1', '−1.75', '10.5', '1.0e−7'])).toEqual([
    `${figure}1${figure.repeat(5)}`,
    `−1.75${figure.repeat(2)}`,
    `10.5${figure.repeat(3)}`,
    `${figure}1.0e−7`,
  ])
})

describe('shown', () => {
  const sum: Placed = ['add', ['leaf', 0, 0], ['leaf', 1, 0]]

  test('needs no more than four digits where four add up', () => {
    expect(shown(sum, (value) => [0.5, 0.25][value]!)).toEqual({ digits: 4, result: '0.75' })
  })

  test('takes more where rounding the inputs would show another sum', () => {
    const number = (value: number) => [1.00004, 1.00004][value]!
    expect(format(evaluate(sum, number))).toBe('2')
    const thirds = (value: number) => [1 / 3, 1 / 3 + 0.0002][value]!
    const { digits, result } = shown(sum, thirds)
    expect(format(rounded(thirds(0), digits) + rounded(thirds(1), digits), digits)).toBe(result)
  })

  test('keeps the law on formulas of every shape', () => {
    const numbers = normal(3, 'law', 600)
    for (let n = 0; n + 4 < numbers.length; n += 4) {
      const number = (_: number, at: number) => numbers[n + at]!
      const [a, b, c, d] = [0, 1, 2, 3].map((at): Placed => ['leaf', 0, at]) as [
        Placed,
        Placed,
        Placed,
        Placed,
      ]
      const trees: Placed[] = [
        ['terms', ['mul', a, b], ['mul', c, d], ['mul', a, d]],
        ['div', ['number', 1], ['add', ['number', 1], ['exp', ['neg', a]]]],
        ['sub', a, ['mul', ['number', 1 / 3], ['tanh', b]]],
        ['pow', ['sub', a, b], ['number', 2]],
      ]
      for (const tree of trees) {
        const { digits, result } = shown(tree, number)
        const read = (value: number, at: number) => rounded(number(value, at), digits)
        const third: Placed = ['number', rounded(1 / 3, digits)]
        const typed = JSON.parse(
          JSON.stringify(tree).replaceAll(JSON.stringify(['number', 1 / 3]), JSON.stringify(third)),
        ) as Placed
        expect(format(evaluate(typed, read), digits)).toBe(result)
        expect(digits).toBeGreaterThanOrEqual(4)
      }
    }
  })

  test('shows every digit where nothing less holds, and copes with what is not finite', () => {
    expect(shown(sum, () => Number.NaN)).toEqual({ digits: 4, result: 'NaN' })
    expect(enough([{ tree: sum, result: 99 }], () => 1)).toBe(17)
  })
})
