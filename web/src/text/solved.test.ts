import { expect, test } from 'vitest'
import type { DatasetInfo } from '../wire'
import { solvedWords } from './solved'

const data = { task: 'binary', classes: null } as unknown as DatasetInfo
const corners = [
  [0, 0],
  [0, 1],
  [1, 0],
  [1, 1],
]

function judged(x: number[][], outputs: number[][], y: number[][], solved: boolean[]) {
  return { samples: { x, y }, outputs, solved, accuracy: 0, loss: 0 }
}

test('says which corner of XOR is wrong, and how', () => {
  const judgement = judged(corners, [[0.64312345], [0.9], [0.9], [0.1]], [[0], [1], [1], [0]], [false, true, true, true])
  expect(solvedWords(judgement, data)).toBe('3 of 4 corners; (0, 0) is wrong: output 0.643, target 0.')
})

test('all right is said in words', () => {
  const right = [true, true, true, true]
  expect(solvedWords(judged(corners, [], [], right), data)).toBe('All 4 corners are right.')
  expect(solvedWords(judged([[2]], [], [], [true]), data)).toBe('The example is right.')
})

test('names a few of many, by number where there are many features, and classes by name', () => {
  const x = Array.from({ length: 6 }, () => [1, 2, 3, 4])
  const classes = ['setosa', 'versicolor']
  const judgement = judged(x, x.map(() => [0.9, 0.1]), x.map(() => [0, 1]), x.map(() => false))
  const words = solvedWords(judgement, { ...data, task: 'classes', classes } as DatasetInfo)
  expect(words).toMatch(/^0 of 6 examples; example 1 is wrong: output setosa, target versicolor; /)
  expect(words).toMatch(/; and 3 more\.$/)
})
