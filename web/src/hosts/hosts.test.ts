// Every adapter gives the same host: the same questions, and refusals that say what to do.
import { afterEach, describe, expect, test, vi } from 'vitest'
import type { ExerciseRequest } from '../contract/exercises'
import type { FullHost } from '../contract/host'
import type { Listener } from '../contract/model'
import { Refusal } from '../contract/refusal'
import { Store } from '../learner/store.svelte'
import type { TraceMessage } from '../wire'
import { filesHost } from './files'
import { localModel } from './local'
import { notebookHost, type Sent } from './notebook'
import { serverHost } from './server'

const store = new Store(null)
const EXERCISE: ExerciseRequest = { seed: 7, kind: 'next_number', feature: 'fanout', fading: 'solo', difficulty: 1 }

afterEach(() => vi.unstubAllGlobals())

interface Asked {
  readonly address: string
  readonly content: unknown
}

/** Answers requests from a table; what is not in it is not found. */
function fetching(answers: Readonly<Record<string, unknown>>): Asked[] {
  const asked: Asked[] = []
  vi.stubGlobal('fetch', async (address: string, { body }: { body?: string } = {}) => {
    asked.push({ address, content: body && JSON.parse(body) })
    const found = Object.hasOwn(answers, address)
    return new Response(found ? JSON.stringify(answers[address]) : 'nothing', { status: found ? 200 : 404 })
  })
  return asked
}

/** A notebook whose other side answers with what a function gives. */
function answering(answer: (sent: Sent) => object | null): { host: ReturnType<typeof notebookHost>; sent: Sent[] } {
  const sent: Sent[] = []
  const listeners = new Set<Listener>()
  const model = {
    ...localModel(),
    on: (event: string, listener: Listener) => void (event === 'msg:custom' && listeners.add(listener)),
    off: (_: string, listener: Listener) => void listeners.delete(listener),
    send(message: unknown) {
      sent.push(message as Sent)
      const received = answer(message as Sent)
      if (received) queueMicrotask(() => listeners.forEach((listen) => listen(received, [])))
    },
  }
  return { host: notebookHost(model, store, 20), sent }
}

test('a server is asked what a notebook is asked, and both with what is needed to answer', async () => {
  const trace = { name: 'my', spec: { title: 'my' } } as unknown as TraceMessage
  const ask = async ({ traces, practice }: FullHost): Promise<void> => {
    await traces.presets()
    const found = await traces.trace({ spec: { a: 1 }, files: { 'my.csv': 'a,b' } })
    await traces.mistakes(found)
    await traces.swapped(found, 'relu=sigmoid')
    await practice.exercise(EXERCISE)
    await practice.mistakes('next_number.fanout.solo.7')
  }
  const wanted = [
    ['presets', {}],
    ['trace', { spec: { a: 1 }, files: { 'my.csv': 'a,b' } }],
    ['mistakes', { spec: { title: 'my' }, files: { 'my.csv': 'a,b' } }],
    ['trace', { spec: { title: 'my' }, files: { 'my.csv': 'a,b' }, swap: 'relu=sigmoid' }],
    ['exercise', EXERCISE],
    ['exercise/mistakes', { id: 'next_number.fanout.solo.7' }],
  ]
  const { host, sent } = answering(({ id }) => ({ id, answer: trace }))
  await ask(host)
  expect(sent.map(({ ask, payload }) => [ask, payload])).toEqual(wanted)
  const asked = fetching(Object.fromEntries(wanted.map(([question]) => [`api/${question}`, trace])))
  await ask(serverHost(store))
  expect(asked.map(({ address, content = {} }) => [address.replace('api/', ''), content])).toEqual(wanted)
})

describe('a server', () => {
  test('that refuses is quoted, with where the fault lies', async () => {
    vi.stubGlobal('fetch', async () => Response.json({ message: 'an empty cell', source: 'a.csv', line: 7 }, { status: 400 }))
    const refused = await serverHost(store).traces.csv({ name: 'a.csv', text: '' }).catch((fault: unknown) => fault)
    expect(refused).toBeInstanceOf(Refusal)
    expect(refused).toMatchObject({ message: 'an empty cell', source: 'a.csv', line: 7 })
  })

  test('that is gone, or answers something else, is said', async () => {
    vi.stubGlobal('fetch', () => Promise.reject(new TypeError('network')))
    await expect(serverHost(store).traces.presets()).rejects.toThrow('Is whygrad still running?')
    vi.stubGlobal('fetch', async () => new Response('<html>', { status: 502 }))
    await expect(serverHost(store).traces.presets()).rejects.toThrow('answered 502')
  })

  test('that needs time is asked again until it has the answer', async () => {
    const answers = [{ doing: 'training', done: 0.5 }, { seed: 7 }]
    vi.stubGlobal('fetch', async () => Response.json(answers.shift()))
    const hear = vi.fn()
    const { clinic } = serverHost(store)
    expect(await clinic.patient(7, { hear, left: new AbortController().signal })).toEqual({ seed: 7 })
    expect(hear.mock.calls).toEqual([[{ doing: 'training', done: 0.5 }]])
  })
})

