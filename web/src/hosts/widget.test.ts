import { beforeAll, expect, test, vi } from 'vitest'
import cases from '../../../tests/conformance/sessions.json'
import { localModel } from './local'
import whygrad from './widget'

const [flow] = cases

// jsdom lays nothing out, so nothing is ever resized
beforeAll(() => {
  vi.stubGlobal(
    'ResizeObserver',
    class {
      observe(): void {}
      unobserve(): void {}
      disconnect(): void {}
    },
  )
})

test('the module draws into the element it is given, and takes its drawing away again', async () => {
  const el = document.createElement('div')
  const leave = whygrad.render({ model: localModel(), el })
  expect(el.querySelector('h1')?.textContent).toBe('whygrad')
  await leave()
  expect(el.childElementCount).toBe(0)
})

test('it shows the trace of its model at the place it is given, and says where it stands', async () => {
  const el = document.createElement('div')
  const model = localModel({ trace: flow!.message, start: { iteration: 1, position: 4 } })
  const leave = whygrad.render({ model, el })
  await new Promise((resolve) => setTimeout(resolve, 50))
  expect(el.textContent).toContain('Iteration 2')
  expect(el.querySelector('[aria-label^="L = 1.158"]')).not.toBeNull()
  expect(model.get('place')).toEqual({ iteration: 1, position: 4 })
  model.set('go', { iteration: 0, position: 3 })
  await new Promise((resolve) => setTimeout(resolve, 50))
  expect(el.querySelector('[aria-label^="ŷ = 0.25"]')).not.toBeNull()
  expect(el.querySelector('[aria-haspopup=dialog]')).toBeNull() // nothing can be opened from here
  await leave()
})

test('what a notebook has not set is null, and is passed over', async () => {
  const el = document.createElement('div')
  const model = localModel({ trace: flow!.message, go: null, place: null, start: null, room: null })
  const leave = whygrad.render({ model, el })
  await new Promise((resolve) => setTimeout(resolve, 50))
  expect(el.textContent).toContain('Iteration 1')
  await leave()
})

test('a notebook that answers is asked for what can be opened', async () => {
  const el = document.body.appendChild(document.createElement('div'))
  const sent: unknown[] = []
  const model = { ...localModel({ trace: flow!.message, answers: true }), send: (message: unknown) => void sent.push(message) }
  const leave = whygrad.render({ model, el })
  await new Promise((resolve) => setTimeout(resolve))
  Object.assign(el.querySelector('dialog')!, { showModal() {} }) // jsdom has none
  el.querySelector<HTMLButtonElement>('[aria-haspopup=dialog]')!.click()
  await new Promise((resolve) => setTimeout(resolve))
  expect(sent).toContainEqual({ id: expect.any(Number), ask: 'presets', payload: {} })
  await leave()
  el.remove()
})

test('a local model tells its listeners of a change, once, until they leave', () => {
  const model = localModel({ epoch: 0 })
  const seen: unknown[] = []
  const listener = () => seen.push(model.get('epoch'))
  model.on('change:epoch', listener)
  model.set('epoch', 1)
  model.set('epoch', 1)
  model.off('change:epoch', listener)
  model.set('epoch', 2)
  expect(seen).toEqual([1])
})
