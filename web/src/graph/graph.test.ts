import { describe, expect, test } from 'vitest'
import cases from '../../../tests/conformance/sessions.json'
import { Session } from '../study/session.svelte'
import type { TraceMessage } from '../wire'
import { draw, foldedAtFirst } from './draw'
import type { Box, Direction, Drawing } from './drawing'
import { framed } from './frame'
import { elementAt, thickness, touchOf } from './nodes'
import { ratesOf } from './rates'
import { read } from './reading'

const CASES = cases as unknown as readonly { name: string; message: TraceMessage }[]
const DIRECTIONS: readonly Direction[] = ['right', 'down']

function opened(name: string): Session {
  return new Session(CASES.find((one) => one.name === name)!.message)
}

function drawn(session: Session, direction: Direction = 'right'): Drawing {
  return draw(session, direction, foldedAtFirst(session))
}

function overlap(a: Box, b: Box): boolean {
  return (
    Math.abs(a.x - b.x) < (a.width + b.width) / 2 - 1 &&
    Math.abs(a.y - b.y) < (a.height + b.height) / 2 - 1
  )
}

describe.each(CASES.map(({ name }) => name))('%s', (name) => {
  test.each(DIRECTIONS)('has no two numbers in one place, going %s', (direction) => {
    const { nodes, bounds } = drawn(opened(name), direction)
    nodes.forEach((a, n) => {
      for (const b of nodes.slice(n + 1)) expect(overlap(a, b), `${a.key} and ${b.key}`).toBe(false)
      expect(a.x - a.width / 2).toBeGreaterThanOrEqual(bounds.x)
      expect(a.y + a.height / 2).toBeLessThanOrEqual(bounds.y + bounds.height)
    })
  })

  test('shows every parameter, and every number of the forward pass', () => {
    const session = opened(name)
    const { nodes, edges } = drawn(session)
    const shown = new Set([
      ...nodes.map(({ value, unit }) => `${value} ${unit}`),
      ...edges.flatMap(({ weight }) => (weight ? [`${weight.value} ${weight.at}`] : [])),
    ])
    const forward = session.trace.worked.filter(
      ({ phase }) => phase === 'forward' || phase === 'loss',
    )
    for (const { value } of forward) expect(nodes.some((node) => node.value === value)).toBe(true)
    for (const [parameter] of session.tape.carries) {
      if (session.tape.values[parameter]!.role !== 'parameter') continue
      session.values(parameter).forEach((_, at) => expect(shown).toContain(`${parameter} ${at}`))
    }
  })

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

test('a general graph says how each value is made', () => {
  const titles = drawn(opened('neuron')).nodes.map(({ title }) => title)
  expect(titles).toContain('u₁ = w × x')
  expect(titles).toContain('a = relu(z)')
  expect(titles).toContain('L = u₂²')
})

test('layers fold to heat maps beside their weights, and unfold one at a time', () => {
  const session = opened('xor')
  const z1 = session.find.byName.get('z1')!
  const { nodes, matrices, edges } = draw(session, 'right', new Set([z1]))
  expect(nodes.filter(({ value }) => value === z1).map(({ kind }) => kind)).toEqual(['folded'])
  expect(matrices.map(({ rows, columns }) => [rows, columns])).toEqual([[2, 4]])
  expect(edges.filter(({ weight }) => weight)).toHaveLength(4)
  expect(foldedAtFirst(session).size).toBe(0)
})

test('what is read of a number follows the steps', () => {
  const session = opened('flow')
  const w1 = session.find.byName.get('w1')!
  expect(read(session, w1, 0).words).toBe('w₁ = 0.5')
  session.position = 10
  expect(touchOf(session, w1)).toBe('backward')
  expect(read(session, w1, 0).words).toBe('w₁ = 0.5, gradient −1.75')
  session.position = 12
  expect(touchOf(session, w1)).toBe('update')
  expect(read(session, w1, 0).words).toBe('w₁ = 0.5, gradient −1.75, after the update 0.675')
})

test('a node stands for the number of the sample that is shown', () => {
  const session = opened('uneven')
  const z1 = session.find.byName.get('z1')!
  expect(elementAt(session, { value: z1, unit: 2 })).toBe(2)
  session.row = 1
  expect(elementAt(session, { value: z1, unit: 2 })).toBe(5)
})

test('a larger weight is thicker, and none is too thick', () => {
  expect(thickness(0.1)).toBeLessThan(thickness(-1))
  expect(thickness(1e300)).toBe(thickness(Infinity))
})

test('a drawing too large to read is shown around what the step is about', () => {
  const bounds = { x: 0, y: 0, width: 1000, height: 1000 }
  const space = { width: 500, height: 500 }
  expect(framed(bounds, space, { x: 900, y: 500 }, 0.4)).toEqual({ k: 0.5, x: 0, y: 0 })
  expect(framed(bounds, space, { x: 900, y: 500 }, 1)).toEqual({ k: 1, x: -500, y: -250 })
})
