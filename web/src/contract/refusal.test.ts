import { expect, test } from 'vitest'
import { Refusal, whatWentWrong } from './refusal'

test('a refusal says where', () => {
  const fault = new Refusal({ message: 'an empty cell', source: 'a.csv', line: 7 })
  expect(whatWentWrong(fault)).toBe('a.csv, line 7: an empty cell')
  expect(whatWentWrong(new Error('no answer'))).toBe('no answer')
})
