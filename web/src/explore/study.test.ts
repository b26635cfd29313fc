import { flushSync } from 'svelte'
import { expect, test } from 'vitest'
import whatifs from '../../../tests/conformance/whatifs.json'
import type { TraceApi } from '../contract/traces'
import { Store } from '../learner/store.svelte'
import type { MistakesMessage, TraceMessage } from '../wire'
import { Study } from './study.svelte'

const { message, mistakes } = (whatifs as unknown as readonly { name: string; message: TraceMessage; mistakes: MistakesMessage }[]).find(
  ({ name }) => name === 'flow',
)!
const traces = { mistakes: () => Promise.resolve(mistakes) } as unknown as TraceApi

/** All that the page shows of a study that can be reset. */
function state({ session, asking, whatIf, predicting }: Study): object {
  return {
    place: [session.iteration, session.position, session.grain, session.row, session.speed],
    selected: session.selected,
    weights: session.trace.tape.carries.map(([id]) => [...session.values(id)]),
    asked: [asking.tab, asking.trail, asking.path, asking.nudge],
    whatIf: [whatIf.choice, whatIf.title, whatIf.trouble, whatIf.differences],
    predicted: [predicting.on, predicting.question, predicting.answered, predicting.mark, predicting.shown, predicting.slipped],
  }
}

test('everything is reset to how the trace was opened', async () => {
  const study = new Study(message, { traces, store: new Store(null) })
  study.predicting.on = true
  const before = state(study)
  const { session, asking, whatIf, predicting } = study
  for (const typed of ['77', '78']) await predicting.answer(typed)
  session.nextIteration()
  session.edit(session.find.byName.get('w1')!, 0, 3)
  session.grain = 'unfolded'
  session.speed = 4
  session.position = 9
  asking.ask({ id: session.find.byName.get('w1')!, at: 0 })
  asking.tab = 'paths'
  await whatIf.load()
  whatIf.choice = { kind: 'mistake', mistake: whatIf.found!.mistakes[0]!, ops: whatIf.found!.ops }
  flushSync()
  const changed = state(study)
  study.reset()
  for (const [key, now] of Object.entries(state(study))) {
    expect(changed[key as keyof typeof changed]).not.toEqual(now)
    expect(now).toEqual(before[key as keyof typeof before])
  }
})

test('two studies of one trace know nothing of each other, but for what is chosen for all', () => {
  const store = new Store(null)
  const [one, other] = [new Study(message, { traces, store }), new Study(message, { traces: null, store })]
  one.session.position = 3
  one.asking.first = true
  one.predicting.on = true
  expect(other.session.position).toBe(0)
  expect(other.asking.first).toBe(false)
  const later = new Study(message, { traces, store })
  expect([later.asking.first, later.predicting.on]).toEqual([true, true])
  one.predicting.on = false
  expect(new Study(message, { traces, store }).predicting.on).toBe(false)
})

test('a slip of before a reset is not carried on after it', async () => {
  const study = new Study(message, { traces, store: new Store(null) })
  study.predicting.on = true
  await study.predicting.answer('77')
  // a first try is hinted at, and asked again: nothing is shown, and nothing carried on
  expect(study.predicting.mark).toMatchObject({ correct: false, settled: false, step: '' })
  expect(study.predicting.mark?.says).toContain('Try once more')
  expect([study.session.position, study.predicting.slipped]).toEqual([0, false])
  await study.predicting.answer('78')
  expect(study.predicting.mark).toMatchObject({ correct: false, settled: true })
  expect(study.session.position).toBe(1)
  expect(study.predicting.slipped).toBe(true)
  study.reset()
  expect(study.predicting.slipped).toBe(false)
  await study.predicting.answer('0.5')
  expect(study.predicting.mark).toMatchObject({ correct: true, carried: false })
})

test('where it begins, there the next number is asked', () => {
  const store = new Store(null)
  store.change({ predict: true })
  const { predicting, session } = new Study(message, { traces, store }, { iteration: 1, position: 4 })
  expect([session.iteration, session.position]).toEqual([1, 4])
  expect(predicting.question?.element.id).toBe(session.steps[4]!.value)
})

test('a second try that is right is as good as a first, and shows the number', async () => {
  const study = new Study(message, { traces, store: new Store(null) })
  study.predicting.on = true
  await study.predicting.answer('77')
  await study.predicting.answer('0.5')
  expect(study.predicting.mark).toMatchObject({ correct: true, carried: false, settled: true })
  expect([study.session.position, study.predicting.slipped]).toEqual([1, false])
  study.predicting.next()
  await study.predicting.answer('77') // the next number has two tries of its own
  expect(study.session.position).toBe(1)
  study.predicting.show()
  expect(study.session.position).toBe(2)
})
