// What is trained in stretches, compiled, is what stepping gives, to the last bit; and a History takes it
// over at any iteration as if it had stepped there itself.

import { describe, expect, test, vi } from 'vitest'
import cases from '../../../tests/conformance/sessions.json'
import { lookups } from '../player/tape'
import type { TraceMessage } from '../wire'
import { History } from './history'
import { type Frame, Trainer } from './trainer'

const TRACES = (cases as unknown as readonly { name: string; message: TraceMessage }[]).map(
  ({ name, message }) => [name, message] as const,
)
const ITERATIONS = 700

/** Stops after so many stretches. */
function after(stretches: number): () => boolean {
  return () => --stretches <= 0
}

function stepped(history: History, to: number): History {
  while (history.iteration < to && history.next());
  return history
}

/** Trains in frames of some stretches each and hands every frame over. */
function trained(history: History, to: number, stretches = 5): Frame[] {
  const job = history.job(to)
  if (!job) return []
  const trainer = new Trainer(structuredClone(job))
  const frames: Frame[] = []
  do {
    frames.push(structuredClone(trainer.train(after(stretches))))
    history.adopt(frames.at(-1)!)
  } while (!frames.at(-1)!.done)
  return frames
}

function expectSame(a: History, b: History): void {
  expect(a.iteration).toBe(b.iteration)
  expect(a.fault).toEqual(b.fault)
  expect(a.losses).toEqual(b.losses)
  expect(a.indices).toEqual(b.indices)
  expect(a.player.values).toEqual(b.player.values)
}

function traceOf(name: string): TraceMessage {
  return TRACES.find(([known]) => known === name)![1]
}

describe.each(TRACES)('%s', (_, trace) => {
  test('is trained as stepping does', () => {
    const history = new History(trace)
    const frames = trained(history, ITERATIONS)
    expect(frames.every(({ compiled }) => compiled)).toBe(true)
    expectSame(history, stepped(new History(trace), ITERATIONS))
  })

  test('goes back to any iteration of the way', () => {
    const history = new History(trace)
    trained(history, ITERATIONS, 40)
    for (const iteration of [0, 1, 10, 333, history.iteration - 1].filter((n) => n >= 0 && n <= history.iteration)) {
      history.seek(iteration)
      const { losses } = history
      const other = stepped(new History(trace), iteration)
      expect(history.player.values).toEqual(other.player.values)
      expect(losses.slice(0, iteration + 1)).toEqual(other.losses)
    }
  })

  test('keeps, of what it trains, what stepping keeps', () => {
    const history = new History(trace)
    trained(history, 200, 1) // a row in every frame
    const other = stepped(new History(trace), 200)
    for (const { id } of lookups(trace.tape).leaves) {
      const [a, b] = [history.series(id, 0), other.series(id, 0)]
      expect(a.values).toEqual(b.values.filter((__, n) => (n * b.every) % a.every === 0))
    }
  })
})

describe('where nothing may be compiled', () => {
  test.each(['xor', 'uneven', 'composed'])('%s is trained by closures', (name) => {
    vi.stubGlobal('Function', () => {
      throw new EvalError('the content policy forbids it')
    })
    const history = new History(traceOf(name))
    const frames = trained(history, 60)
    vi.unstubAllGlobals()
    expect(frames.some(({ compiled }) => compiled)).toBe(false)
    expectSame(history, stepped(new History(traceOf(name)), 60))
  })
})

describe('handed over on the way', () => {
  const trace = traceOf('uneven')

  test('stepped, rewound, trained again: the same', () => {
    const history = new History(trace)
    trained(history, 123)
    history.next()
    history.seek(40)
    trained(history, 300)
    expectSame(history, stepped(new History(trace), 300))
  })

  test('a number changed by hand holds, and one changed later is waited for', () => {
    const edits = (history: History): void => {
      const weight = lookups(trace.tape).byName.get('W1')!
      const x = lookups(trace.tape).byName.get('x')!
      history.seek(50)
      history.edit(weight, 3, 0.25)
      history.seek(90)
      history.edit(x, 1, -1.5)
      history.seek(20)
    }
    const [history, other] = [new History(trace), new History(trace)]
    edits(history)
    edits(other)
    expect(history.job(200)!.to).toBe(49)
    trained(history, 200)
    expect(history.iteration).toBe(49)
    history.next()
    trained(history, 200)
    expect(history.iteration).toBe(89)
    history.next()
    trained(history, 200)
    expectSame(history, stepped(other, 200))
  })

  test('a learning rate that is far too high: it stops where stepping stops', () => {
    const high = (history: History): History => {
      history.seek(30)
      history.edit(lookups(trace.tape).byName.get('learning_rate')!, 0, 1e200)
      return history
    }
    const history = high(new History(trace))
    trained(history, 5000)
    expect(history.fault).not.toBeNull()
    expect(history.job(5000)).toBeNull()
    expectSame(history, stepped(high(new History(trace)), 5000))
  })

  test.each(['step', 'cosine', 'one_cycle', 'plateau'])('the schedule %s', (name) => {
    const options = {
      step: { every: 40, gamma: 0.5 },
      cosine: { iterations: 200, final: 0.01 },
      one_cycle: { iterations: 200, rise: 0.3, start: 0.04, final: 0.0001 },
      plateau: { factor: 0.5, patience: 5, threshold: 0.01, cooldown: 2, final: 0 },
    }[name]!
    const scheduled = {
      ...trace,
      spec: { ...trace.spec, schedule: { name, ...options } },
    } as unknown as TraceMessage
    const history = new History(scheduled)
    trained(history, 250)
    expect(history.schedule).toBe(name)
    expectSame(history, stepped(new History(scheduled), 250))
  })
})

test('a run that is long keeps few rows, and each is right', () => {
  const trace = traceOf('xor')
  const history = new History(trace)
  const frames = trained(history, 40_000, 2000)
  expect(frames.at(-1)!.every).toBeGreaterThan(1)
  const id = trace.tape.carries[0]![0]
  const { every, values } = history.series(id, 0)
  expect(values).toHaveLength(Math.floor(history.iteration / every) + 1)
  const other = stepped(new History(trace), 20 * every)
  expect(values[20]).toBe(other.player.values[id]![0])
})
