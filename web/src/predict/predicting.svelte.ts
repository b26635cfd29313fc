// Predict before reveal: the next number is asked before it is shown.

import type { Store } from '../learner/store.svelte'
import { elementOf } from '../session/focus'
import type { Session } from '../session/session.svelte'
import type { Element } from '../text/play'
import { say, textOf } from '../text/said'
import type { WhatIf } from '../whatif/whatif.svelte'
import { Phrases } from '../why/phrases'
import { Grader, type Mark } from './grade'

interface Question {
  readonly element: Element
  readonly iteration: number
  /** The position before the number is shown. */
  readonly position: number
}

export class Predicting {
  readonly session: Session
  readonly #whatIf: WhatIf
  readonly #store: Store
  /** What came of the answer, or of what was typed so far. */
  mark = $state.raw<Mark | null>(null)
  /** The step as it is done, where it was asked to be shown. */
  shown = $state('')
  /** Counts the calls for the next number: what is asked takes the focus. */
  calls = $state(0)
  #on = $state(false)
  #question = $state.raw<Question | null>(null)
  /** What was asked when a first try went wrong. */
  #missed = $state.raw<Question | null>(null)
  #grader: { readonly iteration: number; readonly grader: Grader } | null = null

  /** What is asked at this moment. */
  readonly question: Question | null = $derived.by(() => {
    const { iteration, position } = this.session
    const asked = this.#question
    return asked && asked.iteration === iteration && asked.position === position ? asked : null
  })
  /** What was asked last and is shown by now. */
  readonly answered: Question | null = $derived.by(() => {
    const { iteration, position } = this.session
    const asked = this.#question
    return asked && asked.iteration === iteration && asked.position + 1 === position ? asked : null
  })

  constructor(whatIf: WhatIf, store: Store) {
    this.session = whatIf.session
    this.#whatIf = whatIf
    this.#store = store
    this.#turn(store.read().predict)
  }

  get on(): boolean {
    return this.#on
  }

  set on(on: boolean) {
    this.#turn(on)
    this.#store.change({ predict: on })
  }

  /** What was answered is forgotten, and the first number asked, as when the trace was opened. */
  reset(): void {
    this.#grader = null
    this.#turn(this.#on)
  }

  /** Whether an earlier number of this iteration was wrong. */
  get slipped(): boolean {
    return !this.retrying && this.#grader?.iteration === this.session.iteration && this.#grader.grader.slipped
  }

  /** Whether the first try at what is asked was wrong. */
  get retrying(): boolean {
    return this.question !== null && this.#missed === this.question
  }

  /** Grades what was typed. After a right number, or a second wrong one, the right one is shown. */
  async answer(typed: string): Promise<void> {
    const { question } = this
    await this.#whatIf.load() // wrong numbers are matched against the mistakes
    if (!question || this.question !== question) return
    const mark = this.#graderNow().grade(question.element, typed)
    if (mark.settled && !mark.correct && this.#missed !== question) {
      this.#missed = question
      const says = [mark.says, textOf(say('grade.again'))].filter(Boolean).join(' ')
      this.mark = { ...mark, settled: false, step: '', says }
      return
    }
    this.mark = mark
    if (mark.settled) this.#reveal()
  }

  /** Shows the number and how it is worked out. */
  show(): void {
    if (!this.question) return
    const words = new Phrases(this.session)
    const { element } = this.question
    this.mark = null
    this.shown = words.equation(element, words.tree(element))
    this.#reveal()
  }

  /** Shows the number and asks for the next. */
  skip(): void {
    this.#reveal()
    this.next()
  }

  /** Asks for the next number, or goes to the next iteration. */
  next(): void {
    if (this.session.position === this.session.steps.length) this.session.stepForward()
    this.#ask()
    this.calls++
  }

  #turn(on: boolean): void {
    this.#on = on
    this.session.gate = on ? () => this.#gate() : null
    this.#question = null
    this.#missed = null
    this.mark = null
    this.shown = ''
    if (!on) return
    void this.#whatIf.load()
    this.#ask()
  }

  #gate(): boolean {
    this.#ask()
    this.calls++
    return true
  }

  #ask(): void {
    const { iteration, position, steps } = this.session
    const next = steps[position]
    if (!next || this.question) return
    this.mark = null
    this.shown = ''
    this.#question = {
      iteration,
      position,
      element: { id: next.value, at: elementOf(this.session, next.value) },
    }
  }

  #reveal(): void {
    this.session.position++
  }

  /** A grader that remembers this iteration's answers. */
  #graderNow(): Grader {
    const { iteration } = this.session
    const { found } = this.#whatIf
    if (this.#grader?.iteration !== iteration)
      this.#grader = { iteration, grader: new Grader(this.session, found ?? undefined) }
    return this.#grader.grader
  }
}
