import { expect, test } from 'vitest'
import { MOST_ITERATIONS, readAddress, readRoom, writeAddress, writeRoom } from './address'

test('an address says the preset, the iteration from 1, and the step', () => {
  const place = { preset: 'xor', iteration: 30, position: 9 }
  expect(writeAddress(place)).toBe('#preset=xor&iteration=31&step=9')
  expect(readAddress('#preset=xor&iteration=31&step=9')).toEqual(place)
})

test('what is at its start is not said', () => {
  expect(writeAddress({ preset: null, iteration: 0, position: 0 })).toBe('#room=explore')
  expect(readAddress('')).toEqual({ preset: null, iteration: 0, position: 0 })
})

test('what is no whole number is passed over', () => {
  expect(readAddress('#iteration=-3&step=two')).toEqual({ preset: null, iteration: 0, position: 0 })
})

test('nothing at all is home', () => {
  expect(readRoom('')).toEqual({ name: 'home', asked: {} })
  expect(writeRoom({ name: 'home', asked: {} })).toBe('')
})

test('a room is named with what it was asked for; without a name it is the explorer', () => {
  const room = { name: 'practice', asked: { seed: '7', feature: 'fanout' } } as const
  expect(writeRoom(room)).toBe('#room=practice&seed=7&feature=fanout')
  expect(readRoom(writeRoom(room))).toEqual(room)
  expect(readRoom('#preset=xor')).toEqual({ name: 'explore', asked: { preset: 'xor' } })
  expect(readRoom('#room=toString')).toEqual({ name: 'explore', asked: {} })
})

test('an iteration that takes too long to reach is not asked for', () => {
  expect(readAddress('#iteration=1e9').iteration).toBe(MOST_ITERATIONS - 1)
})
