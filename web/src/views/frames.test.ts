// What a frame costs the drawing, by counts: how often what is derived from the structure runs, and
// what of the page changes.

import { flushSync, mount, unmount } from 'svelte'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import cases from '../../../tests/conformance/sessions.json'
import { Study } from '../explore/study.svelte'
import { draw } from '../graph/draw'
import { Store } from '../learner/store.svelte'
import { type Session, SPEEDS } from '../session/session.svelte'
import { explain } from '../text/explain'
import { Judge } from '../training/judge'
import { why } from '../why/ladder'
import type { TraceMessage } from '../wire'
import Explorer from './Explorer.svelte'

vi.mock('../graph/draw', { spy: true })
vi.mock('../text/explain', { spy: true })
vi.mock('../why/ladder', { spy: true })

const FRAMES = 30
const SPIED = { draw: vi.mocked(draw), explain: vi.mocked(explain), why: vi.mocked(why) }
const dead = vi.spyOn(Judge.prototype, 'dead')

let session: Session
let explorer: ReturnType<typeof mount>
let seen: MutationObserver

beforeEach(() => {
  vi.useFakeTimers()
  vi.stubGlobal('ResizeObserver', class { observe(): void {} unobserve(): void {} disconnect(): void {} })
  vi.spyOn(HTMLCanvasElement.prototype, 'getContext').mockReturnValue(null)
})

function open(name: string): void {
  const all = cases as unknown as readonly { name: string; message: TraceMessage }[]
  const message = { ...all.find((one) => one.name === name)!.message, iterations: 10_000 }
  const study = new Study(message, { traces: null, store: new Store(null) })
  session = study.session
  session.position = session.steps.length
  explorer = mount(Explorer, { target: document.body, props: { study, full: false, toggleFull: () => {} } })
  flushSync()
  seen = new MutationObserver(() => {})
  seen.observe(document.body, { subtree: true, childList: true, attributes: true, characterData: true })
}

afterEach(async () => {
  session.pause()
  seen.disconnect()
  await unmount(explorer)
  vi.useRealTimers()
})

/** Plays some frames; what changed on the page in each. */
function played(frames: number): MutationRecord[][] {
  return Array.from({ length: frames }, () => {
    vi.advanceTimersByTime(17)
    flushSync()
    return seen.takeRecords()
  })
}

/** The changes within some parts of the page, each in a line. */
function told(changes: readonly MutationRecord[], parts: string): string[] {
  return changes
    .filter(({ target }) => target.parentElement?.closest(parts))
    .map(({ type, attributeName, target }) => {
      const element = target instanceof Element ? target : target.parentElement!
      return `${type} ${attributeName ?? ''} of <${element.tagName} class="${element.getAttribute('class')}">`
    })
}

function rush(): void {
  session.speed = SPEEDS.findIndex(({ iterations }) => iterations === 20)
  session.play()
  vi.advanceTimersByTime(100)
  flushSync()
  seen.takeRecords()
  for (const spy of Object.values(SPIED)) spy.mockClear()
  dead.mockClear()
}

test('numbers that change draw nothing anew, explain nothing, and build no nodes', () => {
  open('xor')
  rush()
  const before = session.iteration
  const changes = played(3 * FRAMES).flat()
  expect(session.iteration).toBeGreaterThan(before + FRAMES / 2)
  for (const [name, spy] of Object.entries(SPIED)) expect(spy, name).not.toHaveBeenCalled()
  expect(dead.mock.calls.length).toBeLessThanOrEqual(Math.ceil((session.iteration - before) / 15))
  const built = told(changes, '.graph, section[aria-label=Computation]').filter((change) => change.startsWith('childList'))
  expect(built).toEqual([])
})

test('an iteration changes each number on the page once, and what was told by name not at all', () => {
  open('xor')
  rush()
  const texts = document.querySelectorAll('.graph text').length
  for (const frame of played(FRAMES)) {
    const changes = told(frame, '.graph')
    expect(changes.length).toBeLessThanOrEqual(2 * texts)
    expect(changes.filter((change) => /aria-label|transform|title/.test(change))).toEqual([])
  }
})

test('where no number changes, nothing on the graph does', () => {
  open('flow')
  const rate = session.find.byName.get('learning_rate')!
  session.edit(rate, 0, 0)
  session.seek(0)
  rush()
  const changed = told(played(FRAMES).flat(), '.graph')
  expect(session.iteration).toBeGreaterThan(1)
  expect(changed).toEqual([])
})

test('when it pauses, all is told again', () => {
  open('xor')
  rush()
  played(3)
  session.pause()
  flushSync()
  expect(SPIED.explain).toHaveBeenCalledTimes(1)
  expect(document.querySelector('.graph [role=button][aria-label*=" = "]')).not.toBeNull()
})
