// What is done differently at present, and what comes of it: the graph, the panel and the banner all
// show it.

import { whatWentWrong } from '../contract/refusal'
import type { TraceApi } from '../contract/traces'
import type { Session } from '../session/session.svelte'
import type { Asking } from '../why/asking.svelte'
import type { MistakesMessage } from '../wire'
import { type Choice, runOf, titleOf } from './choice'
import { type Difference, differences } from './compare'
import type { OtherRun } from './other'

export class WhatIf {
  readonly session: Session
  readonly asking: Asking
  /** What other tapes are asked of; null in a host that has none. */
  readonly traces: TraceApi | null
  choice = $state.raw<Choice | null>(null)
  /** The mistakes that fit, once they have come. */
  found = $state.raw<MistakesMessage | null>(null)
  /** Why something could not be had from the host. */
  trouble = $state('')
  #asked: Promise<void> | null = null

  readonly title: string = $derived.by(() => (this.choice ? titleOf(this.session, this.choice) : ''))
  /** The other run at the iteration that is shown; null while numbers change too fast for it. */
  readonly run: OtherRun | null = $derived.by(() => {
    const { session, choice } = this
    return choice && !session.rushing ? runOf(session, choice) : null
  })
  readonly differences: readonly Difference[] = $derived.by(() =>
    this.run ? differences(this.session, this.run) : [],
  )

  constructor(asking: Asking, traces: TraceApi | null) {
    this.session = asking.session
    this.asking = asking
    this.traces = traces
  }

  /** Fetches the mistakes that fit, once. */
  load(): Promise<void> {
    const { traces } = this
    if (!traces) return Promise.resolve()
    return (this.#asked ??= this.#attempt(async () => {
      this.found = await traces.mistakes(this.session.trace)
    }).then((done) => {
      if (!done) this.#asked = null // and may be asked again
    }))
  }

  async swap(old: string, other: string): Promise<void> {
    const { traces, session } = this
    if (!traces) return
    await this.#attempt(async () => {
      const trace = await traces.swapped(session.trace, `${old}=${other}`)
      this.choice = { kind: 'swap', old, new: other, trace }
    })
  }

  /** Nothing is done differently. */
  end(): void {
    this.choice = null
    this.trouble = ''
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
