import { expect, test } from 'vitest'
import { gridOf, moved, windowAround } from './grid'

test('leading axes become rows, and a single column lies down', () => {
  expect(gridOf([])).toEqual({ rows: 1, columns: 1 })
  expect(gridOf([2, 3, 4])).toEqual({ rows: 6, columns: 4 })
  expect(gridOf([8, 1])).toEqual({ rows: 1, columns: 8 })
})

test('a window keeps the element in it and stays inside', () => {
  const grid = { rows: 100, columns: 3 }
  expect(windowAround(grid, 0, 4)).toEqual({ rows: [0, 1, 2, 3], columns: [0, 1, 2] })
  expect(windowAround(grid, 150, 4).rows).toEqual([48, 49, 50, 51])
  expect(windowAround(grid, 299, 4).rows).toEqual([96, 97, 98, 99])
})

test('keys move by one and stop at the edge', () => {
  const grid = { rows: 2, columns: 3 }
  const from = (key: string): number | null => moved(key, grid, 4)
  expect(['ArrowLeft', 'ArrowRight', 'ArrowUp', 'ArrowDown', 'Home', 'End', 'x'].map(from)).toEqual([
    3, 5, 1, 4, 3, 5, null,
  ])
})
