// The page that the server gives out: a host of the same module. It opens what the address names,
// and keeps the address in step with where the person stands.

import {
  type Address,
  type Place,
  readAddress,
  readRoom,
  type Room,
  ROOMS,
  writeAddress,
  writeRoom,
} from '../contract/address'
import { whatWentWrong } from '../contract/refusal'
import type { TraceApi } from '../contract/traces'
import type { TraceMessage } from '../wire'
import { localModel } from './local'
import { clinic, practice, server } from './server'
import whygrad from './widget'

/** Milliseconds between two changes of the address; browsers refuse a flood of them. */
const WRITE_EVERY = 400

/** The preset that is open; null for anything else. */
let preset: string | null = null
/** Whether the address before is one to come back to. */
let opened = false
/** Whether a room is opened because the address names it already. */
let arriving = false
let writing: ReturnType<typeof setTimeout> | undefined

const api: TraceApi = {
  ...server,
  async trace(asked) {
    const trace = await server.trace(asked)
    preset = 'preset' in asked ? asked.preset : null
    opened = true
    return trace
  },
}
const model = localModel({ whole: true, api, practice, clinic })

/** Opens the room that the address names, and in the explorer what it names there. */
async function arrive(): Promise<void> {
  const room = readRoom(location.hash)
  arriving = true
  model.set('room', room)
  arriving = false
  if (room.name !== 'explore') return
  const isBack = !Object.keys(room.asked).length && location.hash !== ''
  if (isBack && model.get('trace') !== undefined) history.replaceState(null, '', address())
  else await go(readAddress(location.hash))
}

async function go({ preset: named, ...place }: Address): Promise<void> {
  if (named !== null && named === preset) {
    model.set('go', place)
    return
  }
  try {
    const found = await (named === null ? initial() : opening(named))
    model.set('start', place)
    model.set('error', null)
    model.set('trace', found.trace)
    preset = found.preset
  } catch (fault) {
    model.set('error', whatWentWrong(fault))
  }
}

interface Opened {
  readonly trace: TraceMessage
  readonly preset: string | null
}

async function opening(preset: string): Promise<Opened> {
  return { trace: await server.trace({ preset }), preset }
}

/** What the server opens on, which may be a preset too. */
async function initial(): Promise<Opened> {
  const [trace, presets] = await Promise.all([server.initial(), server.presets()])
  return { trace, preset: presets.some(({ name }) => name === trace.name) ? trace.name : null }
}

function address(): string {
  const { pathname, search } = location
  return pathname + search + writeAddress({ preset, ...(model.get('place') as Place) })
}

model.on('change:room', () => {
  clearTimeout(writing)
  writing = undefined
  const room = model.get('room') as Room
  document.title = room.name === 'explore' ? 'whygrad' : `${ROOMS[room.name]} · whygrad`
  if (arriving) return
  const chosen = Object.keys(readRoom(location.hash).asked).length > 0
  // a room that was asked for nothing chooses where to begin: nobody goes back to that
  history[chosen ? 'pushState' : 'replaceState'](null, '', writeRoom(room))
})
model.on('change:trace', () => (preset = null)) // until it is known to be one
model.on('change:place', () => {
  if (opened) {
    opened = false
    history.pushState(null, '', address())
    return
  }
  writing ??= setTimeout(() => {
    writing = undefined
    history.replaceState(null, '', address())
  }, WRITE_EVERY)
})
window.addEventListener('popstate', () => {
  clearTimeout(writing)
  writing = undefined
  void arrive()
})

whygrad.initialize()
whygrad.render({ model, el: document.getElementById('whygrad')! })
void arrive()
