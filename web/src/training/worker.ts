// What runs in the training worker: jobs come in, frames go out, one about every picture. Its file
// is given out under a policy of its own, which allows functions made from text and nothing else: no
// document and no network are within its reach.

import type { Answer, Order } from './remote'
import { Trainer } from './trainer'

/** Milliseconds between two frames. */
const SLICE = 14

let run = 0
let trainer: Trainer | null = null
const next = new MessageChannel()

next.port1.onmessage = (): void => {
  if (!trainer) return
  const until = performance.now() + SLICE
  try {
    const frame = trainer.train(() => performance.now() >= until)
    const { state, losses, rows, done } = frame
    const sent = [losses, rows, ...state].map(({ buffer }) => buffer as ArrayBuffer)
    self.postMessage({ run, frame } satisfies Answer, { transfer: sent })
    if (done) trainer = null
    else next.port2.postMessage(null)
  } catch (fault) {
    failed(fault)
  }
}

self.onmessage = ({ data }: MessageEvent<Order>): void => {
  const waits = trainer !== null
  run = data.run
  try {
    trainer = data.job && new Trainer(data.job)
  } catch (fault) {
    return failed(fault)
  }
  if (!waits && trainer) next.port2.postMessage(null) // else it is on its way
}

function failed(fault: unknown): void {
  trainer = null
  self.postMessage({ run, failed: String(fault) } satisfies Answer)
}
