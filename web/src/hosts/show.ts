// Draws the whole page into an element, whatever the host.

import { mount, unmount } from 'svelte'
import type { Host } from '../contract/host'
import type { Model } from '../contract/model'
import App from '../views/App.svelte'

interface Shown {
  readonly model: Model
  readonly host: Host
  readonly el: HTMLElement
}

/** Returns what takes the drawing away again. */
export function show({ model, host, el }: Shown): () => Promise<void> {
  const app = mount(App, { target: el, props: { model, host } })
  return () => unmount(app)
}
