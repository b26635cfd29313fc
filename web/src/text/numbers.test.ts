import { describe, expect, test } from 'vitest'
import displayJson from '../../../tests/conformance/display.json'
import { evaluate, type Placed } from '../player/formula'
import { normal } from '../player/random'
import { aligned, brief, enough, enoughForAll, exact, format, rounded, shown } from './numbers'

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
    [-1.234567e-9, '−1.235e−9'],
    [0.9999512, '1'],
    [1234.5678, '1235'],
    [123456, '123456'],
    [123456.7, '123500'],
    [3.0625, '3.0625'],
    [1234567, '1.235e6'],
    [999_999.4, '1.0e6'],
    [1.4225000000000003, '1.4225'], // off by rounding alone
    [0.12345599999999999, '0.123456'],
    [Number.NaN, 'NaN'],
    [Infinity, '∞'],
    [-Infinity, '−∞'],
  ])('%d is %s', (x, text) => expect(format(x)).toBe(text))

  test('rounds halves to even, as Python does', () => {
    expect(format(0.0009765625, 6)).toBe('0.000976562')
    expect(format(0.0029296875, 7)).toBe('0.002929688')
    expect(format(1.0000005, 7)).toBe('1.000001') // the nearest float64 is a little above
  })

  test('exact holds every digit and no more', () => {
    expect(exact(0.1)).toBe('0.1')
    expect(exact(-0.30000000000000004)).toBe('−0.30000000000000004')
    expect(exact(5e-324)).toBe('5.0e−324')
    expect(exact(1e21)).toBe('1.0e21')
  })
})

test('brief numbers have a few characters', () => {
  const texts = [0, -0.0578125, 3.14159, -0.00598, 0.000561, -123456, 1e-30, Number.NaN].map(brief)
  expect(texts).toEqual(['0', '−0.058', '3.1', '−0.006', '6e−4', '−1e5', '1e−30', 'NaN'])
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
    expect(shown(sum, (value) => [0.5, 0.25][value]!)).toEqual({ into: 4, out: 4, result: '0.75' })
  })

  test('what goes in gets more digits where four would show another sum', () => {
    const number = (value: number) => [1 / 3, 1 / 3 + 0.0002][value]!
    const { into, out, result } = shown(sum, number)
    expect(out).toBe(4)
    expect(into).toBeGreaterThan(4)
    const added = rounded(number(0), into) + rounded(number(1), into)
    expect(format(Number(added.toPrecision(out)), out)).toBe(result)
  })

  test('results that go on into another line are shown alike in both', () => {
    const number = (_: number, at: number) => [1 / 3, 2 / 3, 1 / 7, 3 / 7][at]!
    const parts = [0, 2].map((at) => {
      const tree: Placed = ['mul', ['leaf', 0, at], ['leaf', 0, at + 1]]
      return { tree, result: evaluate(tree, number) }
    })
    const terms = parts.map(({ result }): Placed => ['number', result])
    const whole = { tree: ['add', ...terms] as Placed, result: parts[0]!.result + parts[1]!.result }
    const { into, between, out } = enoughForAll(parts, whole, number)
    parts.forEach(({ tree, result }) =>
      expect(format(evaluate(tree, (_, at) => rounded(number(0, at), into)), between)).toBe(
        format(result, between),
      ),
    )
    const sum = rounded(parts[0]!.result, between) + rounded(parts[1]!.result, between)
    expect(Number(sum.toPrecision(out))).toBe(rounded(whole.result, out))
    expect(out).toBe(4)
  })

  test('keeps the law on formulas of every shape', () => {
    const numbers = normal(3, 'law', 600)
    const [a, b, c, d] = [0, 1, 2, 3].map((at) => ['leaf', 0, at]) as unknown as [
      Placed,
      Placed,
      Placed,
      Placed,
    ]
    const trees = (third: number): Placed[] => [
      ['terms', ['mul', a, b], ['mul', c, d], ['mul', a, d]],
      ['div', ['number', 1], ['add', ['number', 1], ['exp', ['neg', a]]]],
      ['sub', a, ['mul', ['number', third], ['tanh', b]]],
      ['pow', ['sub', a, b], ['number', 2]],
    ]
    for (let n = 0; n + 4 < numbers.length; n += 4) {
      const number = (_: number, at: number) => numbers[n + at]!
      trees(1 / 3).forEach((tree, which) => {
        const { into, out, result } = shown(tree, number)
        const typed = trees(rounded(1 / 3, into))[which]!
        const read = (value: number, at: number) => rounded(number(value, at), into)
        expect(format(Number(evaluate(typed, read).toPrecision(out)), out)).toBe(result)
        expect(out).toBeLessThanOrEqual(into)
      })
    }
  })

  test('shows every digit where nothing less holds, and copes with what is not finite', () => {
    expect(shown(sum, () => Number.NaN)).toEqual({ into: 4, out: 4, result: 'NaN' })
    expect(enough({ tree: sum, result: 99 }, () => 1)).toEqual({ into: 17, out: 17 })
  })
})

interface Vectors {
  readonly number: readonly (readonly [x: number, digits: number, text: string])[]
  readonly shown: readonly {
    readonly tree: Placed
    readonly leaves: readonly (readonly [value: number, at: number, number: number])[]
    readonly result: number
    readonly shown: string
  }[]
}

describe('as Python shows it', () => {
  const vectors = displayJson as unknown as Vectors

  test.each(vectors.number)('%d to %d digits is %s', (x, digits, text) =>
    expect(format(x, digits)).toBe(text),
  )

  test.each(vectors.shown)('$tree is shown as $shown', ({ tree, leaves, result, ...expected }) => {
    const numbers = new Map(leaves.map(([value, at, number]) => [`${value},${at}`, number]))
    const found = shown(tree, (value, at) => numbers.get(`${value},${at}`)!, result)
    expect(found.result).toBe(expected.shown)
  })
})
