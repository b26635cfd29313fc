// Two trainings side by side, the right one and the other, played in slices so that the page stays
// responsive.

import { PlayError } from '../player/layout'
import type { Session } from '../session/session.svelte'
import { type Choice, variantOf } from './choice'
import { Branch } from './training'
import { unchanged } from './variant'

/** Milliseconds of training between two looks at the page. */
const SLICE = 12

type Predict = (x: readonly (readonly number[])[]) => number[][]

/** How one of them does. */
export interface Score {
  readonly losses: readonly number[]
  /** Whether its numbers ceased to be finite. */
  readonly broke: boolean
  /** The share of samples right in the end; null where there is nothing to be right about. */
  readonly accuracy: number | null
}

const NOTHING: Score = { losses: [], broke: false, accuracy: null }

export class Duel {
  right = $state.raw<Score>(NOTHING)
  wrong = $state.raw<Score>(NOTHING)
  done = $state(false)
  readonly #branches: { readonly right: Branch; readonly wrong: Branch }
  readonly #count: number
  #stopped = false

  constructor(session: Session, choice: Choice, count: number) {
    this.#count = count
    this.#branches = {
      right: new Branch(session, unchanged(session.tape)),
      wrong: new Branch(session, variantOf(session, choice)),
    }
  }

  /** Whether both had the same losses all the way. */
  get alike(): boolean {
    const { right, wrong } = this
    return right.losses.length === wrong.losses.length && right.losses.every((loss, n) => loss === wrong.losses[n])
  }

  /** What each gives for rows of inputs, as trained. */
  get predictors(): { readonly right: Predict; readonly wrong: Predict } {
    const { right, wrong } = this.#branches
    return { right: (x) => right.predict(x), wrong: (x) => wrong.predict(x) }
  }

  async run(): Promise<void> {
    for (const which of ['right', 'wrong'] as const)
      while (!this.#stopped) {
        const going = this.#play(this.#branches[which])
        this[which] = this.#score(this.#branches[which], going)
        if (!going) break
        await new Promise((resolve) => setTimeout(resolve))
      }
    this.done = !this.#stopped
  }

  stop(): void {
    this.#stopped = true
  }

  #play(branch: Branch): boolean {
    try {
      return branch.play(this.#count, performance.now() + SLICE)
    } catch (fault) {
      // some mistakes give gradients of a shape that fits only some batches
      if (fault instanceof PlayError) return false
      throw fault
    }
  }

  #score(branch: Branch, going: boolean): Score {
    const losses = branch.losses.slice()
    const ended = !going && !this.#stopped
    const broke = ended && losses.length < this.#count
    return { losses, broke, accuracy: ended && !broke ? branch.accuracy() : null }
  }
}
