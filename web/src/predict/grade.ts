// Grading one number after another. A wrong number is recognised by playing the mistakes that fit:
// those that give it name what went wrong. What a learner had wrong is carried on, so that one slip
// costs once. The twin of src/whygrad/practice/numbers.py.

import type { Session } from '../session/session.svelte'
import type { Element } from '../text/play'
import { type Said, say, textOf, textsOf } from '../text/said'
import { equation } from '../text/say'
import { SELDOM } from '../text/sentences'
import { isClose } from '../whatif/compare'
import type { OtherRun } from '../whatif/other'
import { inSymbols } from '../whatif/reason'
import { why } from '../why/ladder'
import { Phrases } from '../why/phrases'
import type { MistakeInfo, MistakesMessage } from '../wire'
import { agrees, type Answer, isOffByRounding, isRough, readAnswer } from './answer'
import { type Place, samePlace, Workings } from './workings'

/** What came of an answer. */
export interface Mark {
  readonly typed: string
  /** Whether it is right, given what was carried; null where that cannot be said. */
  readonly correct: boolean | null
  /** What it should be, from the learner's own earlier numbers where those were wrong. */
  readonly expected: number
  /** Whether an earlier wrong number was carried into what is expected. */
  readonly carried: boolean
  /** Whether the number itself was said: a sign alone is not yet an answer. */
  readonly settled: boolean
  /** The mistakes that give the learner's number, the likeliest first. */
  readonly mistakes: readonly MistakeInfo[]
  readonly says: string
  /** The step, where the answer is wrong: "∂L/∂ŷ = 2 × (ŷ − t) = 2 × (0.25 − 2) = −3.5". */
  readonly step: string
}

type Told = Pick<Mark, 'correct' | 'says'>

const HALVES = 0.05

export class Grader {
  readonly #session: Session
  readonly #work: Workings
  /** Numbers that are wrong and are carried on, or right again after one. */
  #slips: readonly Place[] = []
  /** All numbers that were typed, as rounded as they were. */
  #own: readonly Place[] = []
  /** What was typed and is right. */
  #settled: readonly Place[] = []
  /** What was told beforehand, as rounded as it was shown. */
  readonly #told: readonly Place[]

  constructor(session: Session, found: MistakesMessage = { mistakes: [], ops: {} }, told: readonly Place[] = []) {
    this.#session = session
    this.#work = new Workings(session, found)
    this.#told = told
    this.#own = told
  }

  /** Whether a wrong number is carried on. */
  get slipped(): boolean {
    return this.#slips.length > 0
  }

