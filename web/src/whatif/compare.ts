// Two runs side by side: where they part and what differs, and whether gradients hold against
// nudging. The twin of src/whygrad/whatif/compare.py.

import { largest } from '../session/focus'
import type { Session } from '../session/session.svelte'
import type { Element, Play } from '../text/play'
import { Nudger } from '../why/nudge'
import type { OtherRun } from './other'

const TOLERANCE = 1e-9
const NOTHING = 1e-12
/** Elements at most that a gradient check nudges. */
const CHECKED = 200
const EPSILON = 1e-6
const PASSES = 1e-4

/** An element whose number differs, by its place on the right tape. */
export interface Difference extends Element {
  readonly right: number
  readonly wrong: number
}

/** The worst disagreement of gradients with nudging the loss. */
export interface GradientCheck {
  readonly error: number
  /** Where it is worst, by name: "W1[0,2]". */
  readonly name: string
  readonly passes: boolean
}

export function isClose(a: number, b: number): boolean {
  if (Number.isNaN(a) || Number.isNaN(b)) return Number.isNaN(a) && Number.isNaN(b)
  return a === b || Math.abs(a - b) <= NOTHING + TOLERANCE * Math.abs(b)
}

/** The named elements that differ, in teaching order; those only one run has are left out. */
export function differences(session: Session, other: OtherRun): Difference[] {
  const order = [...session.find.leaves.map(({ id }) => id), ...session.trace.worked.map(({ value }) => value)]
  return order.flatMap((id) => {
    const same = other.counterpart(id)
    if (same === null) return []
    const right = session.values(id)
    const wrong = other.values(same)
    const apart: Difference[] = []
    right.forEach((number, at) => {
      if (!isClose(number, wrong[at]!)) apart.push({ id, at, right: number, wrong: wrong[at]! })
    })
    return apart
  })
}

/** Where the runs part: of the first value that differs, the element that differs most. */
export function firstDifference(found: readonly Difference[]): Difference | null {
  const [first] = found
  if (!first) return null
  const same = found.filter(({ id }) => id === first.id)
  return same[largest(same.map(({ right, wrong }) => right - wrong))]!
}

/** Holds the gradients of parameters and inputs against nudging the same tape's loss. */
export function gradientCheck(run: Play): GradientCheck {
  const { leaves, gradients } = run.find
  const elements = leaves
    .filter(({ id, role }) => gradients.has(id) && (role === 'parameter' || role === 'input'))
    .flatMap(({ id }) => Array.from(run.values(id), (_, at): Element => ({ id, at })))
  const stride = Math.max(1, Math.ceil(elements.length / CHECKED))
  let worst: GradientCheck = { error: 0, name: '', passes: true }
  for (let n = 0; n < elements.length; n += stride) {
    const element = elements[n]!
    const { estimate, gradient } = new Nudger(run, element).nudge(EPSILON)
    const size = Math.max(1, Math.abs(estimate), Math.abs(gradient!))
    const error = Math.abs(estimate - gradient!) / size
    // a NaN is worse than any error
    if (!(error <= worst.error))
      worst = { error, name: run.label(element.id, element.at), passes: error < PASSES }
  }
  return worst
}
