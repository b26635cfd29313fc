// How a network does on samples, with the parameters as they stand. The twin of
// `Training.evaluate` in src/whygrad/training/start.py and evaluation.py.

import type { Player } from '../player/player'
import { lookups, type Step } from '../player/tape'
import type { Samples, TraceMessage } from '../wire'
import type { History } from './history'

export interface Judgement {
  /** Which samples were judged: those kept for it, or else those it learns from. */
  readonly samples: Samples
  /** What the network gives for each, one row per sample. */
  readonly outputs: readonly (readonly number[])[]
  readonly solved: readonly boolean[]
  /** The share of samples solved. */
  readonly accuracy: number
  /** The mean loss over the samples. */
  readonly loss: number
}

/** By value id, before and after the ReLU: the units that no sample opens, and why. */
export type Dead = ReadonlyMap<number, ReadonlyMap<number, string>>

type Rows = readonly (readonly number[])[]

export class Judge {
  readonly #history: History
  readonly #trace: TraceMessage
  readonly #players = new Map<number, Player>()
  readonly #relus: readonly Step[]
  readonly #ids: { readonly x: number; readonly t: number; readonly yhat: number } | null

  constructor(history: History, trace: TraceMessage) {
    this.#history = history
    this.#trace = trace
    const { byName } = lookups(trace.tape)
    const [x, t, yhat] = ['x', 't', 'yhat'].map((name) => byName.get(name))
    this.#ids = trace.dataset ? { x: x!, t: t!, yhat: yhat! } : null
    this.#relus = trace.tape.steps.filter(
      ({ op, phase }) => op === 'relu' && (phase === 'forward' || phase === 'loss'),
    )
  }

  /** How it does on the samples kept for judging, or else on those it learns from. */
  judge(): Judgement | null {
    const { dataset, tolerance, boundary } = this.#trace
    if (!dataset) return null
    const samples = dataset.evaluation ?? this.#training()
    const player = this.#play(samples.x, samples.y)
    const outputs = this.#outputs(player, samples.x.length)
    const right = rightness(dataset.task, samples.y, tolerance, boundary)
    const solved = outputs.map((output, n) => right(output, samples.y[n]!))
    const accuracy = solved.filter(Boolean).length / solved.length
    return { samples, outputs, solved, accuracy, loss: player.values[this.#trace.tape.loss]![0]! }
  }

  /** What the network gives for rows of inputs. */
  predict(x: Rows): number[][] {
    if (!this.#ids || !x.length) return []
    const width = this.#trace.dataset!.target_names.length
    return this.#outputs(
      this.#play(
        x,
        x.map(() => new Array<number>(width).fill(0)),
      ),
      x.length,
    )
  }

  /** The ReLU units that are shut on every sample it learns from. */
  dead(): Dead {
    const found = new Map<number, Map<number, string>>()
    if (!this.#relus.length) return found
    const samples = this.#ids && this.#training()
    const player = samples ? this.#play(samples.x, samples.y) : this.#history.player
    const count = samples?.x.length ?? 1
    const where = count > 1 ? `on all ${count} examples` : 'here'
    for (const { inputs, output } of this.#relus) {
      const z = player.values[inputs[0]!]!
      const units = player.shapes[output]!.at(-1) ?? 1
      const dead = new Map<number, string>()
      for (let unit = 0; unit < units; unit++) {
        let open = false
        for (let i = unit; i < z.length && !open; i += units) open = z[i]! > 0
        if (!open)
          dead.set(unit, `${count > 1 ? 'dead' : 'shut'}: z ≤ 0 ${where}, so no gradient passes`)
      }
      found.set(output, dead)
      found.set(inputs[0]!, dead)
    }
    return found
  }

  /** The samples it learns from, as they were edited. */
  #training(): Samples {
    const { x, t } = this.#ids!
    const { feature_names, target_names } = this.#trace.dataset!
    return {
      x: inRows(this.#history.rows(x), feature_names.length),
      y: inRows(this.#history.rows(t), target_names.length),
    }
  }

  #play(x: Rows, y: Rows): Player {
    let player = this.#players.get(x.length)
    if (!player) this.#players.set(x.length, (player = this.#history.judge(x.length)))
    player.set(this.#ids!.x, x.flat())
    player.set(this.#ids!.t, y.flat())
    player.playForward()
    return player
  }

  #outputs(player: Player, count: number): number[][] {
    const numbers = player.values[this.#ids!.yhat]!
    return inRows(numbers, numbers.length / count)
  }
}

export function inRows(numbers: Float64Array, width: number): number[][] {
  return Array.from({ length: numbers.length / width }, (_, n) => [
    ...numbers.subarray(n * width, (n + 1) * width),
  ])
}

/** What makes an output right: the right class, or close enough to the target. */
export function rightness(task: string, y: Rows, tolerance: number, boundary: number) {
  if (task === 'binary')
    return (output: readonly number[], t: readonly number[]) =>
      output.every((o, i) => o > boundary === t[i]! > 0.5)
  if (task === 'classes')
    return (output: readonly number[], t: readonly number[]) => largest(output) === largest(t)
  const spread = y[0]!.map((first, i) => {
    const column = y.map((row) => row[i]!)
    return y.length === 1
      ? Math.max(Math.abs(first), 1)
      : Math.max(Math.max(...column) - Math.min(...column), 1e-12)
  })
  return (output: readonly number[], t: readonly number[]) =>
    output.every((o, i) => Math.abs(o - t[i]!) <= tolerance * spread[i]!)
}

function largest(numbers: readonly number[]): number {
  return numbers.indexOf(Math.max(...numbers))
}
