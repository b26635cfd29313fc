// What an update did to the loss, beside what the gradient promised it would. The twin of
// src/whygrad/explain/change.py.

import { ALL_DIGITS, DIGITS, rounded } from '../text/numbers'
import type { Play } from '../text/play'
import { type Said, say } from '../text/said'
import { ROUND_OFF } from '../text/sentences'
import { Scratch } from './scratch'

/** Of the last of four digits, as a share of the first. */
const HALF = 5e-4 * (1 + 1e-9)

export interface Change {
  /** The loss before the update. */
  readonly before: number
  /** The loss of the same samples with the new parameters. */
  readonly after: number
  /** Over all parameters, the sum of gradient × (new − old). */
  readonly promised: number
}

/** What an iteration's update did to the loss; null where no parameter is updated. */
export function changeOf(play: Play): Change | null {
  const { tape, find } = play
  const updated = tape.carries.filter(([before]) => tape.values[before]!.role === 'parameter')
  if (!updated.length) return null
  let promised = 0
  for (const [before, after] of updated) {
    const [slope, from, to] = [find.gradients.get(before)!, before, after].map((id) => play.values(id))
    promised += slope!.reduce((sum, rate, n) => sum + rate * (to![n]! - from![n]!), 0)
  }
  const touched = new Set(updated.map(([before]) => before))
  const steps = tape.steps.filter(({ phase, inputs, output }) => {
    const follows = (phase === 'forward' || phase === 'loss') && inputs.some((id) => touched.has(id))
    if (follows) touched.add(output)
    return follows
  })
  const scratch = new Scratch(
    play,
    steps,
    updated.map(([before]) => before),
  )
  for (const [before, after] of updated) scratch.values(before).set(play.values(after))
  scratch.play()
  return { before: play.number(tape.loss, 0), after: scratch.values(tape.loss)[0]!, promised }
}

/**
 * What an update did to the loss, what the gradient promised, and of which samples.
 *
 * @param seen the samples that the iteration saw, from 0; null for a formula
 * @param of how many samples there are
 */
export function happened(change: Change, seen: readonly number[] | null = null, of = 0): Said[] {
  const [by, promised] = [rise(change), unlessRoundOff(change.promised, Math.abs(change.before))]
  const said = [say('change', { what: whatOf(change), promise: promiseOf(by, promised) })]
  if (by > 0 && promised < 0) said.push(say('change.too_far'))
  if (promised > 0) said.push(say('change.uphill'))
  if (seen && of > 1) {
    if (seen.length === 1) said.push(say('change.of_one', { n: seen[0]! + 1, count: of }))
    else if (seen.length < of) said.push(say('change.of_some', { seen: seen.length, count: of }))
    else said.push(say('change.of_all', { count: of }))
  }
  return said
}

/** What the loss did over several iterations. */
export function fellOrRose(first: number, last: number, iterations: number): Said {
  const change = { before: first, after: last, promised: 0 }
  const { before, after } = slotsOf(change)
  const by = rise(change)
  const count = iterations === 1 ? say('course.one') : say('course.many', { count: iterations })
  if (!Number.isFinite(by)) return say('course.went', { count, before, after })
  if (by === 0) return say('course.stayed', { count, before })
  return say(by > 0 ? 'course.rose' : 'course.fell', { count, by: Math.abs(by), before, after })
}

function whatOf(change: Change): Said {
  const { before, after } = slotsOf(change)
  const by = rise(change)
  if (!Number.isFinite(by)) return say('change.went', { before, after })
  if (by === 0) return say('change.stayed', { before })
  return say(by > 0 ? 'change.rose' : 'change.fell', { by: Math.abs(by), before, after })
}

function promiseOf(by: number, promised: number): Said {
  if (!Number.isFinite(promised)) return say('promise.unknown')
  if (promised === 0) return say('promise.none')
  const size = { by: Math.abs(promised) }
  if (by * promised > 0) return say('promise.alike', size)
  return say(promised > 0 ? 'promise.rise' : 'promise.fall', size)
}

/** How much the loss rose; below 0 where it fell, and 0 for what rounding leaves. */
function rise({ before, after }: Change): number {
  return unlessRoundOff(after - before, Math.max(Math.abs(before), Math.abs(after)))
}

function unlessRoundOff(x: number, of: number): number {
  return Number.isFinite(x) && Math.abs(x) <= ROUND_OFF * of ? 0 : x
}

function slotsOf(change: Change): { before: { number: number; digits: number }; after: { number: number; digits: number } } {
  const digits = digitsOf(change)
  return { before: { number: change.before, digits }, after: { number: change.after, digits } }
}

/** The fewest digits at which the two losses differ by the change that is shown. */
function digitsOf(change: Change): number {
  const by = rise(change)
  if (!by || !Number.isFinite(by)) return DIGITS
  const shown = rounded(by)
  const half = HALF * 10 ** Math.floor(Math.log10(Math.abs(shown)))
  for (let digits = DIGITS; digits < ALL_DIGITS; digits++) {
    const seen = rounded(change.after, digits) - rounded(change.before, digits)
    if (Math.abs(seen - shown) <= half) return digits
  }
  return ALL_DIGITS
}
