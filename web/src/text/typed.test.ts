import { describe, expect, test } from 'vitest'
import { nudged, readNumber } from './typed'

describe('readNumber', () => {
  test.each([
    ['0.3', 0.3],
    [' .5 ', 0.5],
    ['3/4', 0.75],
    ['-1 / 8', -0.125],
    ['1e-3', 0.001],
    ['−0.5', -0.5],
    ['–2', -2],
    ['0,3', 0.3],
    ['1.5E2', 150],
    ['-0', 0],
    ['1.0e−7', 1e-7],
  ])('%s is %d', (text, value) => expect(readNumber(text)).toEqual({ value }))

  test.each([
    ['', /Write a number/],
    ['abc', /“abc” is not a number/],
    ['1 2', /is not a number/],
    ['1/2/3', /is not a number/],
    ['1/', /is not a number/],
    ['1/0', /divided by 0/],
    ['1e400', /too large/],
    ['1,000', /Write 1000, or 1.000/],
    ['Infinity', /is not a number/],
    ['0x10', /is not a number/],
  ])('of %j it says what would do', (text, message) => {
    const read = readNumber(text)
    expect('message' in read && read.message).toMatch(message)
  })
})

test('a nudge is one in the second digit, a coarse one in the first', () => {
  expect(nudged(0.5, 1)).toBe(0.51)
  expect(nudged(0.5, -1)).toBe(0.49)
  expect(nudged(-1.75, 1)).toBe(-1.7)
  expect(nudged(0.29, 1)).toBe(0.3)
  expect(nudged(200, 1, true)).toBe(300)
  expect(nudged(0, 1)).toBe(0.01)
})
