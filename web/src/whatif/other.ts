// The other run: a tape that does something differently, played with the numbers that the page
// shows now.

import type { Placed } from '../player/formula'
import type { Shape } from '../player/layout'
import { Player } from '../player/player'
import { elementLabel, label, type Lookups, lookups, type Tape } from '../player/tape'
import type { Session } from '../session/session.svelte'
import { formulaOf } from '../text/expression'
import { batchOf, type Play } from '../text/play'
import type { OpInfo } from '../wire'
import type { Variant } from './variant'

type Ops = Readonly<Record<string, OpInfo>>

/** What is played; a Session gives its numbers to the leaves that the right tape has too. */
export class OtherRun implements Play {
  readonly tape: Tape
  readonly find: Lookups
  readonly ops: Ops
  readonly #session: Session
  readonly #player: Player

  constructor(session: Session, variant: Variant, ops: Ops = session.ops) {
    this.tape = variant.tape
    this.find = lookups(variant.tape)
    this.ops = ops
    this.#session = session
    const sizes: Record<string, number> = 'batch' in variant.tape.sizes ? { batch: batchOf(session) } : {}
    this.#player = new Player(variant.tape, leavesNow(session, variant), sizes)
    this.#player.play()
  }

  values(id: number): Float64Array {
    return this.#player.values[id]!
  }

  number(id: number, at: number): number {
    return this.values(id)[at]!
  }

  shape(id: number): Shape {
    return this.#player.shapes[id]!
  }

  label(id: number, at: number): string {
    return elementLabel(label(this.tape, id), this.shape(id), at)
  }

  symbol(name: string): string {
    return this.#session.symbol(name)
  }

  latex(name: string): string {
    return this.#session.latex(name)
  }

  formula(id: number, at: number): Placed {
    return formulaOf(this, id, at)
  }

  /** The value that stands where one of the right tape stands; null where none does. */
  counterpart(id: number): number | null {
    const { name } = this.#session.tape.values[id]!
    const found = name ? this.find.byName.get(name) : undefined
    if (found === undefined) return null
    return this.shape(found).join() === this.#session.shape(id).join() ? found : null
  }
}

/** The numbers of a variant's leaves at the batch size that is shown. */
function leavesNow(session: Session, { tape, leaves, origins }: Variant): Map<number, Float64Array> {
  const batch = batchOf(session)
  return new Map(
    lookups(tape).leaves.map(({ id, shape }) => {
      const origin = origins.get(id)
      if (origin !== undefined) return [id, session.values(origin)]
      const numbers = leaves.get(id)!
      return [id, shape[0] === 'batch' ? spread(numbers, tape.sizes['batch']!, batch) : numbers]
    }),
  )
}

/** Rows for another number of samples: those there are, again and again. */
export function spread(numbers: Float64Array, from: number, to: number): Float64Array {
  const size = (numbers.length / from) * to
  return Float64Array.from({ length: size }, (_, i) => numbers[i % numbers.length]!)
}
