import { expect, test } from 'vitest'
import cases from '../../../tests/conformance/sessions.json'
import { Session } from '../session/session.svelte'
import type { TraceMessage } from '../wire'
import { findable, matching } from './finding'

const all = cases as unknown as readonly { name: string; message: TraceMessage }[]
const flow = new Session(all.find(({ name }) => name === 'flow')!.message)
const PRESETS = [{ name: 'xor', title: 'XOR', description: 'four corners' }]
const found = findable(['home', 'explore', 'practice'], PRESETS, flow)
const labels = (typed: string): string[] => matching(found, typed).map(({ label }) => label)

test('with nothing typed, rooms and networks are there', () => {
  expect(labels('')).toEqual(['Home', 'Explore', 'Practice', 'XOR'])
})

test('a value is found by its name, as it is typed or as it is written', () => {
  for (const typed of ['dL/dw1', '∂L/∂w₁']) {
    const first = matching(found, typed)[0]!
    expect(first.value).toBe(flow.find.byName.get('dL/dw1'))
  }
  expect(labels('z1')[0]).toBe('z₁')
})

test('a word brings its meaning, and the start of a name comes before its inside', () => {
  expect(matching(found, 'logit')[0]).toMatchObject({ kind: 'word', detail: expect.stringContaining('sigmoid') })
  expect(labels('pra')[0]).toBe('Practice')
})

test('what is nowhere is not found', () => {
  expect(matching(found, 'qqq')).toEqual([])
})
