// Training on from what the page shows, the right way or another, on the same data in the same
// order: a history of its own, so that the page's stays as it is.

import { Player } from '../player/player'
import { lookups } from '../player/tape'
import type { Session } from '../session/session.svelte'
import { History, type Trained } from '../training/history'
import { inRows, rightness } from '../training/judge'
import type { Samples } from '../wire'
import { spread } from './other'
import { forwardOf, unchanged, type Variant } from './variant'

type Rows = readonly (readonly number[])[]

/** A training that starts at the shown iteration, with the numbers as they stand before it. */
export class Branch {
  readonly history: History
  readonly #session: Session
  /** The forward pass, its leaves by their ids on the tape that is trained. */
  readonly #forward: Variant

  constructor(session: Session, variant: Variant) {
    this.#session = session
    this.#forward = forwardOf(unchanged(variant.tape))
    this.history = new History(trainedFrom(session, variant), session.losses.slice(0, session.iteration))
  }

  get losses(): readonly number[] {
    return this.history.losses
  }

  /** Plays on to `count` iterations or until a time; false when there is nothing left to play. */
  play(count: number, until = Number.POSITIVE_INFINITY): boolean {
    while (this.losses.length < count && performance.now() < until) if (!this.history.next()) return false
    return this.losses.length < count
  }

  /** What the network gives for rows of inputs. */
  predict(x: Rows): number[][] {
    const { byName, leaves } = lookups(this.#forward.tape)
    const [input, target, output] = ['x', 't', 'yhat'].map((name) => byName.get(name))
    const given = new Map(
      leaves.map(({ id, shape }) => {
        const values = this.history.player.values[this.#forward.origins.get(id)!]!
        if (shape[0] !== 'batch') return [id, values]
        return [id, spread(values, this.history.player.sizes['batch']!, x.length)]
      }),
    )
    given.set(input!, Float64Array.from(x.flat()))
    if (target !== undefined) given.set(target, given.get(target)!.map(() => 0))
    const player = new Player(this.#forward.tape, given, { batch: x.length })
    player.play()
    const numbers = player.values[output!]!
    return inRows(numbers, numbers.length / x.length)
  }

  /** The share of samples it gets right; null where there is nothing to be right about. */
  accuracy(): number | null {
    const { dataset, tolerance, boundary } = this.#session.trace
    if (!dataset) return null
    const { x, y } = dataset.evaluation ?? samplesOf(this.#session)!
    const right = rightness(dataset.task, y, tolerance, boundary)
    return this.predict(x).filter((output, n) => right(output, y[n]!)).length / x.length
  }
}

/** What a history trains: the data as they were edited, and the numbers that the page shows. */
function trainedFrom(session: Session, { tape, leaves, origins }: Variant): Trained {
  const { visits, dataset, leaves: recorded } = session.trace
  const { byName } = session.find
  const fed = new Set(visits ? ['x', 't'].map((name) => byName.get(name)) : [])
  const numbers = lookups(tape).leaves.map(({ id }): [number, Trained['leaves'][string]] => {
    const origin = origins.get(id)
    if (origin === undefined) return [id, [...leaves.get(id)!]]
    // a fed value has the rows of the iteration that is played, at the size that was recorded
    return [id, fed.has(origin) ? recorded[origin]! : [...session.values(origin)]]
  })
  const train = samplesOf(session)
  return {
    tape,
    leaves: Object.fromEntries(numbers),
    visits,
    dataset: dataset && train && { ...dataset, train },
    spec: scheduledFrom(session, { tape, leaves, origins }),
    iterations: session.trace.iterations,
  }
}

/** The spec with the schedule of the learning rate, if that has not been ended by hand. */
function scheduledFrom(session: Session, { tape, leaves }: Variant): Trained['spec'] {
  const { spec } = session.trace
  if (session.schedule === null) return { ...spec, schedule: undefined }
  const rate = session.find.byName.get('learning_rate')!
  const now = session.number(rate, 0)
  const chosen = tape === session.tape ? leaves.get(rate)?.[0] : undefined
  if (chosen === undefined) return spec
  // another rate goes through the same schedule
  const optimizer = spec['optimizer'] as { readonly learning_rate: number }
  return { ...spec, optimizer: { ...optimizer, learning_rate: (optimizer.learning_rate * chosen) / now } }
}

function samplesOf(session: Session): Samples | null {
  const { dataset } = session.trace
  const { byName } = session.find
  if (!dataset) return null
  return {
    x: inRows(session.rows(byName.get('x')!), dataset.feature_names.length),
    y: inRows(session.rows(byName.get('t')!), dataset.target_names.length),
  }
}
