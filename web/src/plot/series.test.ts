import { describe, expect, test } from 'vitest'
import { isWide, points, spanOf, sought, trailingMeans, valueAt, verticalScale } from './series'

describe('points', () => {
  test('few numbers are all drawn', () => {
    expect(points({ every: 10, values: [3, 1, 2] }, 300)).toEqual([
      [0, 3],
      [10, 1],
      [20, 2],
    ])
  })

  test('of many, the extremes of each column stay', () => {
    const values = Array.from({ length: 100_000 }, (_, n) => Math.sin(n / 5000))
    values[54_321] = 7
    values[12_345] = -7
    const found = points({ every: 1, values }, 300)
    expect(found.length).toBeLessThan(300 * 5)
    expect(found).toContainEqual([54_321, 7])
    expect(found).toContainEqual([12_345, -7])
    expect(found.at(-1)![0]).toBe(99_999)
    expect(found.map(([x]) => x)).toEqual([...found.map(([x]) => x)].sort((a, b) => a - b))
  })

  test('what is not finite stays too, so that the curve breaks there', () => {
    const values = new Array<number>(1000).fill(1)
    values[501] = Number.NaN
    expect(points({ every: 1, values }, 10).some(([, y]) => Number.isNaN(y))).toBe(true)
  })
})

test('the number at an iteration is the last one kept', () => {
  const series = { every: 4, values: [1, 2, 3] }
  expect([0, 3, 4, 9, 99].map((n) => valueAt(series, n))).toEqual([1, 1, 2, 3, 3])
})

test('trailing means are those of the last numbers, or of as many as there are', () => {
  const { values } = trailingMeans([4, 2, 6, 8, 1], 2)
  expect(values).toEqual([4, 3, 4, 7, 4.5])
})

describe('the vertical scale', () => {
  test('leaves room around a single number, and skips what is not finite', () => {
    const { y, ticks } = verticalScale(spanOf([2, 2, Number.NaN, Infinity]), [100, 0])
    expect(y(2)).toBeCloseTo(50)
    expect(ticks.length).toBeGreaterThan(1)
  })

  test('is labelled at powers of ten where it is logarithmic', () => {
    const { ticks } = verticalScale([1e-6, 1], [100, 0], true)
    expect(ticks.length).toBeLessThanOrEqual(5)
    for (const tick of ticks) expect(Math.log10(tick) % 1).toBeCloseTo(0)
  })
})

test('a range is wide where its ends are far apart and above 0', () => {
  expect(isWide(spanOf([1, 20]))).toBe(false)
  expect(isWide(spanOf([0.001, 1]))).toBe(true)
  expect(isWide(spanOf([0, 1]))).toBe(false)
  expect(isWide(spanOf([]))).toBe(false)
})

test('keys seek by one, by a tenth, and to the ends', () => {
  const from = (key: string): number | null => sought(key, 50, 100)
  expect(['ArrowLeft', 'ArrowUp', 'PageUp', 'PageDown', 'Home', 'End', 'a'].map(from)).toEqual([
    49, 51, 60, 40, 0, 100, null,
  ])
  expect(sought('ArrowLeft', 0, 100)).toBe(0)
})
