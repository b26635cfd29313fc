// What the explorer asks of its host: what can be opened, and traces.

import type { CsvInfo, MistakesMessage, PresetInfo, TraceMessage } from '../wire'

/** A failure is thrown as a Refusal. */
export interface TraceApi {
  /** The trace to open on where an address names none. */
  initial(): Promise<TraceMessage>
  presets(): Promise<readonly PresetInfo[]>
  trace(asked: TraceRequest): Promise<TraceMessage>
  csv(file: UploadedFile): Promise<CsvInfo>
  /** The mistakes that can be made on a trace that was opened. */
  mistakes(trace: TraceMessage): Promise<MistakesMessage>
  /** A trace that was opened with one choice made differently, such as "relu=sigmoid". */
  swapped(trace: TraceMessage, swap: string): Promise<TraceMessage>
}

export type TraceRequest =
  | { readonly preset: string }
  | { readonly spec: object; readonly files: Readonly<Record<string, string>> }

export interface UploadedFile {
  readonly name: string
  readonly text: string
}
