// The module for a notebook and for any page that keeps anywidget's contract: it is given a model,
// which holds data alone.
//
// The model's keys, all of them optional:
//   trace    the TraceMessage to show, and `start`, the place in it to open at
//   go       a place to go to in what is shown
//   place    where the person stands; set here
//   error    what to say where there is nothing to show
//   room     which room is open and what it was asked for, where there is more than the explorer
//   whole    whether the page is all ours, and not a cell of a notebook
//   answers  whether the other side answers questions, as hosts/notebook.ts sends them
import type { Host } from '../contract/host'
import type { Model } from '../contract/model'
import { browserShelf, Store } from '../learner/store.svelte'
import { type NotebookHost, notebookHost } from './notebook'
import { show } from './show'

interface Given {
  readonly model: Model
  readonly el: HTMLElement
}

function initialize(): void {}

function render({ model, el }: Given): () => Promise<void> {
  const store = new Store(browserShelf())
  const asked: NotebookHost | null = model.get('answers') === true ? notebookHost(model, store) : null
  const alone: Host = { traces: null, practice: null, clinic: null, store }
  const leave = show({ model, host: asked ?? alone, el })
  return async () => {
    await leave()
    asked?.leave()
  }
}

export default { initialize, render }
