import { flushSync, mount, tick, unmount } from 'svelte'
import { afterEach, expect, test } from 'vitest'
import cases from '../../../../tests/conformance/whatifs.json'
import { Refusal } from '../../contract/refusal'
import type { TraceApi } from '../../contract/traces'
import { Study } from '../../explore/study.svelte'
import { Store } from '../../learner/store.svelte'
import type { MistakesMessage, TraceMessage } from '../../wire'
import WhatIfPanel from './WhatIfPanel.svelte'

const [{ message, mistakes }] = cases as unknown as [{ message: TraceMessage; mistakes: MistakesMessage }]
let study: Study
let panel: ReturnType<typeof mount> | undefined

afterEach(async () => {
  if (panel) await unmount(panel)
  panel = undefined
})

async function opened(api: Partial<TraceApi> | null): Promise<HTMLElement> {
  study = new Study(message, { traces: api as TraceApi | null, store: new Store(null) })
  study.session.position = 5
  return shown()
}

async function shown(): Promise<HTMLElement> {
  panel = mount(WhatIfPanel, { target: document.body, props: { whatIf: study.whatIf } })
  for (let n = 0; n < 5; n++) await tick()
  flushSync()
  return document.body
}

test('without a server it says what it needs, and numbers can be changed all the same', async () => {
  const { textContent } = await opened(null)
  expect(textContent).toContain('whygrad open')
  expect(textContent).toContain('Another learning rate')
  expect(textContent).not.toContain('Another part')
})

test('with one it lists the mistakes, fetched once', async () => {
  let asked = 0
  const api = { mistakes: () => (asked++, Promise.resolve(mistakes)) }
  const { textContent } = await opened(api)
  expect(textContent).toContain('Forget the 2 of the square')
  await unmount(panel!)
  await shown()
  expect(asked).toBe(1)
})

test('a failure is said, and it can be tried again', async () => {
  let fails = true
  const message = { message: 'The server does not answer.', source: null, line: null }
  const api = { mistakes: () => (fails ? Promise.reject(new Refusal(message)) : Promise.resolve(mistakes)) }
  const body = await opened(api)
  expect(body.querySelector('[role=alert]')?.textContent).toContain('The server does not answer.')
  fails = false
  body.querySelector<HTMLButtonElement>('[role=alert] button')!.click()
  for (let n = 0; n < 5; n++) await tick()
  flushSync()
  expect(body.textContent).toContain('Forget the 2 of the square')
})
