import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { FullHost } from '../contract/host'
import type { Model } from '../contract/model'
import { Refusal } from '../contract/refusal'
import type { TraceApi } from '../contract/traces'
import { Store } from '../learner/store.svelte'
import type { TraceMessage } from '../wire'
import { localModel } from './local'
import { Router } from './router'

const START = { iteration: 0, position: 0 }
let model: Model
let router: Router

function traceOf(name: string): TraceMessage {
  return { name } as TraceMessage
}

const traces = {
  initial: vi.fn<TraceApi['initial']>(),
  presets: vi.fn<TraceApi['presets']>(),
  trace: vi.fn<TraceApi['trace']>(),
} as unknown as { [K in 'initial' | 'presets' | 'trace']: ReturnType<typeof vi.fn<TraceApi[K]>> } & TraceApi

beforeEach(() => {
  vi.useFakeTimers()
  vi.clearAllMocks()
  traces.initial.mockResolvedValue(traceOf('flow'))
  traces.presets.mockResolvedValue(['flow', 'xor'].map((name) => ({ name, title: name, description: '' })))
  traces.trace.mockImplementation(async (asked) => traceOf('preset' in asked ? asked.preset : 'my own'))
})

afterEach(() => {
  router.leave()
  vi.useRealTimers()
})

/** The page at an address; the explorer says where it stands, as the view does. */
async function arrived(address: string): Promise<void> {
  history.replaceState(null, '', `/${address}`)
  model = localModel()
  router = new Router(model, { traces, practice: {}, clinic: {}, store: new Store(null) } as unknown as FullHost)
  await settled()
}

function settled(): Promise<unknown> {
  return vi.advanceTimersByTimeAsync(0)
}

/** What the explorer does once a trace is there. */
function stand(iteration: number, position: number): void {
  model.set('place', { iteration, position })
}

/** Another address, as a link or the buttons of the browser lead to it. */
async function led(hash: string): Promise<void> {
  history.pushState(null, '', hash)
  window.dispatchEvent(new PopStateEvent('popstate'))
  await settled()
}

test('an address that names nothing is of home, and is left as it is', async () => {
  await arrived('')
  expect(model.get('room')).toEqual({ name: 'home', asked: {} })
  expect(model.get('trace')).toBeUndefined()
  expect(traces.initial).not.toHaveBeenCalled()
  expect(location.hash).toBe('')
})

test('the explorer opens what the host opens on', async () => {
  await arrived('#room=explore')
  expect(model.get('trace')).toEqual(traceOf('flow'))
  expect(model.get('start')).toEqual(START)
  expect(model.get('room')).toEqual({ name: 'explore', asked: {} })
})

test('where the explorer was left is kept, to be gone on with from home', async () => {
  await arrived('#preset=xor&step=2')
  stand(4, 3)
  await led('/')
  expect(model.get('room')).toEqual({ name: 'home', asked: {} })
  expect(router.host.store.read().last?.address).toBe('#preset=xor&iteration=5&step=3')
})

test('a trace that a room looks at is not what is open', async () => {
  await arrived('')
  await router.host.traces.trace({ preset: 'xor' })
  await led('#preset=xor&step=3')
  expect(model.get('trace')).toEqual(traceOf('xor'))
  expect(model.get('start')).toEqual({ iteration: 0, position: 3 })
})

test('one that asks for what is one’s own comes back to what is open', async () => {
  await arrived('#preset=xor')
  stand(0, 0)
  await led('#room=explore&open=own')
  expect(model.get('room')).toEqual({ name: 'explore', asked: { open: 'own' } })
  expect(traces.initial).not.toHaveBeenCalled()
})

test('a preset, an iteration and a step are opened', async () => {
  await arrived('#preset=xor&iteration=31&step=9')
  expect(traces.trace).toHaveBeenCalledWith({ preset: 'xor' })
  expect(traces.initial).not.toHaveBeenCalled()
  expect(model.get('start')).toEqual({ iteration: 30, position: 9 })
})

test('the address follows where the person stands, at most once in a while', async () => {
  await arrived('#preset=xor')
  const replaced = vi.spyOn(history, 'replaceState')
  for (let position = 1; position < 6; position++) stand(2, position)
  expect(location.hash).toBe('#preset=xor')
  await vi.advanceTimersByTimeAsync(400)
  expect(location.hash).toBe('#preset=xor&iteration=3&step=5')
  expect(replaced).toHaveBeenCalledTimes(1)
  replaced.mockRestore()
})

test('what the host opens on is named where it is a preset', async () => {
  await arrived('#room=explore')
  stand(0, 2)
  await vi.advanceTimersByTimeAsync(400)
  expect(location.hash).toBe('#preset=flow&step=2')
  await led('#preset=flow&step=1') // it is open: only gone to
  expect(model.get('go')).toEqual({ iteration: 0, position: 1 })
  expect(traces.trace).not.toHaveBeenCalled()
})

