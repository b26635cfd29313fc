import { describe, expect, test } from 'vitest'
import type { CsvInfo } from '../wire'
import { firstChoices, readWidths, specFor, whatIsMissing, whyNot } from './spec'

const column = (name: string, distinct: number, numeric = true) => ({ name, numeric, distinct, examples: [] })
const info: CsvInfo = {
  name: 'irises.csv',
  rows: 150,
  columns: [column('length', 30), column('width', 20), column('garden', 3, false), column('kind', 3, false)],
  target: ['kind'],
}

describe('choices for a table', () => {
  test('start from its numbers and the likely target', () => {
    const choices = firstChoices(info)
    expect(choices.features).toEqual(['length', 'width'])
    expect(choices.task).toBe('classes')
    expect(whatIsMissing(choices)).toBeNull()
  })

  test('make a spec with an output for each class', () => {
    const spec = specFor(info, { ...firstChoices(info), hidden: '8, 4' })
    expect(spec).toMatchObject({
      network: { layers: [2, 8, 4, 3] },
      data: { csv: 'irises.csv', task: 'classes', standardise: true },
    })
  })

  test('one output for two classes, and one for each amount', () => {
    const two = { ...info, columns: [column('x', 9), column('y', 2)], target: ['y'] }
    expect(specFor(two, firstChoices(two))).toMatchObject({ network: { layers: [1, 4, 1] }, data: { task: 'binary' } })
    const amounts = { ...info, target: ['length', 'width'], columns: [...info.columns, column('z', 9)] }
    expect(specFor(amounts, firstChoices(amounts))).toMatchObject({
      network: { layers: [1, 4, 2] },
      data: { task: 'regression' },
    })
  })

  test('say what is missing', () => {
    expect(whatIsMissing({ ...firstChoices(info), target: [] })).toMatch(/what to learn/)
    expect(whatIsMissing({ ...firstChoices(info), features: [] })).toMatch(/at least one column/)
    expect(whatIsMissing({ ...firstChoices(info), hidden: 'many' })).toMatch(/width of each/)
  })
})

test('widths are read with commas or spaces, and none is none', () => {
  expect(readWidths('8, 4')).toEqual([8, 4])
  expect(readWidths(' 16 8 ')).toEqual([16, 8])
  expect(readWidths('')).toEqual([])
  expect(readWidths('0')).toBeNull()
  expect(readWidths('2.5')).toBeNull()
})

test('a file that is too large or empty is refused before it is read', () => {
  expect(whyNot({ name: 'a.csv', size: 10_000_001 })).toMatch(/a\.csv has 10\.1 MB; at most 10 MB/)
  expect(whyNot({ name: 'a.csv', size: 0 })).toMatch(/empty/)
  expect(whyNot({ name: 'a.csv', size: 10 })).toBeNull()
})
