// Many runs give what each gives alone, to the last bit.

import { expect, test } from 'vitest'
import cases from '../../../tests/conformance/sessions.json'
import { normal } from '../player/random'
import type { TraceMessage } from '../wire'
import { History } from './history'
import { Remote, type WorkerLike } from './remote'
import type { RunsJob } from './runs'

const ITERATIONS = 150
const RUNS = 5
const NAMES = ['flow', 'xor', 'uneven', 'plateau', 'composed']

function traceOf(name: string): TraceMessage {
  return (cases as unknown as readonly { name: string; message: TraceMessage }[]).find((one) => one.name === name)!.message
}

/** Runs from weights of their own: those of the trace, each a little different. */
function asked(name: string): RunsJob {
  const history = new History(traceOf(name))
  const job = history.job(ITERATIONS)!
  const starts = new Map(
    history.tape.carries.map(([id]) => {
      const start = job.leaves.get(id)!
      const noise = normal(3, `${id}`, RUNS * start.length, 0, history.tape.values[id]!.role === 'parameter' ? 0.1 : 0)
      return [id, noise.map((number, n) => number + start[n % start.length]!)]
    }),
  )
  return { job, runs: RUNS, starts }
}

function noWorker(): WorkerLike {
  throw new DOMException('none', 'SecurityError')
}

test.each(NAMES)('%s: each run is what it is alone', async (name) => {
  const { starts, ...rest } = asked(name)
  const done = await new Remote(noWorker).runs({ ...rest, starts })
  expect([...done.iterations]).toEqual(new Array(RUNS).fill(ITERATIONS))
  for (let run = 0; run < RUNS; run++) {
    const history = new History(traceOf(name))
    for (const [id, numbers] of starts) {
      const size = numbers.length / RUNS
      for (let at = 0; at < size; at++) history.edit(id, at, numbers[run * size + at]!)
    }
    history.seek(ITERATIONS)
    const losses = done.losses.subarray(run * (ITERATIONS + 1), (run + 1) * (ITERATIONS + 1))
    expect([...losses]).toEqual(history.losses)
    history.tape.carries.forEach(([id], n) => {
      const size = history.player.values[id]!.length
      expect(done.state[n]!.subarray(run * size, (run + 1) * size)).toEqual(history.player.values[id])
    })
  }
})

test('a run that meets a NaN ends there, and the next one does not notice', async () => {
  const { job, runs, starts } = asked('xor')
  const [id, numbers] = [...starts][0]!
  numbers[numbers.length / RUNS] = Number.NaN // of the second run
  const done = await new Remote(noWorker).runs({ job, runs, starts: new Map([...starts, [id, numbers]]) })
  expect([...done.iterations]).toEqual([ITERATIONS, 1, ITERATIONS, ITERATIONS, ITERATIONS])
  expect(done.losses.at(-1)).not.toBeNaN()
})