test('another trace that is chosen is a place of its own, to come back from', async () => {
  await arrived('#preset=flow')
  const before = history.length
  model.set('trace', await router.host.traces.trace({ preset: 'xor' }))
  stand(0, 0)
  expect(history.length).toBe(before + 1)
  stand(0, 3)
  await vi.advanceTimersByTimeAsync(400)
  expect(history.length).toBe(before + 1)
})

test('a trace that no address leads to has none: a reload would open another one there', async () => {
  await arrived('#preset=flow')
  model.set('trace', await router.host.traces.trace({ spec: {}, files: {} }))
  stand(0, 3)
  expect(location.hash).toBe('#room=explore')
  await led('#preset=xor')
  model.set('trace', traceOf('an exercise'))
  stand(0, 4)
  await vi.advanceTimersByTimeAsync(400)
  expect(location.hash).toBe('#room=explore')
})

test('what cannot be opened is said, and the next that can be takes it back', async () => {
  traces.trace.mockRejectedValueOnce(new Refusal({ message: 'no such preset', source: null, line: null }))
  await arrived('#preset=xo')
  expect(model.get('error')).toBe('no such preset')
  expect(model.get('trace')).toEqual(traceOf('flow')) // something to go on with
  expect(model.get('start')).toEqual(START)
  await led('#preset=xor')
  expect(model.get('error')).toBeNull()
  expect(model.get('trace')).toEqual(traceOf('xor'))
})

test('where the host opens on a spec of the person, the place in it is kept', async () => {
  traces.initial.mockResolvedValue(traceOf('my own'))
  await arrived('#iteration=3')
  stand(2, 5)
  await vi.advanceTimersByTimeAsync(400)
  expect(location.hash).toBe('#iteration=3&step=5')
})

test('a room is entered with what it is asked for, and the explorer is come back to as it was left', async () => {
  await arrived('#preset=xor&step=2')
  stand(0, 2)
  await led('#room=practice&seed=7')
  expect(model.get('room')).toEqual({ name: 'practice', asked: { seed: '7' } })
  expect(document.title).toBe('Practice · whygrad')
  await vi.advanceTimersByTimeAsync(400)
  expect(location.hash).toBe('#room=practice&seed=7') // what was to be written is not any more
  await led('#room=explore')
  expect(location.hash).toBe('#preset=xor&step=2')
  expect(document.title).toBe('Explore · whygrad')
  expect(traces.trace).toHaveBeenCalledTimes(1)
})

test('where a room begins by itself nobody goes back to; what is chosen there one does', async () => {
  await arrived('#room=practice')
  const before = history.length
  model.set('room', { name: 'practice', asked: { seed: '1' } })
  expect(location.hash).toBe('#room=practice&seed=1')
  expect(history.length).toBe(before)
  model.set('room', { name: 'practice', asked: { seed: '2' } })
  expect(history.length).toBe(before + 1)
})

test('once it is left, the address is let be', async () => {
  await arrived('#preset=xor')
  stand(0, 1)
  router.leave()
  stand(0, 2)
  await led('#room=clinic')
  await vi.advanceTimersByTimeAsync(400)
  expect(location.hash).toBe('#room=clinic')
  expect(model.get('room')).toEqual({ name: 'explore', asked: { preset: 'xor' } })
})

test('a table of the person is kept, and a reload opens it where they were', async () => {
  const store = new Store(localStorage)
  const arrive = async (address: string): Promise<void> => {
    history.replaceState(null, '', `/${address}`)
    model = localModel()
    router = new Router(model, { traces, practice: {}, clinic: {}, store } as unknown as FullHost)
    await settled()
  }
  await arrive('#preset=xor&iteration=1000')
  const asked = { spec: { network: {} }, files: { 'mine.csv': 'a,b\n1,2' } }
  model.set('trace', await router.host.traces.trace(asked))
  stand(6, 3)
  await vi.advanceTimersByTimeAsync(500)
  expect(location.hash).toBe('#table=my+own&iteration=7&step=3')
  router.leave()
  traces.trace.mockClear()
  await arrive(location.hash)
  expect(traces.trace).toHaveBeenCalledExactlyOnceWith(asked)
  expect([model.get('trace'), model.get('start')]).toEqual([traceOf('my own'), { iteration: 6, position: 3 }])
  expect(model.get('error')).toBeNull()
  // another preset is not the table
  model.set('trace', await router.host.traces.trace({ preset: 'xor' }))
  stand(0, 1)
  expect(location.hash).toBe('#preset=xor&step=1')
})

test('a table that is not kept is said not to be', async () => {
  await arrived('#table=theirs&iteration=3') // of somebody else's address
  expect(model.get('error')).toBe('theirs is not kept in this browser any more: open it again.')
  expect(model.get('trace')).toEqual(traceOf('flow')) // something to go on with
  model.set('trace', await router.host.traces.trace({ spec: {}, files: {} })) // this store keeps nothing
  stand(0, 2)
  await vi.advanceTimersByTimeAsync(500)
  expect(location.hash).toBe('#room=explore')
  expect(model.get('error')).toBe('This browser has no room to keep my own: after a reload, open it again.')
})
