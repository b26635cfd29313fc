// What the practice room asks of its host; a failure is thrown as a Refusal.

import type { ExerciseMessage, LineMessage, MistakesMessage, PracticeInfo, PresetInfo } from '../wire'

export interface PracticeApi {
  /** The address of worksheets to print; null where there are none. */
  readonly worksheets: string | null
  /** What exercises there are. */
  info(): Promise<PracticeInfo>
  exercise(asked: ExerciseRequest): Promise<ExerciseMessage>
  /** The mistakes that can be made on an exercise, by its id. */
  mistakes(id: string): Promise<MistakesMessage>
  /** What came of each line of someone's own work. */
  homework(asked: HomeworkRequest): Promise<readonly LineMessage[]>
  /** Networks that come with whygrad. */
  presets(): Promise<readonly PresetInfo[]>
}

export interface ExerciseRequest {
  readonly seed: number
  readonly kind: string
  readonly fading: string
  readonly difficulty: number
  /** By default the seed chooses. */
  readonly feature?: string
}

export type HomeworkRequest = { readonly lines: string } & (
  | { readonly preset: string }
  | { readonly toml: string }
)
