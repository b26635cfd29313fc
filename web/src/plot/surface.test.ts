import { expect, test } from 'vitest'
import { boundary, domainOf, gridInputs, patches, readingOf } from './surface'

test('a domain has room around what it spans', () => {
  expect(domainOf([0, 1])).toEqual([-0.12, 1.12])
  expect(domainOf([3])).toEqual([2, 4])
})

test('the first feature runs fastest on the grid', () => {
  expect(gridInputs([0, 1], [10, 20], 2)).toEqual([
    [0, 10],
    [1, 10],
    [0, 20],
    [1, 20],
  ])
})

test('an output reads as a class and how clear it is', () => {
  expect(readingOf('binary', [0.5], [0, 1])).toEqual({ kind: 0, strength: 0 })
  expect(readingOf('binary', [0.75], [0, 1])).toEqual({ kind: 1, strength: 0.5 })
  expect(readingOf('binary', [-3], [0, 1])).toEqual({ kind: 0, strength: 1 })
  expect(readingOf('classes', [0.2, 0.8, 0], [0, 1]).kind).toBe(1)
  expect(readingOf('regression', [5], [0, 10])).toEqual({ kind: 1, strength: 0.5 })
  expect(readingOf('regression', [Number.NaN], [0, 10]).strength).toBe(0)
})

test('cells that read alike are one run of a patch, and row 0 is at the bottom', () => {
  const dark = { kind: 1, strength: 1 }
  const pale = { kind: 0, strength: 0 }
  expect(patches([dark, dark, pale, dark], 2)).toEqual([
    { ...dark, path: 'M0 1h2v1h-2zM1 0h1v1h-1z' },
    { ...pale, path: 'M0 0h1v1h-1z' },
  ])
})

test('the boundary runs where outputs cross the level', () => {
  expect(boundary([0, 1, 0, 1], 2, 0.25)).toBe('M0.75,1.5L0.75,0.5')
  expect(boundary([0, 0, 0, 0], 2, 0.5)).toBe('')
})
