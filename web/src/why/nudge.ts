// See it happen: move one number a little, play the rest again, and look at the loss. The twin of
// src/whygrad/explain/nudge.py.

import { label, type Step } from '../player/tape'
import { type Element, ofGradient, type Play } from '../text/play'
import { hasCorners, sidesOf } from './corners'
import { Scratch } from './scratch'

export const EPSILON = 1e-5

/** What the loss did when one element was moved to either side. */
export interface Nudge {
  readonly element: Element
  readonly epsilon: number
  /** The loss before. */
  readonly loss: number
  readonly plus: number
  readonly minus: number
  /** (plus − minus) / 2ε */
  readonly estimate: number
  /** What the backward pass says; null where it did not ask. */
  readonly gradient: number | null
  /** estimate − gradient */
  readonly error: number | null
  /** Values that crossed a corner (such as a ReLU's 0) on the way: the two need not agree. */
  readonly kinks: readonly number[]
}

/** Nudges one element again and again: the steps that follow from it are bound once. */
export class Nudger {
  /** What is moved: a gradient stands for the value it is the gradient of. */
  readonly element: Element
  readonly #play: Play
  readonly #steps: readonly Step[]
  readonly #scratch: Scratch

  constructor(play: Play, element: Element) {
    this.#play = play
    const isGradient = play.tape.values[element.id]!.gradient_of !== undefined
    this.element = isGradient ? ofGradient(play, element) : element
    this.#steps = downstream(play, this.element.id)
    this.#scratch = new Scratch(play, this.#steps, [this.element.id])
  }

  /** Whether the loss follows from it in the forward pass. */
  get possible(): boolean {
    const { tape } = this.#play
    const { id } = this.element
    return tape.values[id]!.dtype.startsWith('float') && (this.#steps.length > 0 || id === tape.loss)
  }

  nudge(epsilon = EPSILON): Nudge {
    const { tape, find } = this.#play
    const { id, at } = this.element
    const here = this.#play.number(id, at)
    const plus = this.#moved(here + epsilon)
    const minus = this.#moved(here - epsilon)
    this.#scratch.values(id)[at] = here
    const estimate = (plus.loss - minus.loss) / (2 * epsilon)
    const slope = find.gradients.get(id)
    const gradient = slope === undefined ? null : this.#play.number(slope, at)
    const crossed = plus.sides.filter(([, side], n) => side.some((s, i) => s !== minus.sides[n]![1][i]))
    return {
      element: this.element,
      epsilon,
      loss: this.#play.number(tape.loss, 0),
      plus: plus.loss,
      minus: minus.loss,
      estimate,
      gradient,
      error: gradient === null ? null : estimate - gradient,
      kinks: crossed.map(([value]) => value),
    }
  }

  /** The loss, and on which side of their corners the numbers on the way are. */
  #moved(x: number): { loss: number; sides: [value: number, side: boolean[]][] } {
    const scratch = this.#scratch
    scratch.values(this.element.id)[this.element.at] = x
    scratch.play()
    const sides = this.#steps
      .filter((step) => hasCorners(this.#play, step))
      .map((step): [number, boolean[]] => [
        step.inputs[0]!,
        sidesOf(this.#play, step, (id) => scratch.view(id)),
      ])
    return { loss: scratch.values(this.#play.tape.loss)[0]!, sides }
  }
}

/** Nudges by 10 to each power: large ones show truncation, small ones round-off. */
export function sweep(nudger: Nudger, powers: readonly number[]): Nudge[] {
  return powers.map((power) => nudger.nudge(10 ** power))
}

/** What crossed a corner, by name. */
export function kinkNames({ tape }: Play, { kinks }: Nudge): string[] {
  return kinks.map((id) => label(tape, id))
}

/** The forward steps that follow from a value, in order. */
function downstream({ tape }: Play, id: number): Step[] {
  const touched = new Set([id])
  return tape.steps.filter(({ phase, inputs, output }) => {
    const follows = (phase === 'forward' || phase === 'loss') && inputs.some((i) => touched.has(i))
    if (follows) touched.add(output)
    return follows
  })
}
