// How a host says that it cannot serve what it was asked for.

import type { ErrorMessage } from '../wire'

/** A request that was understood and not served: says why, and where the fault lies. */
export class Refusal extends Error {
  readonly source: string | null
  readonly line: number | null

  constructor({ message, source, line }: ErrorMessage) {
    super(message)
    this.source = source
    this.line = line
  }
}

/** What went wrong in words, with the file and line where they are known. */
export function whatWentWrong(fault: unknown): string {
  if (!(fault instanceof Error)) return 'Something went wrong. Try again.'
  const where =
    fault instanceof Refusal
      ? [fault.source, fault.line && `line ${fault.line}`].filter(Boolean).join(', ')
      : ''
  return where ? `${where}: ${fault.message}` : fault.message
}
