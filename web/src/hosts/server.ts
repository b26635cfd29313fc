// What the page asks of the server that gave it out.

import type { PracticeApi } from '../contract/exercises'
import type { ClinicApi, Waiting } from '../contract/patients'
import { Refusal } from '../contract/refusal'
import type { TraceApi, TraceRequest } from '../contract/traces'
import type {
  ClinicInfo,
  ClinicWait,
  CsvInfo,
  ErrorMessage,
  ExaminationMessage,
  ExerciseMessage,
  GradeMessage,
  LineMessage,
  MarkMessage,
  MistakesMessage,
  PatientMessage,
  PracticeInfo,
  PresetInfo,
  TraceMessage,
} from '../wire'

export interface Server extends TraceApi {
  /** The trace the page opens on when its address names none. */
  initial(): Promise<TraceMessage>
}

export const server: Server = {
  initial: () => ask<TraceMessage>('api/initial'),
  presets: () => ask<readonly PresetInfo[]>('api/presets'),
  trace,
  csv: (file) => ask<CsvInfo>('api/csv', file),
  mistakes: (trace) => ask<MistakesMessage>('api/mistakes', again(trace)),
  swapped: (trace, swap) => ask<TraceMessage>('api/trace', { ...again(trace), swap }),
}

export const practice: PracticeApi = {
  info: () => ask<PracticeInfo>('api/practice'),
  exercise: (asked) => ask<ExerciseMessage>('api/exercise', asked),
  grade: (id, answers) => ask<readonly MarkMessage[]>('api/grade', { id, answers }),
  homework: (asked) => ask<readonly LineMessage[]>('api/homework', asked),
  presets: server.presets,
}

export const clinic: ClinicApi = {
  info: () => ask<ClinicInfo>('api/clinic'),
  patient: (seed, wait) => awaited<PatientMessage>('api/clinic/patient', { seed }, wait),
  examine: (seed, examination, wait) =>
    awaited<ExaminationMessage>('api/clinic/examine', { seed, examination }, wait),
  grade: (answer, wait) => awaited<GradeMessage>('api/clinic/grade', answer, wait),
}

/** Milliseconds between two questions for what is not there yet; the server waits a little too. */
const ASK_EVERY = 150

/** The tables that traces were made from: the server keeps none. */
const tables = new WeakMap<TraceMessage, Readonly<Record<string, string>>>()

async function trace(asked: TraceRequest): Promise<TraceMessage> {
  const found = await ask<TraceMessage>('api/trace', asked)
  if ('files' in asked) tables.set(found, asked.files)
  return found
}

/** What asks for a trace again. */
function again(trace: TraceMessage): TraceRequest {
  return { spec: trace.spec, files: tables.get(trace) ?? {} }
}

async function ask<T>(path: string, content?: unknown): Promise<T> {
  const response = await fetch(path, content === undefined ? {} : posted(content)).catch(() => null)
  if (!response) throw refusal('The server does not answer. Is whygrad still running?')
  const message: unknown = await response.json().catch(() => null)
  if (response.ok && message !== null) return message as T
  throw isError(message) ? new Refusal(message) : refusal(`The server answered ${response.status}.`)
}

/** Asks again until the answer is there. */
async function awaited<T>(path: string, content: unknown, { hear, left }: Waiting): Promise<T> {
  for (;;) {
    const message = await ask<T | ClinicWait>(path, content)
    left.throwIfAborted()
    if (!isWait(message)) return message
    hear(message)
    await new Promise((go) => setTimeout(go, ASK_EVERY))
  }
}

function isWait(message: unknown): message is ClinicWait {
  return typeof message === 'object' && message !== null && 'doing' in message && 'done' in message
}

function posted(content: unknown): RequestInit {
  return {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(content),
  }
}

function refusal(message: string): Refusal {
  return new Refusal({ message, source: null, line: null })
}

function isError(message: unknown): message is ErrorMessage {
  return typeof message === 'object' && message !== null && 'message' in message
}
