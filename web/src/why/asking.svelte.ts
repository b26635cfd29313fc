// What a person is asking about: which number, how they came to it, and what of the answer acts on
// the graph, wherever on the page it is asked.

import type { Store } from '../learner/store.svelte'
import { elementOf } from '../session/focus'
import type { Session } from '../session/session.svelte'
import { type Element as Entry, ownerOf } from '../text/play'
import type { Nudge } from './nudge'
import type { Path } from './paths'

export class Asking {
  readonly session: Session
  /** Which tab of the panel is open. */
  tab = $state('why')
  /** The path that is drawn on the graph. */
  path = $state.raw<Path | null>(null)
  /** The nudge that is shown on the graph. */
  nudge = $state.raw<Nudge | null>(null)
  /** Counts what was asked with the keyboard: the answer takes the focus. */
  calls = $state(0)
  readonly #store: Store
  #first = $state(false)
  #asked = $state.raw<{ readonly trail: readonly Entry[]; readonly position: number } | null>(null)

  /** The numbers asked one from another, the current one last; empty before the first step. */
  readonly trail: readonly Entry[] = $derived.by(() => {
    const { active, selected, position } = this.session
    const asked = this.#asked
    const last = asked?.trail.at(-1)
    const holds =
      last && asked!.position === position && selected?.id === ownerOf(this.session, last.id)
    if (holds && selected.at === last.at) return asked!.trail
    return active ? [{ id: active.value, at: elementOf(this.session, active.value) }] : []
  })

  constructor(session: Session, store: Store) {
    this.session = session
    this.#store = store
    this.#first = store.read().askFirst
  }

  get current(): Entry | null {
    return this.trail.at(-1) ?? null
  }

  /** Whether to ask what a person expects before it is shown. */
  get first(): boolean {
    return this.#first
  }

  set first(first: boolean) {
    this.#first = first
    this.#store.change({ askFirst: first })
  }

  /** Asks about a number; asked again, it is let go. */
  toggle(entry: Entry): void {
    const { current, session } = this
    const same = session.selected !== null && current?.id === entry.id && current.at === entry.at
    if (same) session.selected = null
    else this.ask(entry)
  }

  ask(entry: Entry): void {
    this.#go([entry])
    if (this.tab === 'table' || this.tab === 'data') this.tab = 'why'
  }

  /** Asks about a number that an answer named. */
  follow(entry: Entry): void {
    this.#go([...this.trail, entry])
    this.tab = 'why'
  }

  /** Goes back to a number asked before. */
  back(to: number): void {
    this.#go(this.trail.slice(0, to + 1))
  }

  /** Asks about what has the focus: the number it is marked with, or else the current one. */
  call(target: Element): void {
    const entry = entryAt(target)
    if (entry) this.ask(entry)
    this.tab = 'why'
    this.calls++
  }

  /** Nothing is asked about, as when the trace was opened. */
  reset(): void {
    this.tab = 'why'
    this.path = null
    this.nudge = null
    this.#asked = null
  }

  #go(trail: readonly Entry[]): void {
    const { id, at } = trail.at(-1)!
    this.path = null
    this.session.selected = { id: ownerOf(this.session, id), at }
    this.#asked = { trail, position: this.session.position }
  }
}

/** The number that a place on the page is marked with: "12:0" in data-ask. */
export function entryAt(target: EventTarget | null): Entry | null {
  const mark = target instanceof Element && target.closest('[data-ask]')?.getAttribute('data-ask')
  if (!mark) return null
  const [id, at] = mark.split(':').map(Number) as [number, number]
  return { id, at }
}
