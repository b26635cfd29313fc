// @vitest-environment node
// Every preset, and every optimizer and schedule (tests/test_trainer.py writes their traces): what is
// trained in compiled stretches is what stepping gives, to the last bit.

import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import type { TraceMessage } from '../wire'
import { History } from './history'
import { Trainer } from './trainer'

const traces = JSON.parse(readFileSync(process.env['WHYGRAD_TAPES']!, 'utf8')) as readonly { name: string; trace: TraceMessage }[]
const ITERATIONS = 120

test.each(traces)('$name', ({ trace }) => {
  const [history, other] = [new History(trace), new History(trace)]
  const trainer = new Trainer(structuredClone(history.job(ITERATIONS)!))
  for (let done = false; !done; ) {
    let stretches = 7
    const frame = trainer.train(() => --stretches <= 0)
    expect(frame.compiled).toBe(true)
    history.adopt(frame)
    done = frame.done
  }
  while (other.iteration < ITERATIONS && other.next());
  expect(history.iteration).toBe(other.iteration)
  expect(history.losses).toEqual(other.losses)
  expect(history.player.values).toEqual(other.player.values)
})
