// Grading an exercise in the page: numbers by playing mistakes, everything else by what the exercise
// says is accepted. src/whygrad/practice/accepted.py writes that.

import { Grader } from '../predict/grade'
import type { Place } from '../predict/workings'
import type { Session } from '../session/session.svelte'
import { rounded } from '../text/numbers'
import type { Element } from '../text/play'
import { type Said, say, textsOf } from '../text/said'
import type { ExerciseMessage, MarkMessage, MistakesMessage } from '../wire'
import { type Arrow, chainsOf } from './arrows'
import { orderOf } from './order'
import { elements } from './steps'

type Texts = Readonly<Record<string, string>>

/** A person's own rating of an open answer, from 1 to 5, goes by this name. */
export const RATING = 'rating'

/** What is accepted besides choices, as accepted.py names it. */
const BLANK = ''
const RIGHT = 'right'
const ELSE = 'else'
const UNKNOWN = 'unknown'
const UNRATED = 'unrated'
const MOST_SHOWN = 40

export class Grading {
  readonly #exercise: ExerciseMessage
  readonly #session: Session
  readonly #elements: ReadonlyMap<string, Element>

  /** @param session at the exercise's iteration */
  constructor(exercise: ExerciseMessage, session: Session) {
    this.#exercise = exercise
    this.#session = session
    this.#elements = elements(session)
  }

  /** Whether numbers are asked: wrong ones are told apart by the mistakes that give them. */
  get hasNumbers(): boolean {
    return Object.keys(this.#exercise.accepted.numbers).length > 0
  }

  /** The marks of all that was asked, in order; what was not answered is blank. */
  marks(answers: Texts, found?: MistakesMessage): MarkMessage[] {
    const { accepted, asks } = this.#exercise
    const grader = new Grader(this.#session, found, this.#told())
    return asks.map(({ name, choices }): MarkMessage => {
      const typed = answers[name] ?? ''
      if (name in accepted.numbers) return this.#number(grader, name, typed)
      const marks = accepted.marks[name]!
      switch (this.#exercise.kind) {
        case 'order_the_steps':
          return { ...marks[typed.trim() ? this.#order(orderOf(typed, choices)) : BLANK]!, typed }
        case 'draw_the_graph':
          return { ...this.#graph(marks, typed), typed }
        case 'choose_the_remedy':
          return { ...marks[typed.trim() ? answers[RATING] || UNRATED : BLANK]!, typed }
        default:
          return { ...marks[typed]!, typed }
      }
    })
  }

  #number(grader: Grader, name: string, typed: string): MarkMessage {
    const label = this.#exercise.accepted.numbers[name]!
    const { says, step, ...mark } = grader.grade(this.#elements.get(label)!, typed)
    const { correct, expected, mistakes, carried } = mark
    return { name, symbol: this.#session.symbol(label), typed, correct, expected, mistakes, carried, feedback: says, step }
  }

  /** What was told of the numbers to work out, as rounded as it was shown. */
  #told(): Place[] {
    if (this.#exercise.kind === 'find_the_mistake') return [] // told are the numbers of someone's wrong work
    return this.#exercise.told.map(({ name, number }) => {
      const { id, at } = this.#elements.get(name)!
      return { name: this.#session.tape.values[id]!.name, at, value: rounded(number) }
    })
  }

  /** Which mark an order has: that of the first that comes before what it rests on. */
  #order(order: readonly string[]): string {
    const { rests } = this.#exercise.accepted
    const made = new Set<string>()
    for (const name of order) {
      const needed = rests[name]!.find((one) => !made.has(one))
      if (needed !== undefined) return `${name} < ${needed}`
      made.add(name)
    }
    return RIGHT
  }

  #graph(marks: Readonly<Record<string, MarkMessage>>, typed: string): MarkMessage {
    const { rests } = this.#exercise.accepted
    const right = Object.entries(rests).flatMap(([to, needed]) => needed.map((from) => ({ from, to })))
    const names = this.#exercise.asks[0]!.choices
    const chains = chainsOf(typed, names, (name) => this.#session.symbol(name))
    const nodes = chains.filter((chain) => chain.length > 1).flat()
    if (!nodes.length) return marks[BLANK]!
    const strange = nodes.filter((node) => !names.includes(node)).sort(byCodePoint)[0]
    if (strange !== undefined) {
      const says = say('graph.unknown', { typed: strange.slice(0, MOST_SHOWN), names: names.join(', ') })
      return { ...marks[UNKNOWN]!, feedback: textsOf([says]) }
    }
    const given = chains.flatMap((chain) => chain.slice(1).map((to, n) => ({ from: chain[n]!, to })))
    const missing = right.filter((arrow) => !has(given, arrow))
    const extra = given.filter((arrow) => !has(right, arrow))
    if (!missing.length && !extra.length) return marks[RIGHT]!
    const says: Said[] = [
      ...(missing.length ? [say('graph.missing', { arrows: this.#written(missing) })] : []),
      ...(extra.length ? [say('graph.extra', { arrows: this.#written(extra) })] : []),
      ...(given.some(({ from, to }) => has(right, { from: to, to: from })) ? [say('graph.turned')] : []),
    ]
    return { ...marks[ELSE]!, feedback: textsOf(says) }
  }

  /** Arrows as they are read, each once, in the order of their names. */
  #written(arrows: readonly Arrow[]): string {
    const keys = new Map(arrows.map(({ from, to }) => [`${from}\n${to}`.toLowerCase(), { from, to }]))
    return [...keys.keys()]
      .sort(byCodePoint)
      .map((key) => keys.get(key)!)
      .map(({ from, to }) => `${this.#session.symbol(from)} → ${this.#session.symbol(to)}`)
      .join(', ')
  }
}

function has(arrows: readonly Arrow[], { from, to }: Arrow): boolean {
  return arrows.some((one) => one.from === from && one.to === to)
}

/** As Python sorts texts. */
function byCodePoint(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
