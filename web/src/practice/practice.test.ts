import { expect, test, vi } from 'vitest'
import cases from '../../../tests/conformance/sessions.json'
import { Refusal } from '../contract/refusal'
import { Store } from '../learner/store.svelte'
import { Session } from '../study/session.svelte'
import type { ExerciseMessage, MarkMessage, TraceMessage } from '../wire'
import { arrowsOf, curve, namesOf, places, toggled } from './arrows'
import { Attempt, SHOWN } from './attempt.svelte'
import { moved, orderOf } from './order'
import { another, askedBy, beginning, requestOf } from './request'
import { elements, leaves, story, worked } from './steps'

const trace = cases[0]!.message as unknown as TraceMessage

// --- what is asked for ------------------------------------------------------------------------

test('an address asks for an exercise, as the command line does', () => {
  expect(requestOf({ seed: '7', kind: 'fill_blanks', feature: 'fanout', fading: 'worked' })).toEqual({
    seed: 7,
    kind: 'fill_blanks',
    feature: 'fanout',
    fading: 'worked',
    difficulty: 1,
  })
  expect(requestOf({})).toEqual({ seed: 0, difficulty: 1, kind: 'next_number', fading: 'solo' })
  expect(requestOf({ seed: 'x' }).seed).toBe(-1) // which the server refuses, and says why
})

test('what is asked for is written into the address, without what goes without saying', () => {
  const request = { seed: 7, kind: 'next_number', feature: 'fanout', fading: 'worked', difficulty: 3 }
  expect(requestOf(askedBy(request))).toEqual(request)
  expect(askedBy({ ...request, fading: 'solo', difficulty: 1 })).toEqual({ kind: 'next_number', feature: 'fanout', seed: '7' })
  expect(askedBy({ ...request, kind: 'draw_the_graph' })).not.toHaveProperty('fading')
  expect(requestOf(beginning(0.5))).toMatchObject({ feature: 'chain', fading: 'worked', seed: 5000 })
  expect(another(request)).toEqual({ ...request, seed: 8 })
})

// --- an attempt -------------------------------------------------------------------------------

const exercise = {
  id: 'next_number.fanout.solo.7',
  asks: ['a', 'L'].map((name) => ({ name, prompt: `What is ${name}?`, choices: [] })),
} as unknown as ExerciseMessage

function marked(name: string, typed: string, correct: boolean | null): MarkMessage {
  return { name, symbol: name, typed, correct, expected: 6, mistakes: [], feedback: '', carried: false, step: '' }
}

/** Grades everything as right; what it was given is noted. */
function grader() {
  return {
    grade: vi.fn(async (_: string, answers: Readonly<Record<string, string>>) =>
      exercise.asks.map(({ name }) => marked(name, answers[name] ?? '', answers[name] ? true : null)),
    ),
  }
}

test('only what was answered is marked, and a mark stands until the answer is changed', async () => {
  const api = grader()
  const attempt = new Attempt(exercise, new Store(null), api)
  attempt.type('a', '6')
  await attempt.check()
  expect(api.grade).toHaveBeenCalledWith(exercise.id, { a: '6' })
  expect(Object.keys(attempt.marks)).toEqual(['a'])
  expect(attempt.isSettled('a')).toBe(true)
  attempt.type('a', '7')
  expect(attempt.mark('a')).toBeNull()
  await attempt.check('L') // asked for, though blank
  expect(attempt.mark('L')?.correct).toBeNull()
  expect(attempt.isSettled('L')).toBe(false)
})

test('a sign alone does not settle a number, and a number that is shown does', async () => {
  const attempt = new Attempt(exercise, new Store(null), grader())
  attempt.type('a', 'positive')
  await attempt.check('a')
  expect(attempt.mark('a')?.correct).toBe(true)
  expect(attempt.isSettled('a')).toBe(false)
  for (let n = 0; n < 9; n++) attempt.hint('a')
  expect(attempt.hints['a']).toBe(SHOWN)
  expect(attempt.isSettled('a')).toBe(true)
})

