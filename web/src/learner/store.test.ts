import { beforeEach, expect, test } from 'vitest'
import { type Shelf, Store } from './store.svelte'

const KEY = 'whygrad:learner'
const work = { typed: { a: '7' }, checked: { a: '7' }, hints: { a: 1 } }

beforeEach(() => localStorage.clear())

test('what is left is there on the next visit, under one key', () => {
  const store = new Store(localStorage)
  store.change({ theme: 'dark', askFirst: true })
  store.keep('exercise 7', work)
  const { theme, askFirst, predict } = new Store(localStorage).read()
  expect({ theme, askFirst, predict }).toEqual({ theme: 'dark', askFirst: true, predict: false })
  expect(new Store(localStorage).work('exercise 7')).toEqual(work)
  expect(Object.keys(localStorage)).toEqual([KEY])
  expect(JSON.parse(localStorage.getItem(KEY)!).version).toBe(1)
})

test('two pages do not undo what the other keeps', () => {
  const [one, other] = [new Store(localStorage), new Store(localStorage)]
  one.keep('a', work)
  other.change({ predict: true })
  one.keep('b', work)
  expect(other.read().predict).toBe(true)
  expect(Object.keys(other.read().work)).toEqual(['a', 'b'])
})

test('the latest exercises of many are kept', () => {
  const store = new Store(localStorage)
  for (let n = 0; n < 205; n++) store.keep(`exercise ${n}`, work)
  store.keep('exercise 6', { ...work, typed: { a: '8' } })
  store.keep('one more', work)
  expect(store.work('exercise 204')).toEqual(work)
  expect(store.work('exercise 6').typed['a']).toBe('8')
  expect(store.work('exercise 5').typed).toEqual({})
  expect(store.work('exercise 7')).toEqual(work)
})

test('what the five keys of before held is taken over, once', () => {
  localStorage.setItem('whygrad-theme', 'light')
  localStorage.setItem('whygrad-ask-first', 'true')
  localStorage.setItem('whygrad-predict', 'false')
  localStorage.setItem('whygrad-practice', JSON.stringify({ old: { typed: { a: '1' } } }))
  localStorage.setItem('whygrad-practice-last', JSON.stringify({ seed: '7' }))
  localStorage.setItem('of-another-page', 'x')
  expect(new Store(localStorage).read()).toEqual({
    version: 1,
    theme: 'light',
    askFirst: true,
    predict: false,
    asked: { seed: '7' },
    last: null,
    begun: null,
    work: { old: { typed: { a: '1' }, checked: {}, hints: {} } },
  })
  expect(Object.keys(localStorage).sort()).toEqual(['of-another-page', KEY])
})

test('what else is found there is passed over, part by part', () => {
  for (const text of ['[1, 2', '"x"', '[]', 'null', '7']) {
    localStorage.setItem(KEY, text)
    expect(new Store(localStorage).read().work).toEqual({})
  }
  const found = { version: 1, theme: 'pink', askFirst: 'yes', predict: true, asked: [1], work: { a: 3, b: { typed: { x: 1, y: '2' }, hints: [] } } }
  localStorage.setItem(KEY, JSON.stringify(found))
  expect(new Store(localStorage).read()).toEqual({
    version: 1,
    theme: 'auto',
    askFirst: false,
    predict: true,
    asked: null,
    last: null,
    begun: null,
    work: { b: { typed: { y: '2' }, checked: {}, hints: {} } },
  })
})

/** A shelf that is full from some time on, or that may not even be looked at. */
function refusing(may: { get: boolean; set: boolean }): Shelf {
  const held = new Map<string, string>()
  return {
    getItem(key) {
      if (!may.get) throw new DOMException('denied', 'SecurityError')
      return held.get(key) ?? null
    },
    setItem(key, text) {
      if (!may.set) throw new DOMException('full', 'QuotaExceededError')
      held.set(key, text)
    },
    removeItem: (key) => void held.delete(key),
  }
}

