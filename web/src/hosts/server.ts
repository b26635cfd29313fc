// What the page asks of the server that gave it out.

import type { PracticeApi } from '../practice/api'
import { type Api, Refusal, type TraceRequest } from '../views/open'
import type {
  CsvInfo,
  ErrorMessage,
  ExerciseMessage,
  LineMessage,
  MarkMessage,
  MistakesMessage,
  PracticeInfo,
  PresetInfo,
  TraceMessage,
} from '../wire'

export interface Server extends Api {
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