test('after a reload everything is there, and what was graded is graded again', async () => {
  const store = new Store(null)
  const before = new Attempt(exercise, store, grader())
  before.type('a', '6')
  await before.check()
  before.type('L', 'twelve or so')
  const api = grader()
  const after = new Attempt(exercise, store, api)
  await vi.waitFor(() => expect(after.mark('a')?.correct).toBe(true))
  expect(after.text('L')).toBe('twelve or so')
  expect(api.grade).toHaveBeenCalledWith(exercise.id, { a: '6' })
})

test('where the server does not answer, it is said and nothing is lost', async () => {
  const attempt = new Attempt(exercise, new Store(null), {
    grade: () => Promise.reject(new Refusal({ message: 'The server does not answer.', source: null, line: null })),
  })
  attempt.type('a', '6')
  await attempt.check()
  expect(attempt.fault).toBe('The server does not answer.')
  expect(attempt.text('a')).toBe('6')
})

// --- graphs -----------------------------------------------------------------------------------

const names = namesOf(['x', 'w', 'z', 'yhat'], (name) => (name === 'yhat' ? 'ŷ' : name))

test('arrows are read as the command line reads them, names as on the page too', () => {
  expect(arrowsOf('x -> z, w → z\nz --> ŷ; x->z', names)).toEqual([
    { from: 'x', to: 'z' },
    { from: 'w', to: 'z' },
    { from: 'z', to: 'yhat' },
  ])
  expect(arrowsOf('x -> z -> yhat', names)).toHaveLength(2)
  expect(arrowsOf('', names)).toEqual([])
})

test('joining and taking out keeps what was typed and is not understood', () => {
  const arrow = { from: 'x', to: 'z' }
  const typed = 'x -> z -> yhat, what -> ever'
  expect(toggled(typed, arrow, names)).toBe('z -> yhat, what -> ever')
  expect(toggled(toggled(typed, arrow, names), arrow, names)).toBe('z -> yhat, what -> ever, x -> z')
  expect(toggled('', arrow, names)).toBe('x -> z')
})

test('what is computed stands in a row in its order, and a far arrow goes around what is between', () => {
  const where = places(['x', 'a', 'b', 'L'], (name) => name === 'x', 300, 100)
  expect(['a', 'b', 'L'].map((name) => where.get(name))).toEqual([50, 150, 250].map((x) => ({ x, y: 50 })))
  expect(where.get('x')!.y).toBeLessThan(20)
  expect(curve(where.get('a')!, where.get('b')!, 20, where.values())).toBe('M70,50Q100,50 126,50')
  expect(curve(where.get('a')!, where.get('L')!, 20, where.values())).toMatch(/Q150,-30 /)
})

// --- orders -----------------------------------------------------------------------------------

test('an order is what was typed, if it has everything once', () => {
  const mixed = ['dL/dW1[0,0]', 'dL/db', 'dL/dz']
  expect(orderOf('dL/dz, dL/db, dL/dW1[0,0]', mixed)).toEqual(['dL/dz', 'dL/db', 'dL/dW1[0,0]'])
  expect(orderOf('dL/dz, dL/db', mixed)).toBe(mixed)
  expect(orderOf('', mixed)).toBe(mixed)
  expect(moved(mixed, 0, 2)).toEqual(['dL/db', 'dL/dz', 'dL/dW1[0,0]'])
  expect(moved(mixed, 2, -1)).toEqual(['dL/dz', 'dL/dW1[0,0]', 'dL/db'])
})

// --- steps ------------------------------------------------------------------------------------

test('steps are written out as the lesson has them', () => {
  const session = new Session(trace)
  const named = elements(session)
  expect([...named.keys()].slice(0, 5)).toEqual(['z1', 'a1', 'yhat', 'L', 'dL/dyhat'])
  expect(story(session).map(({ name }) => name)).toEqual(['z1', 'a1', 'yhat', 'L'])
  expect(story(session)[0]!.tex).toBe(String.raw`z_{1} = w_{1} \cdot x + b_{1}`)
  expect(worked(session, named.get('z1')!)).toBe(
    String.raw`z_{1} = w_{1} \cdot x + b_{1} = 0.5 \times 1 + 0 = 0.5`,
  )
  expect(leaves(session).map(({ name }) => name)).toEqual(['x', 't', 'w₁', 'b₁', 'w₂', 'b₂', 'η'])
})
