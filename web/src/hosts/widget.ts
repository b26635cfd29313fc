// The module that every host loads. It keeps anywidget's contract, so a notebook needs nothing more.
import { mount, unmount } from 'svelte'
import App from '../views/App.svelte'
import type { Model } from './model'

interface Host {
  model: Model
  el: HTMLElement
}

function initialize(): void {}

function render({ el }: Host): () => Promise<void> {
  const app = mount(App, { target: el })
  return () => unmount(app)
}

export default { initialize, render }
