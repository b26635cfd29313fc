// A person's work on one exercise: what they typed, what came of it, and the hints they took.

import type { PracticeApi } from '../contract/exercises'
import { whatWentWrong } from '../contract/refusal'
import type { Store } from '../learner/store.svelte'
import { readAnswer } from '../predict/answer'
import type { Session } from '../session/session.svelte'
import type { ExerciseMessage, MarkMessage, MistakesMessage } from '../wire'
import { Grading, RATING } from './grading'

export class Attempt {
  readonly exercise: ExerciseMessage
  /** What stands in each field, by the name of what is asked. */
  typed = $state.raw<Readonly<Record<string, string>>>({})
  hints = $state.raw<Readonly<Record<string, number>>>({})
  marks = $state.raw<Readonly<Record<string, MarkMessage>>>({})
  /** Why it could be graded in part only; empty if it was in full. */
  fault = $state('')
  readonly #store: Store
  readonly #api: Pick<PracticeApi, 'mistakes'>
  readonly #grading: Grading
  #found: MistakesMessage | undefined
  #checked: Readonly<Record<string, string>>

  /** @param session at the exercise's iteration */
  constructor(exercise: ExerciseMessage, session: Session, store: Store, api: Pick<PracticeApi, 'mistakes'>) {
    this.exercise = exercise
    this.#store = store
    this.#api = api
    this.#grading = new Grading(exercise, session)
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
    if (this.#grading.hasNumbers) await this.#load()
    if (checked !== this.#checked) return // what was typed meanwhile is graded next
    const marks = this.#grading.marks(checked, this.#found).filter(({ name }) => name in checked)
    this.marks = Object.fromEntries(marks.map((mark) => [mark.name, mark]))
  }

  /** Fetches the mistakes that fit, once; without them a wrong number is only told from a right one. */
  async #load(): Promise<void> {
    if (this.#found) return
    this.fault = ''
    try {
      this.#found = await this.#api.mistakes(this.exercise.id)
    } catch (error) {
      this.fault = `What gives a wrong number cannot be told: ${whatWentWrong(error)}`
    }
  }

  #keep(): void {
    const { typed, hints } = this
    this.#store.keep(this.exercise.id, { typed, checked: this.#checked, hints })
  }
}

/** So many hints show the number itself. */
export const SHOWN = 3
