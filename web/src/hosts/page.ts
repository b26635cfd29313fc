// The page: given out by whygrad's server, or made of files where it names a folder of answers.

import { browserShelf, Store } from '../learner/store.svelte'
import { filesHost } from './files'
import { localModel } from './local'
import { Router } from './router'
import { serverHost } from './server'
import { show } from './show'

const answers = document.querySelector<HTMLMetaElement>('meta[name="whygrad-answers"]')?.content
const store = new Store(browserShelf())
const model = localModel({ whole: true })
const { host } = new Router(model, {
  ...(answers ? filesHost(answers, store) : serverHost(store)),
  trainer: () => new Worker(new URL('../training/worker.ts', import.meta.url)),
})

show({ model, host, el: document.getElementById('whygrad')! })