test('where there is no room it says so, holds for this visit, and is kept once there is', () => {
  const may = { get: true, set: false }
  const shelf = refusing(may)
  const store = new Store(shelf)
  expect(store.trouble).toBe('')
  store.keep('a', work)
  expect(store.trouble).toContain('lost when you leave')
  expect(store.work('a')).toEqual(work)
  expect(new Store(shelf).work('a').typed).toEqual({})
  may.set = true
  store.change({ predict: true })
  expect(store.trouble).toBe('')
  expect(new Store(shelf).work('a')).toEqual(work)
})

test.each([null, refusing({ get: false, set: false })])('a page that may keep nothing works all the same', (shelf) => {
  const store = new Store(shelf)
  store.keep('a', work)
  expect(store.work('a')).toEqual(work)
  expect(store.trouble).toContain('keeps nothing')
})

test('old keys stay where they cannot be taken over', () => {
  localStorage.setItem('whygrad-theme', 'dark')
  const shelf: Shelf = {
    getItem: (key) => localStorage.getItem(key),
    setItem: () => {
      throw new DOMException('full', 'QuotaExceededError')
    },
    removeItem: (key) => localStorage.removeItem(key),
  }
  expect(new Store(shelf).read().theme).toBe('dark')
  expect(localStorage.getItem('whygrad-theme')).toBe('dark')
})

test('what a newer version kept is left alone', () => {
  const newer = JSON.stringify({ version: 2, work: { a: 'in some other form' } })
  localStorage.setItem(KEY, newer)
  const store = new Store(localStorage)
  expect(store.work('a').typed).toEqual({})
  store.keep('b', work)
  expect(store.work('b')).toEqual(work)
  expect(store.trouble).toContain('newer whygrad')
  expect(localStorage.getItem(KEY)).toBe(newer)
})

test('it is saved as a file and read back elsewhere, beside the work that is there', () => {
  const store = new Store(localStorage)
  store.change({ theme: 'dark' })
  store.keep('a', work)
  const text = store.exported()
  localStorage.clear()
  const other = new Store(localStorage)
  other.keep('b', work)
  other.keep('a', { ...work, typed: { a: 'older' } })
  other.take(text)
  expect(other.read().theme).toBe('dark')
  expect(other.work('a')).toEqual(work)
  expect(other.work('b')).toEqual(work)
})

test.each([
  ['', 'not a file of your work'],
  ['{"a": 1}', 'not a file of your work'],
  ['{"version": 1, "work": []}', 'not a file of your work'],
  [`{"version": 1, "work": {}}${' '.repeat(5_000_000)}`, 'not a file of your work'],
  ['{"version": 9, "work": {}}', 'a newer whygrad'],
])('a file that is something else changes nothing', (text, says) => {
  const store = new Store(localStorage)
  store.keep('a', work)
  expect(() => store.take(text)).toThrow(says)
  expect(store.work('a')).toEqual(work)
})

test('work under ids of version 1 is found where version 2 makes the same exercise', () => {
  const work = { typed: { x: '2' }, checked: {}, hints: {} }
  const ids = ['next_number.fanout.solo.7', 'draw_the_graph.two_layers.solo.5.3', 'next_number.chain.solo.7', 'fill_blanks.fanout.solo.7']
  localStorage.setItem(KEY, JSON.stringify({ version: 1, work: Object.fromEntries(ids.map((id) => [id, work])) }))
  const store = new Store(localStorage)
  expect(store.work('next_number.fanout.solo.7.v2')).toEqual(work)
  expect(store.work('draw_the_graph.two_layers.solo.5.3.v2')).toEqual(work)
  // what is made otherwise now is not taken for what was typed, and not lost
  expect(store.work('fill_blanks.fanout.solo.7.v2').typed).toEqual({})
  expect(store.exported()).toContain('"fill_blanks.fanout.solo.7"')
  expect(store.exported()).toContain('"next_number.chain.solo.7"')
})
