import { describe, expect, test } from 'vitest'
import cases from '../../../tests/conformance/sessions.json'
import { countOf } from '../player/layout'
import { shapesAt, sizesAt } from '../player/sizes'
import { lookups } from '../player/tape'
import type { TraceMessage } from '../wire'
import { draw, foldedAtFirst } from './draw'
import type { Box, Direction, Drawing } from './drawing'
import { framed } from './frame'
import { thickness } from './measures'
import type { Structure } from './structure'

const CASES = cases as unknown as readonly { name: string; message: TraceMessage }[]
const DIRECTIONS: readonly Direction[] = ['right', 'down']

/** A trace that is never played: what is drawn of it is drawn without numbers. */
function opened(name: string): Structure {
  const trace = CASES.find((one) => one.name === name)!.message
  const { tape } = trace
  const find = lookups(tape)
  const shapes = shapesAt(tape, sizesAt(tape, {}))
  return {
    trace,
    tape,
    find,
    shape: (id) => shapes[id]!,
    symbol: (name) => trace.symbols[name]?.text ?? name,
  }
}

function drawn(structure: Structure, direction: Direction = 'right'): Drawing {
  return draw(structure, direction, foldedAtFirst(structure))
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
    const structure = opened(name)
    const { nodes, edges } = drawn(structure)
    const shown = new Set([
      ...nodes.map(({ value, unit }) => `${value} ${unit}`),
      ...edges.flatMap(({ weight }) => (weight ? [`${weight.value} ${weight.at}`] : [])),
    ])
    const forward = structure.trace.worked.filter(
      ({ phase }) => phase === 'forward' || phase === 'loss',
    )
    for (const { value } of forward) expect(nodes.some((node) => node.value === value)).toBe(true)
    for (const [parameter] of structure.tape.carries) {
      if (structure.tape.values[parameter]!.role !== 'parameter') continue
      for (let at = 0; at < countOf(structure.shape(parameter)); at++)
        expect(shown).toContain(`${parameter} ${at}`)
    }
  })
})

test('a general graph says how each value is made', () => {
  const titles = drawn(opened('neuron')).nodes.map(({ title }) => title)
  expect(titles).toContain('u₁ = w × x')
  expect(titles).toContain('a = relu(z)')
  expect(titles).toContain('L = u₂²')
})

test('layers fold to heat maps beside their weights, and unfold one at a time', () => {
  const structure = opened('xor')
  const z1 = structure.find.byName.get('z1')!
  const { nodes, matrices, edges } = draw(structure, 'right', new Set([z1]))
  expect(nodes.filter(({ value }) => value === z1).map(({ kind }) => kind)).toEqual(['folded'])
  expect(matrices.map(({ rows, columns }) => [rows, columns])).toEqual([[2, 4]])
  expect(edges.filter(({ weight }) => weight)).toHaveLength(4)
  expect(foldedAtFirst(structure).size).toBe(0)
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
