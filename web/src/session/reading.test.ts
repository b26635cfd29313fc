import { describe, expect, test } from 'vitest'
import cases from '../../../tests/conformance/sessions.json'
import { draw, foldedAtFirst } from '../graph/draw'
import type { Drawing } from '../graph/drawing'
import type { TraceMessage } from '../wire'
import { ratesOf } from './rates'
import { exactly, read, words } from './reading'
import { Session, SPEEDS } from './session.svelte'
import { elementAt, touchOf } from './touch'

const CASES = cases as unknown as readonly { name: string; message: TraceMessage }[]

function opened(name: string): Session {
  return new Session(CASES.find((one) => one.name === name)!.message)
}

function drawn(session: Session): Drawing {
  return draw(session, 'right', foldedAtFirst(session))
}

describe.each(CASES.map(({ name }) => name))('%s', (name) => {
  test('writes a rate beside each way a gradient takes', () => {
    const session = opened(name)
    const drawing = drawn(session)
    session.steps.forEach(({ phase }, n) => {
      session.position = n + 1
      const written = [...ratesOf(session, drawing).values()].filter(({ arrives }) => arrives)
      if (phase !== 'backward') expect(written).toHaveLength(0)
      for (const { arrives, local } of written) {
        expect(arrives).toMatch(/^∂L\/∂\S+ = [−\d]/)
        expect(local).toMatch(/^∂\S+\/∂\S+ = [−\d]/)
      }
    })
  })
})

test('a value used twice has two ways, and a rate on each', () => {
  const session = opened('fanout')
  session.position = 4
  expect([...ratesOf(session, drawn(session)).values()]).toContainEqual({
    arrives: '∂L/∂L = 1',
    local: '∂L/∂x = 3',
  })
  expect([...ratesOf(session, drawn(session)).values()]).toContainEqual({
    arrives: '∂L/∂a = 2',
    local: '∂a/∂x = 1',
  })
})

test('what is read of a number follows the steps', () => {
  const session = opened('flow')
  const w1 = session.find.byName.get('w1')!
  expect(words(session, w1, 0)).toBe('w₁ = 0.5')
  session.position = 10
  expect(touchOf(session, w1)).toBe('backward')
  expect(words(session, w1, 0)).toBe('w₁ = 0.5, gradient −1.75')
  session.position = 12
  expect(touchOf(session, w1)).toBe('update')
  expect(words(session, w1, 0)).toBe('w₁ = 0.5, gradient −1.75, after the update 0.675')
})

test('a node stands for the number of the sample that is shown', () => {
  const session = opened('uneven')
  const z1 = session.find.byName.get('z1')!
  expect(elementAt(session, { value: z1, unit: 2 })).toBe(2)
  session.row = 1
  expect(elementAt(session, { value: z1, unit: 2 })).toBe(5)
})

test('names stay alone while numbers change too fast to be told', () => {
  const session = opened('flow')
  const w1 = session.find.byName.get('w1')!
  const told = (): string[] => [words(session, w1, 0), exactly(session, w1, 0)]
  expect(told()).toEqual(['w₁ = 0.5', 'w₁ = 0.5'])
  session.speed = SPEEDS.length - 1
  session.play()
  expect(told()).toEqual(['w₁', ''])
  expect(read(session, w1, 0).value).toBe('0.5')
  session.pause()
  expect(told()).toEqual(['w₁ = 0.5', 'w₁ = 0.5'])
})

test('a drawing is made of the session alone, and none of its numbers', () => {
  const session = opened('xor')
  const before = drawn(session)
  session.values = () => {
    throw new Error('a number was read')
  }
  session.nextIteration()
  expect(drawn(session)).toEqual(before)
})
