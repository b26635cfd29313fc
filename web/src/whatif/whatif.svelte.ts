// What is done differently at present, and what comes of it. One for each session, for the graph,
// the panel and the banner all show it.

import { whatWentWrong } from '../contract/refusal'
import type { TraceApi } from '../contract/traces'
import type { Session } from '../study/session.svelte'
import type { MistakesMessage } from '../wire'
import { type Choice, runOf, titleOf } from './choice'
import { type Difference, differences } from './compare'
import type { OtherRun } from './other'

const known = new WeakMap<Session, WhatIf>()

export function whatIfOf(session: Session): WhatIf {
  let found = known.get(session)
  if (!found) known.set(session, (found = new WhatIf(session)))
  return found
}

export class WhatIf {
  readonly session: Session
  /** What is asked of a server; null in a host without one. */
  api: TraceApi | null = null
  choice = $state.raw<Choice | null>(null)
  /** The mistakes that fit, once they have come. */
  found = $state.raw<MistakesMessage | null>(null)
  /** Why something could not be had from the server. */
  trouble = $state('')
  #play: Promise<void> | null = null

  readonly title: string = $derived.by(() => (this.choice ? titleOf(this.session, this.choice) : ''))
  /** The other run at the iteration that is shown; null while numbers change too fast for it. */
  readonly run: OtherRun | null = $derived.by(() => {
    const { session, choice } = this
    return choice && !session.rushing ? runOf(session, choice) : null
  })
  readonly differences: readonly Difference[] = $derived.by(() =>
    this.run ? differences(this.session, this.run) : [],
  )

  constructor(session: Session) {
    this.session = session
  }

  /** Fetches the mistakes that fit, once. */
  load(): Promise<void> {
    const { api } = this
    if (!api) return Promise.resolve()
    return (this.#play ??= this.#attempt(async () => {
      this.found = await api.mistakes(this.session.trace)
    }).then((done) => {
      if (!done) this.#play = null // and may be play again
    }))
  }

  async swap(old: string, other: string): Promise<void> {
    const { api, session } = this
    if (!api) return
    await this.#attempt(async () => {
      const trace = await api.swapped(session.trace, `${old}=${other}`)
      this.choice = { kind: 'swap', old, new: other, trace }
    })
  }

  end(): void {
    this.choice = null
  }

  async #attempt(task: () => Promise<void>): Promise<boolean> {
    this.trouble = ''
    try {
      await task()
      return true
    } catch (fault) {
      this.trouble = whatWentWrong(fault)
      return false
    }
  }
}