describe('files', () => {
  const trace = { name: 'xor', spec: { title: 'XOR' } }
  const exercise = { id: 'next_number.fanout.solo.7.v2', trace: { name: 'exercise', spec: { title: 'it' } } }
  const FILES = {
    'answers/presets.json': [{ name: 'xor' }],
    'answers/initial.json': trace,
    'answers/traces/xor.json': trace,
    'answers/mistakes/xor.json': { mistakes: ['xor'] },
    'answers/exercises/next_number.fanout.solo.7.v2.json': exercise,
    'answers/mistakes/next_number.fanout.solo.7.v2.json': { mistakes: ['fanout'] },
  }

  test('answer what was written beforehand, from the folder that the page names', async () => {
    const asked = fetching(FILES)
    const { traces, practice } = filesHost('answers/', store)
    expect(await traces.presets()).toEqual([{ name: 'xor' }])
    expect(await traces.trace({ preset: 'xor' })).toEqual(trace)
    expect(await traces.mistakes(await traces.initial())).toEqual({ mistakes: ['xor'] })
    const { trace: made } = await practice.exercise(EXERCISE)
    expect(await traces.mistakes(made)).toEqual({ mistakes: ['fanout'] })
    expect(await practice.mistakes('next_number.fanout.solo.7.v2')).toEqual({ mistakes: ['fanout'] })
    expect(asked.map(({ address }) => address)).toContain('answers/mistakes/next_number.fanout.solo.7.v2.json')
    expect(practice.worksheets).toBeNull()
  })

  test('say what they cannot do, and how to get it', async () => {
    fetching(FILES)
    const { traces, practice, clinic } = filesHost('answers/', store)
    const opened = await traces.trace({ preset: 'xor' })
    const whygrad = /made of files alone.*install whygrad.*whygrad open/
    await expect(traces.trace({ preset: '../xo' })).rejects.toThrow(whygrad)
    await expect(traces.trace({ spec: {}, files: {} })).rejects.toThrow(whygrad)
    await expect(traces.csv({ name: 'a', text: '' })).rejects.toThrow(whygrad)
    await expect(traces.swapped(opened, 'relu=sigmoid')).rejects.toThrow(whygrad)
    await expect(traces.mistakes({ name: 'other', spec: {} } as TraceMessage)).rejects.toThrow(whygrad)
    await expect(practice.exercise({ ...EXERCISE, difficulty: 2 })).rejects.toThrow(whygrad)
    await expect(practice.homework({ preset: 'xor', lines: 'L = 1' })).rejects.toThrow(whygrad)
    await expect(clinic.info()).rejects.toThrow('whygrad[clinic]')
  })

  test('that are not there are said too', async () => {
    vi.stubGlobal('fetch', () => Promise.reject(new TypeError('network')))
    await expect(filesHost('answers/', store).traces.presets()).rejects.toThrow('not complete')
  })
})

describe('a notebook', () => {
  test('answers each question by its number, in any order', async () => {
    const held: Sent[] = []
    const { host } = answering(({ id, ask, payload }) => {
      held.push({ id, ask, payload })
      return null
    })
    const both = Promise.all([host.traces.presets(), host.practice.info()])
    await new Promise((go) => setTimeout(go))
    const [first, second] = held
    expect([first!.ask, second!.ask]).toEqual(['presets', 'practice'])
    expect(first!.id).not.toBe(second!.id)
    host.leave()
    await expect(both).rejects.toThrow('kernel')
  })

  test('that refuses is quoted', async () => {
    const { host } = answering(({ id }) => ({ id, error: { message: 'unknown preset', source: null, line: 3 } }))
    await expect(host.traces.trace({ preset: 'xo' })).rejects.toMatchObject({ message: 'unknown preset', line: 3 })
  })

  test('whose kernel is busy or gone is waited for a while, and that is said', async () => {
    const { host } = answering(() => null)
    await expect(host.traces.presets()).rejects.toThrow('does not answer')
  })

  test('hears only what it asked for', async () => {
    const { host } = answering(({ id }) => ({ id: id + 1, answer: [] }))
    await expect(host.traces.presets()).rejects.toThrow('does not answer')
  })
})