  grade(element: Element, typed: string): Mark {
    const answer = readAnswer(typed)
    const name = this.#session.tape.values[element.id]!.name
    const place = { name, at: element.at, value: answer.value ?? 0 }
    // what has no name stands on no other tape: it is graded by itself
    const [shown, followed, rounded] = [[], this.#slips, this.#own].map((held) =>
      name ? this.#work.number(place, held) : this.#session.number(element.id, element.at),
    ) as [number, number, number]
    // nothing follows from some of what goes wrong, such as a logarithm of -1
    const follows = Number.isFinite(followed)
    const exact = follows ? followed : shown
    const basis = follows ? without(this.#slips, place) : []
    const carried = !isClose(exact, shown)
    const plain = { typed, expected: exact, carried, settled: true, mistakes: [], step: '' }
    if (answer.value === null)
      return { ...plain, settled: false, ...this.#inWords(answer, element, exact) }
    if (isRight(answer, exact, rounded)) {
      this.#note(place, { settled: true })
      return { ...plain, correct: true, says: this.#right(element, carried, basis) }
    }
    if (carried && agrees(answer, shown)) {
      // what went wrong before was put right, or not used
      this.#note(place, { slip: shown })
      return { ...plain, expected: shown, carried: false, correct: true, says: this.#right(element, false, []) }
    }
    const mistakes = name ? this.#recognised(answer, place) : []
    if (!mistakes.length && isOffByRounding(answer, exact)) {
      this.#note(place, {})
      const says = textOf(say('grade.rounded', { expected: exact }))
      return { ...plain, correct: true, says }
    }
    if (!mistakes.length && isRough(answer, exact)) {
      this.#note(place, {})
      const says = textOf(say('grade.rough'))
      return { ...plain, settled: false, correct: null, says }
    }
    const step = this.#step(element, this.#work.right(basis), { inNames: true })
    this.#note(place, { slip: answer.value })
    const says = mistakes.length ? '' : textsOf([say('grade.not_this'), ...hintOn(answer, exact)])
    return { ...plain, correct: false, mistakes, says, step }
  }

  /** Notes what was typed, in place of what was typed there before. */
  #note(place: Place, { slip, settled = false }: { slip?: number; settled?: boolean }): void {
    if (!place.name) return
    const slips = without(this.#slips, place)
    this.#slips = slip === undefined ? slips : [...slips, { ...place, value: slip }]
    this.#own = [...without(this.#own, place), place]
    this.#settled = settled ? [...without(this.#settled, place), place] : without(this.#settled, place)
  }

  /** Answers what is no number: nothing, a sign, a comparison, or something else. */
  #inWords({ blank, word, trouble }: Answer, { id, at }: Element, expected: number): Told {
    if (blank) return { correct: null, says: textOf(say('grade.nothing')) }
    if (!word || word === 'zero') return { correct: null, says: trouble }
    const told = (right: boolean, slots = {}): Told => ({
      correct: right,
      says: textOf(say(right ? `grade.${word}` : `grade.not_${word}`, slots)),
    })
    if (word === 'positive') return told(expected > 0)
    if (word === 'negative') return told(expected < 0)
    const before = beforeOf(this.#session, id)
    if (before === null) return { correct: null, says: textOf(say(`grade.${word}_than_what`)) }
    const change = Math.sign(expected - this.#session.number(before, at))
    const right = change === { larger: 1, smaller: -1, same: 0 }[word]
    return told(right, { x: this.#session.symbol(this.#session.label(before, at)) })
  }

  /**
   * The mistakes that give a typed number. Those that would have shown in an earlier number, which
   * is right, were not made; unless they are made at this very step.
   */
  #recognised(answer: Answer, place: Place): MistakeInfo[] {
    const work = this.#work
    const kinds = this.#own.length > this.#slips.length ? [this.#slips, this.#own] : [this.#slips]
    const gives = (mistake: MistakeInfo, held: readonly Place[]): boolean => {
      const number = work.mistaken(mistake, place, held)
      return number !== null && agrees(answer, number)
    }
    const found = work.mistakes.filter((mistake) => kinds.some((held) => gives(mistake, held)))
    if (!found.length) return []
    const others = without(work.all(this.#slips), place)
    const ranked = found.flatMap((mistake) => {
      const here = gives(mistake, others)
      const shows = (one: Place): boolean => work.mistaken(mistake, one, this.#slips) !== null
      if (!here && this.#settled.some(shows)) return []
      const rank = here ? 0 : this.#told.some(shows) ? 2 : 1
      return [{ mistake, rank: rank + (SELDOM.has(mistake.name) ? 3 : 0) }]
    })
    return ranked.sort((a, b) => a.rank - b.rank).map(({ mistake }) => mistake)
  }

  #right(element: Element, carried: boolean, basis: readonly Place[]): string {
    if (!carried) return textsOf([say('grade.right'), ...why(this.#session, element).says])
    const run = this.#work.right(basis)
    return textOf(say('grade.right_step', { step: this.#step(element, run) }))
  }

  /** A step with its numbers, perhaps in names first; on a run with numbers held, with those. */
  #step(element: Element, run: OtherRun | null, { inNames = false } = {}): string {
    const words = new Phrases(this.#session)
    const get = (id: number, at: number): number => {
      const other = run?.counterpart(id) ?? null
      return other === null ? this.#session.number(id, at) : run!.number(other, at)
    }
    const tree = words.tree(element)
    const numbers = equation(tree, get, get(element.id, element.at))
    const names = inNames ? inSymbols(this.#session, tree) : numbers
    return [...new Set([words.symbol(element), names, numbers])].join(' = ')
  }
}

/** What an update changes: an updated parameter is larger or smaller than it was before. */
export function beforeOf(session: Session, id: number): number | null {
  return session.tape.carries.find(([, after]) => after === id)?.[0] ?? null
}

/** Right from exact earlier numbers, or from rounded ones, or between the two. */
function isRight(answer: Answer, exact: number, rounded: number): boolean {
  if (agrees(answer, exact) || agrees(answer, rounded)) return true
  const spread = Math.abs(exact - rounded)
  if (answer.value === null || !(spread <= HALVES * Math.max(Math.abs(exact), Math.abs(rounded)))) return false
  return Math.min(exact, rounded) <= answer.value && answer.value <= Math.max(exact, rounded)
}

/** What is nearly right about a number. */
function hintOn(answer: Answer, expected: number): Said[] {
  if (!expected) return []
  if (agrees(answer, -expected)) return [say('grade.sign')]
  if ([10, 100, 0.1, 0.01].some((power) => agrees(answer, expected * power)))
    return [say('grade.point')]
  return answer.value === 0 ? [say('grade.not_zero')] : []
}

function without(held: readonly Place[], place: Place): readonly Place[] {
  return held.filter((one) => !samePlace(one, place))
}
