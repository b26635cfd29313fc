// A host made of questions: every adapter asks the same ones, each in its own way.

import type { PracticeApi } from '../contract/exercises'
import type { FullHost } from '../contract/host'
import type { ClinicApi, Waiting } from '../contract/patients'
import { Refusal } from '../contract/refusal'
import type { TraceApi, TraceRequest } from '../contract/traces'
import type { Store } from '../learner/store.svelte'
import type {
  ClinicInfo,
  ClinicWait,
  CsvInfo,
  ErrorMessage,
  ExaminationMessage,
  ExerciseMessage,
  GradeMessage,
  LineMessage,
  MistakesMessage,
  PatientMessage,
  PracticeInfo,
  PresetInfo,
  TraceMessage,
} from '../wire'

/** What can be asked, as whygrad.app names it. */
export type Question =
  | 'initial'
  | 'presets'
  | 'trace'
  | 'mistakes'
  | 'csv'
  | 'practice'
  | 'exercise'
  | 'exercise/mistakes'
  | 'homework'
  | 'clinic'
  | 'clinic/patient'
  | 'clinic/examine'
  | 'clinic/grade'

/** Asks one question; what cannot be served is thrown as a Refusal. */
export type Ask = (question: Question, content?: object) => Promise<unknown>

interface Options {
  readonly store: Store
  /** The address of worksheets; null where there are none. */
  readonly worksheets?: string | null
}

/** Milliseconds between two questions for what is not there yet; the other side waits a little too. */
const ASK_EVERY = 150

/** The whole host, from a way to ask. */
export function hostAsking(ask: Ask, { store, worksheets = null }: Options): FullHost {
  /** The tables that traces were made from: the other side keeps none. */
  const tables = new WeakMap<TraceMessage, Readonly<Record<string, string>>>()

  /** What asks for a trace again. */
  function again(trace: TraceMessage): TraceRequest {
    return { spec: trace.spec, files: tables.get(trace) ?? {} }
  }

  const answer = async <T>(question: Question, content?: object): Promise<T> => (await ask(question, content)) as T

  /** Asks again until the answer is there. */
  async function awaited<T>(question: Question, content: object, { hear, left }: Waiting): Promise<T> {
    for (;;) {
      const message = await answer<T | ClinicWait>(question, content)
      left.throwIfAborted()
      if (!isWait(message)) return message
      hear(message)
      await new Promise((go) => setTimeout(go, ASK_EVERY))
    }
  }

  const traces: TraceApi = {
    initial: () => answer<TraceMessage>('initial'),
    presets: () => answer<readonly PresetInfo[]>('presets'),
    async trace(asked) {
      const found = await answer<TraceMessage>('trace', asked)
      if ('files' in asked) tables.set(found, asked.files)
      return found
    },
    csv: (file) => answer<CsvInfo>('csv', file),
    mistakes: (trace) => answer<MistakesMessage>('mistakes', again(trace)),
    swapped: (trace, swap) => answer<TraceMessage>('trace', { ...again(trace), swap }),
  }

  const practice: PracticeApi = {
    worksheets,
    info: () => answer<PracticeInfo>('practice'),
    exercise: (asked) => answer<ExerciseMessage>('exercise', asked),
    mistakes: (id) => answer<MistakesMessage>('exercise/mistakes', { id }),
    homework: (asked) => answer<readonly LineMessage[]>('homework', asked),
    presets: traces.presets,
  }

  const clinic: ClinicApi = {
    info: () => answer<ClinicInfo>('clinic'),
    patient: (seed, wait) => awaited<PatientMessage>('clinic/patient', { seed }, wait),
    examine: (seed, examination, wait) =>
      awaited<ExaminationMessage>('clinic/examine', { seed, examination }, wait),
    grade: (said, wait) => awaited<GradeMessage>('clinic/grade', said, wait),
  }

  return { traces, practice, clinic, store }
}

export function refusal(message: string): Refusal {
  return new Refusal({ message, source: null, line: null })
}

export function isError(message: unknown): message is ErrorMessage {
  return typeof message === 'object' && message !== null && 'message' in message
}

function isWait(message: unknown): message is ClinicWait {
  return typeof message === 'object' && message !== null && 'doing' in message && 'done' in message
}
