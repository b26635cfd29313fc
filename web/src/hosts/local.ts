import type { Listener, Model } from '../contract/model'

/** A model that lives in the page alone, with nobody on the other side. */
export function localModel(state: Record<string, unknown> = {}): Model {
  const values = new Map(Object.entries(state))
  const listeners = new Map<string, Set<Listener>>()
  return {
    get: (key) => values.get(key),
    set(key, value) {
      if (Object.is(values.get(key), value)) return
      values.set(key, value)
      for (const listener of listeners.get(`change:${key}`) ?? []) listener()
    },
    on(event, listener) {
      listeners.set(event, (listeners.get(event) ?? new Set()).add(listener))
    },
    off: (event, listener) => void listeners.get(event)?.delete(listener),
    save_changes() {},
    send() {},
  }
}
