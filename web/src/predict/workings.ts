// The numbers of one iteration, done rightly and with each mistake that fits, with a learner's own
// numbers held. The twin of src/whygrad/practice/workings.py.

import type { Session } from '../session/session.svelte'
import { mistaken } from '../whatif/choice'
import { isClose } from '../whatif/compare'
import { OtherRun } from '../whatif/other'
import { type Held, holding, unchanged, type Variant } from '../whatif/variant'
import type { MistakeInfo, MistakesMessage, OpInfo } from '../wire'

/** One element of a named value, and the number a learner has for it. */
export type Place = Held

export function samePlace(a: Place, b: Place): boolean {
  return a.name === b.name && a.at === b.at
}

export class Workings {
  readonly mistakes: readonly MistakeInfo[]
  readonly #session: Session
  readonly #ops: Readonly<Record<string, OpInfo>>
  readonly #right: Variant
  /** Runs with numbers held, as long as the page shows the same numbers. */
  readonly #runs = new Map<string, OtherRun>()
  #frame: Float64Array | null = null

  constructor(session: Session, { mistakes, ops }: MistakesMessage) {
    this.mistakes = mistakes
    this.#session = session
    this.#ops = { ...session.ops, ...ops }
    this.#right = unchanged(session.tape)
  }

  /** The numbers, worked out rightly from what is held; null for those of the page. */
  right(held: readonly Place[]): OtherRun | null {
    if (!held.length) return null
    const frame = this.#session.values(this.#session.tape.loss)
    if (frame !== this.#frame) this.#runs.clear()
    this.#frame = frame
    const key = held.map(({ name, at, value }) => `${name}[${at}]=${value}`).join()
    const run = this.#runs.get(key) ?? this.#play(this.#right, held)
    this.#runs.set(key, run)
    return run
  }

  /** The right number, from what is held elsewhere. */
  number(place: Place, held: readonly Place[]): number {
    const others = held.filter((one) => !samePlace(one, place))
    const run = this.right(others)
    return run ? numberAt(run, place) : this.#session.number(this.#session.find.byName.get(place.name)!, place.at)
  }

  /** The number a mistake gives; null where it does not change it. */
  mistaken(mistake: MistakeInfo, place: Place, held: readonly Place[]): number | null {
    const others = held.filter((one) => !samePlace(one, place))
    const number = numberAt(this.#play(mistaken(mistake), others), place)
    return isClose(number, this.number(place, held)) ? null : number
  }

  /** Every number that a person works out, as it rightly is from what is held. */
  all(held: readonly Place[]): Place[] {
    const run = this.right(held)
    return this.#session.trace.worked.flatMap(({ value, name }) => {
      const same = run ? run.counterpart(value) : value
      const numbers = run && same !== null ? run.values(same) : this.#session.values(value)
      return Array.from(numbers, (number, at): Place => ({ name, at, value: number }))
    })
  }

  #play(variant: Variant, held: readonly Place[]): OtherRun {
    return new OtherRun(this.#session, holding(variant, held), this.#ops)
  }
}

function numberAt(run: OtherRun, { name, at }: Place): number {
  const id = run.find.byName.get(name)
  return id === undefined ? Number.NaN : (run.values(id)[at] ?? Number.NaN)
}
