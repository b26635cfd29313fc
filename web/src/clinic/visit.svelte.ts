// One patient, and what the learner has asked, seen and said of it.

import type { ClinicApi, Waiting } from '../contract/patients'
import { whatWentWrong } from '../contract/refusal'
import type {
  ClinicFact,
  ClinicInfo,
  ClinicOffer,
  ClinicWait,
  ExaminationMessage,
  GradeMessage,
  PatientMessage,
} from '../wire'

/** So many facts can be named as evidence. */
export const MOST_EVIDENCE = 5

export class Visit {
  patient = $state.raw<PatientMessage | null>(null)
  /** What is being waited for. */
  wait = $state.raw<ClinicWait | null>(null)
  fault = $state('')
  /** The examination that is being made. */
  ordered = $state<string | null>(null)
  seen = $state.raw<readonly ExaminationMessage[]>([])
  /** What the learner expected before looking closer. */
  expected = $state('')
  cause = $state('')
  remedy = $state('')
  evidence = $state.raw<readonly string[]>([])
  grade = $state.raw<GradeMessage | null>(null)

  readonly seed: number
  readonly info: ClinicInfo
  readonly #api: ClinicApi
  #leaving = new AbortController()

  constructor(seed: number, info: ClinicInfo, api: ClinicApi) {
    this.seed = seed
    this.info = info
    this.#api = api
  }

  /** The next smaller question: the first examination that was not made yet. */
  get next(): ClinicOffer | null {
    const made = new Set(this.seen.map(({ key }) => key))
    return this.info.examinations.find(({ key }) => !made.has(key)) ?? null
  }

  get facts(): readonly ClinicFact[] {
    return this.seen.flatMap(({ facts }) => facts)
  }

  /** The facts that were named as evidence. */
  get named(): readonly ClinicFact[] {
    return this.facts.filter(({ key }) => this.evidence.includes(key))
  }

  get busy(): boolean {
    return this.wait !== null
  }

  get canAnswer(): boolean {
    return !this.busy && this.cause !== '' && this.remedy !== ''
  }

  result(key: string): ExaminationMessage | null {
    return this.seen.find((made) => made.key === key) ?? null
  }

  async meet(): Promise<void> {
    if (this.patient) return
    await this.#waiting('training the patient', async (wait) => {
      this.patient = await this.#api.patient(this.seed, wait)
    })
  }

  async examine(key: string): Promise<void> {
    if (this.busy || this.result(key)) return
    this.ordered = key
    await this.#waiting('examining the patient', async (wait) => {
      this.seen = [...this.seen, await this.#api.examine(this.seed, key, wait)]
    })
    this.ordered = null
  }

  /** Names a fact as evidence, or takes it back. */
  name(key: string, so: boolean): void {
    const others = this.evidence.filter((named) => named !== key)
    this.evidence = so && others.length < MOST_EVIDENCE ? [...others, key] : others
  }

  async answer(): Promise<void> {
    if (!this.canAnswer) return
    const { seed, cause, evidence, remedy, expected } = this
    await this.#waiting('trying the remedy', async (wait) => {
      this.grade = await this.#api.grade({ seed, cause, evidence, remedy, words: expected }, wait)
    })
  }

  /** Takes the answer back, so that another can be given. */
  again(): void {
    this.grade = null
  }

  /** Ends all waiting, until something is asked again. */
  pause(): void {
    this.#leaving.abort()
  }

  async #waiting(doing: string, work: (wait: Waiting) => Promise<void>): Promise<void> {
    const leaving = (this.#leaving = new AbortController())
    this.wait = { doing, done: 0 }
    this.fault = ''
    try {
      await work({ hear: (wait) => (this.wait = wait), left: leaving.signal })
    } catch (error) {
      if (!leaving.signal.aborted) this.fault = whatWentWrong(error)
    }
    if (leaving === this.#leaving) this.wait = null
  }
}
