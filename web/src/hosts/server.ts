// The host of a page that whygrad's server gave out.

import type { FullHost } from '../contract/host'
import { Refusal } from '../contract/refusal'
import type { Store } from '../learner/store.svelte'
import { type Ask, hostAsking, isError, refusal } from './asked'

export function serverHost(store: Store): FullHost {
  return hostAsking(ask, { store, worksheets: 'practice/worksheet' })
}

const ask: Ask = async (question, content) => {
  const response = await fetch(`api/${question}`, content ? posted(content) : {}).catch(() => null)
  if (!response) throw refusal('The server does not answer. Is whygrad still running?')
  const message: unknown = await response.json().catch(() => null)
  if (response.ok && message !== null) return message
  throw isError(message) ? new Refusal(message) : refusal(`The server answered ${response.status}.`)
}

function posted(content: object): RequestInit {
  return {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(content),
  }
}
