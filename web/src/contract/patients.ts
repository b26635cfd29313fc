// What the clinic asks of its host; a failure is thrown as a Refusal. Training takes its time:
// `hear` is told how far it is, and `left` ends the waiting.

import type { ClinicInfo, ClinicWait, ExaminationMessage, GradeMessage, PatientMessage } from '../wire'

export interface ClinicApi {
  /** What can be chosen from. */
  info(): Promise<ClinicInfo>
  patient(seed: number, wait: Waiting): Promise<PatientMessage>
  examine(seed: number, examination: string, wait: Waiting): Promise<ExaminationMessage>
  grade(answer: ClinicAnswer, wait: Waiting): Promise<GradeMessage>
}

export interface Waiting {
  readonly hear: (wait: ClinicWait) => void
  readonly left: AbortSignal
}

export interface ClinicAnswer {
  readonly seed: number
  readonly cause: string
  readonly evidence: readonly string[]
  readonly remedy: string
  readonly words: string
}
