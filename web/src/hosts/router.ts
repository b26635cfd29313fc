// Keeps the address in step with where the person stands, and opens what an address names.

import {
  type Address,
  type Place,
  readAddress,
  readRoom,
  readTable,
  type Room,
  ROOMS,
  writeAddress,
  writeRoom,
} from '../contract/address'
import type { FullHost } from '../contract/host'
import type { Model } from '../contract/model'
import { whatWentWrong } from '../contract/refusal'
import type { TraceApi, TraceRequest } from '../contract/traces'
import type { TraceMessage } from '../wire'

/** Milliseconds between two changes of the address; browsers refuse a flood of them. */
const WRITE_EVERY = 400

interface Opened {
  readonly trace: TraceMessage
  readonly preset: string | null
}

export class Router {
  /** The host, whose traces are noted when they are opened. */
  readonly host: FullHost
  readonly #model: Model
  readonly #traces: TraceApi
  /** The traces that were asked for in the page, by what was asked. */
  readonly #chosen = new WeakMap<TraceMessage, TraceRequest>()
  /** The preset that is open; null for anything else. */
  #preset: string | null = null
  /** The person's own table that is open, where this browser keeps it. */
  #table: string | null = null
  /** Whether an address can name what is open. */
  #named = false
  /** Whether the address before is one to come back to. */
  #opened = false
  /** Whether a room is opened because the address names it already. */
  #arriving = false
  #writing: ReturnType<typeof setTimeout> | undefined
  readonly #left = new AbortController()

  /** Starts with what the address names. */
  constructor(model: Model, host: FullHost) {
    this.#model = model
    this.#traces = host.traces
    this.host = { ...host, traces: { ...host.traces, trace: (asked) => this.#choose(asked) } }
    const listeners = {
      'change:room': () => this.#enterRoom(),
      'change:trace': () => {
        const trace = this.#model.get('trace') as TraceMessage
        const asked = this.#chosen.get(trace)
        this.#opened = asked !== undefined
        if (asked) this.#note(asked, trace.name)
        else this.#forget() // until it is known what leads to it
      },
      'change:place': () => this.#writePlace(),
    }
    for (const [event, listener] of Object.entries(listeners)) {
      model.on(event, listener)
      this.#left.signal.addEventListener('abort', () => model.off(event, listener))
    }
    const { signal } = this.#left
    window.addEventListener(
      'popstate',
      () => {
        this.#cancelWriting()
        void this.#arrive()
      },
      { signal },
    )
    window.addEventListener('pagehide', () => this.#remember(), { signal })
    void this.#arrive()
  }

  /** Follows the address no more. */
  leave(): void {
    this.#cancelWriting()
    this.#left.abort()
  }

  async #choose(asked: TraceRequest): Promise<TraceMessage> {
    const trace = await this.#traces.trace(asked)
    this.#chosen.set(trace, asked)
    return trace
  }

  /** Notes what is open, so that an address leads to it; a table only where the browser keeps it. */
  #note(asked: TraceRequest, name: string): void {
    this.#preset = 'preset' in asked ? asked.preset : null
    const kept = 'spec' in asked && this.host.store.keepTable(name, asked)
    this.#table = kept ? name : null
    this.#named = kept
    if ('preset' in asked || kept) return
    const unkept = `This browser has no room to keep ${name}: after a reload, open it again.`
    setTimeout(() => this.#model.set('error', unkept)) // when it is open
  }

  #forget(): void {
    this.#preset = null
    this.#table = null
    this.#named = false
  }

  /** Opens the room that the address names, and in the explorer what it names there. */
  async #arrive(): Promise<void> {
    const room = readRoom(location.hash)
    this.#remember()
    this.#arriving = true
    this.#model.set('room', room)
    this.#arriving = false
    if (room.name !== 'explore') return
    const { open: _, ...where } = room.asked
    const isBack = !Object.keys(where).length
    if (isBack && this.#model.get('trace') !== undefined) history.replaceState(null, '', this.#address())
    else await this.#go(readAddress(location.hash), readTable(location.hash))
  }

  async #go({ preset: named, ...place }: Address, table: string | null = null): Promise<void> {
    if ((named !== null && named === this.#preset) || (table !== null && table === this.#table)) {
      this.#model.set('go', place)
      return
    }
    try {
      const open = table !== null ? this.#tableOf(table) : named === null ? this.#initial() : this.#presetOf(named)
      this.#begin(await open, place)
      this.#table = table
    } catch (fault) {
      const error = whatWentWrong(fault)
      if ((named !== null || table !== null) && this.#model.get('trace') === undefined)
        await this.#go({ preset: null, iteration: 0, position: 0 }) // something to go on with
      this.#model.set('error', error)
    }
  }

  #begin({ trace, preset }: Opened, place: Place): void {
    this.#model.set('start', place)
    this.#model.set('error', null)
    this.#model.set('trace', trace)
    this.#preset = preset
    this.#named = true
  }

  async #presetOf(preset: string): Promise<Opened> {
    return { trace: await this.#traces.trace({ preset }), preset }
  }

  async #tableOf(table: string): Promise<Opened> {
    const asked = this.host.store.table(table)
    if (!asked) throw new Error(`${table} is not kept in this browser any more: open it again.`)
    return { trace: await this.#traces.trace(asked as TraceRequest), preset: null }
  }

  /** What the host opens on, which may be a preset too. */
  async #initial(): Promise<Opened> {
    const [trace, presets] = await Promise.all([this.#traces.initial(), this.#traces.presets()])
    return { trace, preset: presets.some(({ name }) => name === trace.name) ? trace.name : null }
  }

  #address(): string {
    const { pathname, search } = location
    const place = this.#model.get('place') as Place
    const preset = this.#preset
    const named = preset !== null || this.#named
    const start = { preset: null, iteration: 0, position: 0 }
    return pathname + search + writeAddress(named ? { preset, ...place } : start, this.#table)
  }

  #enterRoom(): void {
    this.#cancelWriting()
    const room = this.#model.get('room') as Room
    const { title, description } = ROOMS[room.name]
    document.title = title
    document.querySelector('meta[name="description"]')?.setAttribute('content', description)
    if (this.#arriving) return
    const { name, asked } = readRoom(location.hash)
    const chosen = name !== room.name || Object.keys(asked).length > 0
    // a room that was asked for nothing chooses where to begin: nobody goes back to that
    history[chosen ? 'pushState' : 'replaceState'](null, '', writeRoom(room) || location.pathname + location.search)
  }

  /** Keeps where the person stands in the explorer, to be gone on with from home. */
  #remember(): void {
    const trace = this.#model.get('trace') as TraceMessage | undefined
    const room = this.#model.get('room') as Room | undefined
    const named = this.#preset !== null || this.#named
    if (!trace || !named || !this.#model.get('place') || room?.name !== 'explore') return
    const { hash } = new URL(this.#address(), location.href)
    this.host.store.change({ last: { address: hash, title: trace.title } })
  }

  #writePlace(): void {
    if (this.#opened) {
      this.#opened = false
      history.pushState(null, '', this.#address())
      return
    }
    this.#writing ??= setTimeout(() => {
      this.#writing = undefined
      history.replaceState(null, '', this.#address())
    }, WRITE_EVERY)
  }

  #cancelWriting(): void {
    clearTimeout(this.#writing)
    this.#writing = undefined
  }
}
