// The host of a module in a notebook: questions and answers are messages of its model. The other
// side is whygrad.notebook.

import type { FullHost } from '../contract/host'
import type { Model } from '../contract/model'
import { Refusal } from '../contract/refusal'
import type { Store } from '../learner/store.svelte'
import { type Ask, hostAsking, isError, refusal } from './asked'

/** A question, as it is sent. */
export interface Sent {
  readonly id: number
  readonly ask: string
  readonly payload: object
}

/** What comes back for it: an answer, or an error. */
interface Received {
  readonly id: number
  readonly answer?: unknown
  readonly error?: unknown
}

/** Milliseconds for which a question is waited for: a kernel may be busy, or gone. */
const PATIENCE = 60_000

export interface NotebookHost extends FullHost {
  /** Hears no more answers; what is still waited for is refused. */
  leave(): void
}

export function notebookHost(model: Model, store: Store, patience = PATIENCE): NotebookHost {
  const waiting = new Map<number, (received: Received | null) => void>()
  let asked = 0

  function hear(message: unknown): void {
    if (isReceived(message)) waiting.get(message.id)?.(message)
  }
  model.on('msg:custom', hear)

  const ask: Ask = async (question, payload = {}) => {
    const id = ++asked
    const received = await new Promise<Received | null>((resolve) => {
      const timer = setTimeout(() => resolve(null), patience)
      waiting.set(id, (message) => {
        clearTimeout(timer)
        resolve(message)
      })
      model.send({ id, ask: question, payload } satisfies Sent)
    })
    waiting.delete(id)
    if (!received) throw refusal('The notebook does not answer. Is its kernel running, and free?')
    if (isError(received.error)) throw new Refusal(received.error)
    if ('answer' in received) return received.answer
    throw refusal('The notebook gave no answer.')
  }

  return {
    ...hostAsking(ask, { store }),
    leave() {
      model.off('msg:custom', hear)
      for (const resolve of waiting.values()) resolve(null)
    },
  }
}

function isReceived(message: unknown): message is Received {
  return typeof message === 'object' && message !== null && 'id' in message
}
