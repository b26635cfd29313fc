// How fast the page trains, beside a network of plain objects: the page's own path, without drawing.
// A trace as the server sends it, the History and the Remote that a session has, and the built worker,
// under the policies that the server gives them.
//
// Three take turns: the page's way, plain objects, and closures (`Player.train`, which a page that may
// make no functions from text is left with). The closures are what makes the objects a fair measure:
// they were once measured beside TensorFlow Playground's own nn.ts, at 3.0 to 3.2 (2-4-2-1) and 4.6
// (2-8×6-1) times its speed; objects that closures beat by more than 3.4 and 5.0 are too slow.

import { Player } from '../src/player/player'
import { normal } from '../src/player/random'
import { lookups, readLeaves } from '../src/player/tape'
import { History } from '../src/training/history'
import { Remote } from '../src/training/remote'
import type { TraceMessage } from '../src/wire'
import { epoch, type Layer, ObjectNetwork } from './objects'

interface Asked {
  /** The spec, as the server takes it. */
  readonly spec: object
  /** The address of the worker's file. */
  readonly worker: string
  /** The learning rate at which the objects do what the spec does. */
  readonly rate: number
  readonly rounds: number
  /** Milliseconds of a turn. */
  readonly turn: number
}

/** Epochs a second, turn by turn. */
interface Measured {
  readonly page: number[]
  readonly objects: number[]
  readonly closures: number[]
}

/** Milliseconds until a worker has come to speed: its functions are compiled again as they run. */
const WARM = 1500
const AGREE = 1e-6

export async function measure({ spec, worker, rate, rounds, turn }: Asked): Promise<Measured> {
  const trace = await traced(spec)
  const { batch } = trace.visits!
  const points = trace.dataset!.train.x.map(([x, y], n) => ({ x: x!, y: y!, label: trace.dataset!.train.y[n]![0]! }))
  const perEpoch = Math.ceil(points.length / batch)
  const network = new ObjectNetwork(layersOf(trace))
  agree(trace, points.length / batch, () => {
    epoch(network, points, batch, rate)
    return network
  })
  const closures = byClosures(trace)
  const found: Measured = { page: [], objects: [], closures: [] }
  for (let round = 0; round < rounds; round++) {
    found.page.push((await iterations(trace, worker, turn)) / perEpoch)
    found.objects.push(repeated(() => epoch(network, points, batch, rate), turn))
    found.closures.push(repeated(closures, turn))
    await new Promise((resolve) => setTimeout(resolve))
  }
  return found
}

/** So many runs at once, in a worker, from weights of their own; milliseconds, from asking to having. */
export async function manyRuns(spec: object, worker: string, runs: number, iterations: number): Promise<number> {
  const history = new History(await traced(spec))
  const job = history.job(iterations)!
  const starts = new Map(
    history.tape.carries.map(([id]) => [id, normal(0, `runs/${id}`, runs * job.leaves.get(id)!.length, 0, 0.5)]),
  )
  const began = performance.now()
  const done = await new Remote(() => new Worker(worker)).runs({ job, runs, starts })
  if (done.iterations.some((to) => to !== iterations)) throw new Error('a run did not come to its end')
  return performance.now() - began
}

async function traced(spec: object): Promise<TraceMessage> {
  const answer = await fetch('/api/trace', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ spec }),
  })
  const message = await answer.json()
  if (!answer.ok) throw new Error(message.message)
  return message
}

/** Iterations a second of the page's own way, once it has come to speed. */
function iterations(trace: TraceMessage, worker: string, turn: number): Promise<number> {
  const history = new History(trace)
  const remote = new Remote(() => new Worker(worker))
  let [began, from] = [0, 0]
  let first = 0
  return new Promise((resolve, reject) => {
    remote.start(history.job(Number.MAX_SAFE_INTEGER)!, (frame) => {
      if (!frame?.compiled || frame.done) {
        remote.stop()
        return reject(new Error('the worker does not train, or not compiled'))
      }
      history.adopt(frame)
      const now = performance.now()
      first ||= now
      if (!began && now - first > WARM) [began, from] = [now, history.iteration]
      if (!began || now - began < turn) return
      remote.stop()
      resolve((1000 * (history.iteration - from)) / (now - began))
    })
  })
}

/** Times a second that something can be done. */
function repeated(done: () => void, turn: number): number {
  for (const began = performance.now(); performance.now() - began < WARM / 3; ) done()
  const began = performance.now()
  let count = 0
  for (; performance.now() - began < turn; count++) done()
  return (1000 * count) / (performance.now() - began)
}

/** An epoch by `Player.train`, in the order of the samples. */
function byClosures(trace: TraceMessage): () => void {
  const player = new Player(trace.tape, readLeaves(trace.leaves))
  const { byName } = lookups(trace.tape)
  const { batch } = trace.visits!
  const chunks = (rows: readonly (readonly number[])[]): Float64Array[] =>
    Array.from({ length: rows.length / batch }, (_, n) => Float64Array.from(rows.slice(n * batch, (n + 1) * batch).flat()))
  const fed = [
    [byName.get('x')!, chunks(trace.dataset!.train.x)],
    [byName.get('t')!, chunks(trace.dataset!.train.y)],
  ] as const
  return () => player.train(fed[0][1].length, (n) => fed.forEach(([id, rows]) => player.set(id, rows[n]!)))
}

function layersOf(trace: TraceMessage, history = new History(trace)): Layer[] {
  const { byName } = lookups(trace.tape)
  const found: Layer[] = []
  for (let n = 1; byName.has(`W${n}`); n++) {
    const id = byName.get(`W${n}`)!
    const { values, shapes } = history.player
    const [rows, columns] = shapes[id] as [number, number]
    found.push({
      weights: Array.from({ length: rows }, (_, i) => [...values[id]!.slice(i * columns, (i + 1) * columns)]),
      biases: [...values[byName.get(`b${n}`)!]!],
    })
  }
  return found
}

/** Refuses to compare what does not do the same, where both go through the samples in order. */
function agree(trace: TraceMessage, iterations: number, other: () => ObjectNetwork): void {
  const network = other()
  if (trace.visits!.shuffle) return
  const history = new History(trace)
  history.seek(iterations)
  layersOf(trace, history).forEach(({ weights }, n) =>
    weights.forEach((row, i) =>
      row.forEach((weight, j) => {
        const theirs = network.layers[n + 1]![j]!.inputs[i]!.weight
        if (!(Math.abs(weight - theirs) < AGREE)) throw new Error(`they do not train alike: ${weight} and ${theirs}`)
      }),
    ),
  )
}
