// The module that every host loads. It keeps anywidget's contract, so a notebook needs nothing more.
//
// The model's keys, all of them optional:
//   trace   the TraceMessage to show, and `start`, the place in it to open at
//   go      a place to go to in what is shown
//   place   where the person stands; set here
//   error   what to say where there is nothing to show
//   api     how to open other traces, where the host can
//   room    which room is open and what it was asked for, where the host has more than the explorer;
//           each of the others finds what it asks of the host under its own name
//   whole   whether the page is all ours, and not a cell of a notebook
import { mount, unmount } from 'svelte'
import type { Model } from '../contract/model'
import App from '../views/App.svelte'

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
