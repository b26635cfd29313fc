import { describe, expect, test } from 'vitest'
import { uniform } from '../player/random'
import { Growing, TrailingMeans } from './growing'

/** Numbers of every kind, the same each time. */
const NUMBERS = [...uniform(7, 'growing', 3000)].map((u, n) =>
  n % 97 === 5 ? Number.NaN : n % 101 === 7 ? Number.POSITIVE_INFINITY : 10 * u - 5,
)

function grown(numbers: readonly number[]): Growing {
  const growing = new Growing()
  for (const number of numbers) growing.push(number)
  return growing
}

function spanOf(numbers: readonly number[]): readonly [number, number] | null {
  const finite = numbers.filter(Number.isFinite)
  return finite.length ? [Math.min(...finite), Math.max(...finite)] : null
}

describe('numbers that grow', () => {
  test.each([0, 1, 7, 8, 9, 63, 64, 65, 1000, 1024, 3000])('%i of them have their span', (length) => {
    const numbers = NUMBERS.slice(0, length)
    expect(grown(numbers).span).toEqual(spanOf(numbers))
  })

  test.each([[100, 10], [3000, 300], [3000, 7], [2049, 64]])('%i of them on %i columns', (length, columns) => {
    const numbers = NUMBERS.slice(0, length)
    const found = grown(numbers).stretches(columns)
    expect(found.length).toBeLessThanOrEqual(2 * columns + 1)
    expect(found.map(({ start }) => start)).toEqual([0, ...found.slice(0, -1).map(({ end }) => end)])
    expect(found.at(-1)!.end).toBe(length)
    for (const { start, end, low, high, gap } of found) {
      const part = numbers.slice(start, end)
      expect([numbers[low], numbers[high]]).toEqual(spanOf(part) ?? [numbers[low], numbers[high]])
      expect(gap >= 0).toBe(!part.every(Number.isFinite))
    }
  })

  test('what is cut off is forgotten, and others may follow', () => {
    const growing = grown(NUMBERS)
    growing.cut(1001)
    growing.push(99)
    expect(growing.values).toEqual([...NUMBERS.slice(0, 1001), 99])
    expect(growing.span).toEqual(spanOf(growing.values))
    expect(growing.stretches(30)).toEqual(grown(growing.values).stretches(30))
  })
})

test('trailing means go on after a cut as if nothing had followed', () => {
  const grow = (means: TrailingMeans, numbers: readonly number[], from: number): void => {
    for (let n = from; n < numbers.length; n++) means.push(numbers.slice(0, n + 1))
  }
  const numbers = NUMBERS.map((x) => (Number.isFinite(x) ? x : 0)).slice(0, 50)
  const means = new TrailingMeans(7)
  grow(means, numbers, 0)
  means.cut(numbers.slice(0, 31))
  grow(means, numbers, 31)
  numbers.forEach((_, n) => {
    const last = numbers.slice(Math.max(0, n - 6), n + 1)
    expect(means.means.values[n]).toBeCloseTo(last.reduce((a, b) => a + b) / last.length, 10)
  })
})
