// The module that every host loads. It keeps anywidget's contract, so a notebook needs nothing more.
//
// The model's keys: `trace` (a TraceMessage, which is shown), `presets` and `error` come from the
// host; `request` (what to trace next) and `place` (where the person stands) are set here; `go`
// sends the person somewhere. `whole` says that the page is ours, not a cell's.
import { mount, unmount } from 'svelte'
import type { Address } from '../address'
import App from '../views/App.svelte'
import type { Model } from './model'

/** What to trace: one of `preset`, `spec` and `toml`, and the files it needs. */
export interface Request {
  readonly preset?: string
  readonly spec?: Readonly<Record<string, unknown>>
  readonly toml?: string
  readonly files?: Readonly<Record<string, string>>
}

export type Place = Address

interface Host {
  model: Model
  el: HTMLElement
}

function initialize(): void {}

function render({ model, el }: Host): () => Promise<void> {
  const app = mount(App, { target: el, props: { model } })
  return () => unmount(app)
}

export default { initialize, render }
