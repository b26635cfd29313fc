import { expect, test, vi } from 'vitest'
import cases from '../../../tests/conformance/sessions.json'
import whatifs from '../../../tests/conformance/whatifs.json'
import { Refusal } from '../contract/refusal'
import { Store } from '../learner/store.svelte'
import { Session } from '../session/session.svelte'
import type { ExerciseMessage, MistakesMessage, TraceMessage } from '../wire'
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

const { mistakes: found } = whatifs.find(({ name }) => name === 'flow') as unknown as { mistakes: MistakesMessage }
const session = new Session(trace)

function exerciseOf(change: Partial<ExerciseMessage>): ExerciseMessage {
  const numbers = { z1: 'z1', a1: 'a1', yhat: 'yhat' }
  return {
    id: 'next_number.flow.solo.7',
    kind: 'next_number',
    told: [],
    asks: Object.keys(numbers).map((name) => ({ name, prompt: `What is ${name}?`, choices: [] })),
    accepted: { numbers, marks: {}, rests: {}, says: {} },
    ...change,
  } as unknown as ExerciseMessage
}

const exercise = exerciseOf({})

function host(): { mistakes: ReturnType<typeof vi.fn<() => Promise<MistakesMessage>>> } {
  return { mistakes: vi.fn(() => Promise.resolve(found)) }
}

function begun(change: Partial<ExerciseMessage> = {}, store = new Store(null), api = host()): Attempt {
  return new Attempt(exerciseOf(change), session, store, api)
}

test('only what was answered is marked, and a mark stands until the answer is changed', async () => {
  const api = host()
  const attempt = begun({}, new Store(null), api)
  attempt.type('z1', '0.5')
  await attempt.check()
  expect(api.mistakes).toHaveBeenCalledWith(exercise.id)
  expect(Object.keys(attempt.marks)).toEqual(['z1'])
  expect(attempt.mark('z1')).toMatchObject({ correct: true, expected: 0.5, symbol: 'z₁' })
  expect(attempt.isSettled('z1')).toBe(true)
  attempt.type('z1', '7')
  expect(attempt.mark('z1')).toBeNull()
  await attempt.check('a1') // asked for, though blank
  expect(attempt.mark('z1')?.correct).toBe(false)
  expect(attempt.mark('a1')?.correct).toBeNull()
  expect(attempt.isSettled('a1')).toBe(false)
  expect(api.mistakes).toHaveBeenCalledTimes(1)
})

test('a slip is carried on and costs once', async () => {
  const attempt = begun()
  attempt.type('z1', '2')
  attempt.type('a1', '2')
  await attempt.check()
  expect(attempt.mark('z1')).toMatchObject({ correct: false })
  expect(attempt.mark('a1')).toMatchObject({ correct: true, carried: true, expected: 2 })
})

test('a sign alone does not settle a number, and a number that is shown does', async () => {
  const attempt = begun()
  attempt.type('z1', 'positive')
  await attempt.check('z1')
  expect(attempt.mark('z1')?.correct).toBe(true)
  expect(attempt.isSettled('z1')).toBe(false)
  for (let n = 0; n < 9; n++) attempt.hint('z1')
  expect(attempt.hints['z1']).toBe(SHOWN)
  expect(attempt.isSettled('z1')).toBe(true)
})

test('after a reload everything is there, and what was graded is graded again', async () => {
  const store = new Store(null)
  const before = begun({}, store)
  before.type('z1', '0.5')
  await before.check()
  before.type('a1', 'a half or so')
  const after = begun({}, store)
  await vi.waitFor(() => expect(after.mark('z1')?.correct).toBe(true))
  expect(after.text('a1')).toBe('a half or so')
})

test('without the mistakes it is graded all the same, and that is said', async () => {
  const attempt = begun({}, new Store(null), {
    mistakes: vi.fn(() => Promise.reject(new Refusal({ message: 'The server does not answer.', source: null, line: null }))),
  })
  attempt.type('z1', '7')
  await attempt.check()
  expect(attempt.mark('z1')).toMatchObject({ correct: false, mistakes: [] })
  expect(attempt.fault).toContain('The server does not answer.')
})

test('a choice has the mark that came with it, and nothing is asked for it', async () => {
  const api = host()
  const mark = { name: 'which', symbol: 'which', typed: 'b', correct: true, expected: 'b', mistakes: [], feedback: 'Right.', carried: false, step: '' }
  const attempt = begun(
    {
      kind: 'find_the_mistake',
      asks: [{ name: 'which', prompt: 'Which?', choices: ['a', 'b'] }],
      accepted: { numbers: {}, marks: { which: { b: mark, '': { ...mark, typed: '', correct: null } } }, rests: {} },
    },
    new Store(null),
    api,
  )
  attempt.type('which', 'b')
  await attempt.check()
  expect(attempt.mark('which')).toEqual(mark)
  attempt.type('which', '')
  await attempt.check('which')
  expect(attempt.mark('which')?.correct).toBeNull()
  expect(api.mistakes).not.toHaveBeenCalled()
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

test('steps are written out as the worked steps have them', () => {
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
