import { expect, test } from 'vitest'
import { localModel } from './model'
import whygrad from './widget'

test('the module draws into the element it is given, and takes its drawing away again', async () => {
  const el = document.createElement('div')
  const leave = whygrad.render({ model: localModel(), el })
  expect(el.querySelector('h1')?.textContent).toBe('whygrad')
  await leave()
  expect(el.childElementCount).toBe(0)
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
