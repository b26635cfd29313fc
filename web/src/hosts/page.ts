// The page that the server gives out: a host of the same module. It answers the module's requests
// for traces from the server, and keeps the address in step with where the person stands.

import { readAddress, writeAddress } from '../address'
import type { ErrorMessage, PresetInfo, TraceMessage } from '../wire'
import { localModel } from './model'
import whygrad, { type Place, type Request } from './widget'

const WRITE_EVERY = 400 // milliseconds; browsers refuse a flood of addresses

const el = document.getElementById('whygrad')!
const model = localModel({ whole: true, place: readAddress(location.hash) })
let writing: ReturnType<typeof setTimeout> | undefined

async function ask<T>(path: string, content?: unknown): Promise<T> {
  const response = await fetch(path, {
    ...(content !== undefined && {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(content),
    }),
  })
  const message: unknown = await response.json()
  if (!response.ok) throw message
  return message as T
}

async function open(request: Request | null): Promise<void> {
  model.set('busy', true)
  try {
    const trace = request
      ? await ask<TraceMessage>('api/trace', request)
      : await ask<TraceMessage>('api/initial')
    model.set('error', null)
    model.set('trace', trace)
  } catch (fault) {
    model.set('error', said(fault))
  } finally {
    model.set('busy', false)
  }
}

/** What went wrong, whether the server said it or did not answer. */
function said(fault: unknown): ErrorMessage {
  if (fault && typeof fault === 'object' && 'message' in fault && 'source' in fault)
    return fault as ErrorMessage
  return {
    message: `The server does not answer (${fault instanceof Error ? fault.message : 'no message'}). Is whygrad still running?`,
    source: null,
    line: null,
  }
}

function address(): string {
  return location.pathname + location.search + writeAddress(model.get('place') as Place)
}

model.on('change:request', () => {
  const request = model.get('request') as Request
  void open(request).then(() => {
    if (!model.get('error')) history.pushState(null, '', address())
  })
})

model.on('change:place', () => {
  writing ??= setTimeout(() => {
    writing = undefined
    history.replaceState(null, '', address())
  }, WRITE_EVERY)
})

window.addEventListener('popstate', () => {
  const place = readAddress(location.hash)
  const { preset } = model.get('place') as Place
  model.set('go', place)
  if (place.preset !== preset) void open(place.preset ? { preset: place.preset } : null)
})

whygrad.initialize()
whygrad.render({ model, el })
void ask<PresetInfo[]>('api/presets').then(
  (presets) => model.set('presets', presets),
  () => model.set('presets', []),
)
const { preset } = readAddress(location.hash)
void open(preset ? { preset } : null)
