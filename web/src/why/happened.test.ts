import { expect, test } from 'vitest'
import cases from '../../../tests/conformance/sessions.json'
import { Session } from '../session/session.svelte'
import { textsOf } from '../text/said'
import type { TraceMessage } from '../wire'
import { changeOf, fellOrRose, happened } from './change'
import { happenedAt } from './happened'

function opened(name: string): Session {
  return new Session((cases as unknown as { name: string; message: TraceMessage }[]).find((one) => one.name === name)!.message)
}

function text(session: Session): string | null {
  const found = happenedAt(session)
  return found && textsOf([...found.says, ...(found.course ? [found.course] : [])])
}

const FIRST = 'The loss fell by 1.904, from 3.0625 to 1.158; the gradient promised 2.14375.'

test('after an iteration it is said what happened, on either side of the border', () => {
  const session = opened('flow')
  expect(text(session)).toBeNull() // nothing has happened yet
  session.position = 3
  expect(text(session)).toBeNull()
  session.position = session.steps.length
  expect(text(session)).toBe(FIRST)
  session.stepForward()
  expect([session.iteration, session.position]).toEqual([1, 0])
  expect(text(session)).toBe(FIRST)
  session.position = session.steps.length
  expect(text(session)).toMatch(/^The loss fell by 0\.9502, .* In 2 iterations the loss fell by 2\.854, from 3\.0625 to 0\.2081\.$/)
})

test.each(['flow', 'uneven', 'cosine', 'plateau', 'composed'])('%s: looking back moves nothing', async (name) => {
  const session = opened(name)
  await session.trainTo(session.last)
  const numbers = session.tape.values.map(({ id }) => [...session.values(id)])
  session.position = 0
  const { iteration, losses } = session
  const said = text(session)
  expect(said).toMatch(/^The loss (fell|rose|stayed)/)
  const now = session.tape.values.map(({ id }) => [...session.values(id)])
  expect([session.iteration, session.losses, now]).toEqual([iteration, losses, numbers])
  // what the iteration before says of itself
  session.seek(iteration - 1, session.steps.length)
  expect(text(session)).toBe(said)
})

test('both losses of a batch are of that batch, and a course is of whole passes', async () => {
  const session = opened('uneven') // 5 samples, 2 at a time
  session.position = session.steps.length
  expect(text(session)).toMatch(/Both losses are of the 2 of 5 examples that this iteration saw\.$/)
  await session.trainTo(5)
  const { values } = session.curve.means!
  expect(text(session)).toContain('Over a pass of 3 iterations the mean loss was ')
  const mean = (from: number): number => session.losses.slice(from, from + 3).reduce((a, b) => a + b, 0) / 3
  expect([values[2], values[5]]).toEqual([expect.closeTo(mean(0), 9), expect.closeTo(mean(3), 9)])
})

test('a number edited by hand is in what happened', () => {
  const session = opened('flow')
  session.nextIteration()
  session.edit(session.find.byName.get('w1')!, 0, 3)
  expect(text(session)).toBe(FIRST) // of the iteration before, which was not edited
  session.position = session.steps.length
  expect(changeOf(session)!.before).toBe(session.losses[1])
})

test('what is no number any more is not said to have risen', () => {
  const says = happened({ before: 1, after: Number.POSITIVE_INFINITY, promised: Number.NaN })
  expect(textsOf(says)).toBe('The loss went from 1 to ∞; the gradient promised no number.')
  expect(textsOf([fellOrRose(3, Number.NaN, 1)])).toBe('In one iteration the loss went from 3 to NaN.')
  expect(textsOf([fellOrRose(3, 3, 2)])).toBe('After 2 iterations the loss is 3, as at first.')
})
