// A person's work on one exercise: what they typed, what came of it, and the hints they took.

import type { PracticeApi } from '../contract/exercises'
import { whatWentWrong } from '../contract/refusal'
import type { Store } from '../learner/store.svelte'
import { readAnswer } from '../predict/answer'
import type { ExerciseMessage, MarkMessage } from '../wire'

export class Attempt {
  readonly exercise: ExerciseMessage
  /** What stands in each field, by the name of what is asked. */
  typed = $state.raw<Readonly<Record<string, string>>>({})
  hints = $state.raw<Readonly<Record<string, number>>>({})
  marks = $state.raw<Readonly<Record<string, MarkMessage>>>({})
  /** Why nothing could be graded; empty if it was. */
  fault = $state('')
  readonly #store: Store
  readonly #api: Pick<PracticeApi, 'grade'>
  #checked: Readonly<Record<string, string>>

  constructor(exercise: ExerciseMessage, store: Store, api: Pick<PracticeApi, 'grade'>) {
    this.exercise = exercise
    this.#store = store
    this.#api = api
    const { typed, checked, hints } = store.work(exercise.id)
    this.typed = typed
    this.hints = hints
    this.#checked = checked
    if (Object.keys(checked).length) void this.#grade()
  }

  /** What stands in a field. */
  text(name: string): string {
    return this.typed[name] ?? ''
  }

  /** What came of an answer, if it still stands as it was graded. */
  mark(name: string): MarkMessage | null {
    const mark = this.marks[name]
    return mark && mark.typed === this.text(name) ? mark : null
  }

  /** Whether an answer was given that can be gone on from: the number itself, not only its sign. */
  isSettled(name: string): boolean {
    const mark = this.marks[name]
    if (this.hints[name] === SHOWN) return true
    return mark !== undefined && mark.correct !== null && readAnswer(mark.typed).value !== null
  }

  type(name: string, text: string): void {
    this.typed = { ...this.typed, [name]: text }
    this.#keep()
  }

  hint(name: string, most = SHOWN): void {
    this.hints = { ...this.hints, [name]: Math.min((this.hints[name] ?? 0) + 1, most) }
    this.#keep()
  }

  /** Has what was typed graded: all that is not blank, and what is named though it is. */
  async check(...names: readonly string[]): Promise<void> {
    const asked = this.exercise.asks.map(({ name }) => name)
    const answers = [...asked, ...(this.exercise.kind === 'choose_the_remedy' ? [RATING] : [])].flatMap((name) => {
      const text = this.text(name)
      return text.trim() || names.includes(name) ? [[name, text] as const] : []
    })
    this.#checked = Object.fromEntries(answers)
    this.#keep()
    await this.#grade()
  }

  async #grade(): Promise<void> {
    const checked = this.#checked
    this.fault = ''
    try {
      const marks = await this.#api.grade(this.exercise.id, checked)
      if (checked !== this.#checked) return // what was typed meanwhile is graded next
      this.marks = Object.fromEntries(
        marks.filter(({ name }) => name in checked).map((mark) => [mark.name, mark]),
      )
    } catch (error) {
      this.fault = whatWentWrong(error)
    }
  }

  #keep(): void {
    const { typed, hints } = this
    this.#store.keep(this.exercise.id, { typed, checked: this.#checked, hints })
  }
}

/** A person's own rating of an open answer, from 1 to 5, goes by this name. */
export const RATING = 'rating'
/** So many hints show the number itself. */
export const SHOWN = 3
