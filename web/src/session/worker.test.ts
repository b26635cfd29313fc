// A session whose training is done by a worker shows what it shows without one; whatever the person
// does on the way, it goes on from what stands on the page.

import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import cases from '../../../tests/conformance/sessions.json'
import type { WorkerLike } from '../training/remote'
import { type Job, Trainer } from '../training/trainer'
import type { TraceMessage } from '../wire'
import { Session, SPEEDS } from './session.svelte'

const FULL = SPEEDS.length - 1

function traceOf(name: string): TraceMessage {
  const found = (cases as unknown as readonly { name: string; message: TraceMessage }[]).find((one) => one.name === name)!
  return { ...found.message, iterations: 5000 }
}

/** A worker in this thread, which sends a frame of some stretches every few milliseconds. */
class Fake implements WorkerLike {
  static all: Fake[] = []
  static failing = false
  onmessage: Worker['onmessage'] = null
  onerror: Worker['onerror'] = null
  terminated = false
  frames = 0

  constructor() {
    Fake.all.push(this)
  }

  postMessage(job: Job): void {
    const trainer = new Trainer(structuredClone(job))
    const send = (): void => {
      if (this.terminated) return
      if (Fake.failing) {
        this.onerror?.call(this as never, new ErrorEvent('error'))
        return
      }
      let stretches = 30
      const frame = structuredClone(trainer.train(() => --stretches <= 0))
      this.frames++
      this.onmessage?.call(this as never, new MessageEvent('message', { data: { frame } }))
      if (!frame.done) setTimeout(send, 5)
    }
    setTimeout(send, 5)
  }

  terminate(): void {
    this.terminated = true
  }
}

function opened(name: string): { session: Session; other: Session } {
  return { session: new Session(traceOf(name), () => new Fake()), other: new Session(traceOf(name)) }
}

function expectSame(a: Session, b: Session): void {
  expect(a.iteration).toBe(b.iteration)
  expect(a.fault).toBe(b.fault)
  expect(a.losses.slice(0, a.iteration + 1)).toEqual(b.losses.slice(0, b.iteration + 1))
  for (const { id } of a.tape.values) expect(a.values(id)).toEqual(b.values(id))
}

function stepTo(session: Session, iteration: number): void {
  while (session.iteration < iteration) session.nextIteration()
}

beforeEach(() => {
  Fake.all = []
  Fake.failing = false
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
})

afterEach(() => void vi.useRealTimers())

describe.each(['flow', 'xor', 'uneven', 'composed'])('%s', (name) => {
  test('is played by the worker, paused, stepped, rewound and played again', () => {
    const { session, other } = opened(name)
    session.speed = FULL
    session.play()
    vi.advanceTimersByTime(100)
    session.pause()
    const paused = session.iteration
    expect(paused).toBeGreaterThan(20)
    expect(Fake.all.map(({ terminated }) => terminated)).toEqual([true])
    vi.advanceTimersByTime(100)
    expect(session.iteration).toBe(paused)
    stepTo(other, paused)
    expectSame(session, other)
    session.nextIteration()
    other.nextIteration()
    expectSame(session, other)
    session.seek(7)
    expect(session.iteration).toBe(7)
    session.play()
    vi.advanceTimersByTime(200)
    session.pause()
    expect(session.iteration).toBeGreaterThan(paused)
    stepTo(other, session.iteration)
    expectSame(session, other)
  })
})

test('a slower speed takes training back, where it stands', () => {
  const { session, other } = opened('uneven')
  session.speed = FULL
  session.play()
  vi.advanceTimersByTime(60)
  session.speed = SPEEDS.findIndex(({ iterations }) => iterations === 20)
  vi.advanceTimersByTime(100)
  const { iteration } = session
  vi.advanceTimersByTime(1000)
  session.pause()
  expect(session.iteration).toBeGreaterThan(iteration)
  expect(session.iteration).toBeLessThan(iteration + 30)
  expect(Fake.all.every(({ terminated }) => terminated)).toBe(true)
  stepTo(other, session.iteration)
  expectSame(session, other)
})

test('a number changed while it plays holds from the iteration that is shown', () => {
  const { session, other } = opened('uneven')
  const weight = session.find.byName.get('W1')!
  session.speed = FULL
  session.play()
  vi.advanceTimersByTime(60)
  session.edit(weight, 0, 0.125)
  const at = session.iteration
  expect(session.values(weight)[0]).toBe(0.125)
  vi.advanceTimersByTime(100)
  session.pause()
  expect(session.iteration).toBeGreaterThan(at)
  stepTo(other, at)
  other.edit(weight, 0, 0.125)
  stepTo(other, session.iteration)
  expectSame(session, other)
})

test('trained far ahead, and given up on the way', async () => {
  const { session, other } = opened('xor')
  const done = session.trainTo(10_000_000)
  await vi.advanceTimersByTimeAsync(30)
  expect(session.training).toBe(true)
  expect(Fake.all).toHaveLength(1)
  session.pause()
  await done
  expect(session.training).toBe(false)
  stepTo(other, session.iteration)
  expectSame(session, other)
})

test('to the end, which the worker comes to', async () => {
  const { session, other } = opened('uneven')
  const done = session.trainTo(4999)
  await vi.advanceTimersByTimeAsync(10_000)
  await done
  expect(session.iteration).toBe(4999)
  stepTo(other, 4999)
  expectSame(session, other)
})

test('a NaN stops it where stepping stops', () => {
  const { session, other } = opened('uneven')
  for (const one of [session, other]) one.edit(one.find.byName.get('learning_rate')!, 0, 1e160)
  session.speed = FULL
  session.play()
  vi.advanceTimersByTime(1000)
  expect(session.playing).toBe(false)
  expect(session.fault).not.toBeNull()
  while (!other.fault) other.nextIteration()
  expectSame(session, other)
})

describe('without a worker that works', () => {
  test.each([
    ['one that fails', () => ((Fake.failing = true), new Fake())],
    [
      'one that cannot be started',
      (): WorkerLike => {
        throw new DOMException('a page from a file', 'SecurityError')
      },
    ],
  ])('%s: it is trained in the page', async (_, make) => {
    const [session, other] = [new Session(traceOf('xor'), make), new Session(traceOf('xor'))]
    session.speed = FULL
    session.play()
    await vi.advanceTimersByTimeAsync(300)
    session.pause()
    expect(session.iteration).toBeGreaterThan(100)
    const done = session.trainTo(4000)
    await vi.advanceTimersByTimeAsync(10_000)
    await done
    expect(session.iteration).toBe(4000)
    expect(Fake.all.length).toBeLessThan(2)
    stepTo(other, 4000)
    expectSame(session, other)
  })
})
