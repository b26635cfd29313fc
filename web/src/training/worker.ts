// What runs in a training worker: a job comes in, frames go out, about one for every picture. Its
// file is given out under a policy of its own, which allows functions made from text and nothing
// else: neither the document nor the network is within its reach.

import type { Answer } from './remote'
import { type RunsJob, RunsTrainer } from './runs'
import { type Job, Trainer } from './trainer'

/** Milliseconds between two frames. */
const SLICE = 14

self.onmessage = ({ data }: MessageEvent<Job | RunsJob>): void => {
  try {
    if ('runs' in data) return manyRuns(data)
    const trainer = new Trainer(data)
    for (let done = false; !done; ) {
      const until = performance.now() + SLICE
      const frame = trainer.train(() => performance.now() >= until)
      const { state, losses, rows } = frame
      const sent = [losses, rows, ...state].map(({ buffer }) => buffer as ArrayBuffer)
      self.postMessage({ frame } satisfies Answer, { transfer: sent })
      done = frame.done
    }
  } catch (fault) {
    self.postMessage({ failed: String(fault) } satisfies Answer)
  }
}

function manyRuns(asked: RunsJob): void {
  const trainer = new RunsTrainer(asked)
  while (trainer.next());
  self.postMessage({ runs: trainer.done } satisfies Answer)
}
