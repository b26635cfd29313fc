import { expect, test } from 'vitest'
import cases from '../../../tests/conformance/sessions.json'
import { Session } from '../session/session.svelte'
import { format } from '../text/numbers'
import type { TraceMessage } from '../wire'
import { chainOf } from './chain'
import { GUIDED, lookAt, whatCameOfIt } from './guide'

function opened(position = 0): Session {
  const all = cases as unknown as readonly { name: string; message: TraceMessage }[]
  const session = new Session(all.find(({ name }) => name === GUIDED)!.message)
  session.position = position
  return session
}

const names = (session: Session): string[] => chainOf(session).links.map(({ symbol }) => symbol)

test('the chain is what the input becomes, one value after the other, each with what enters it', () => {
  const { links, plate } = chainOf(opened())
  expect(names(opened())).toEqual(['x', 'z₁', 'a₁', 'ŷ', 'L'])
  expect(links.map(({ beside }) => beside.map(({ symbol }) => symbol))).toEqual([[], ['w₁', 'b₁'], [], ['w₂', 'b₂'], ['t']])
  expect(links.map(({ value }) => value)).toEqual(['1', null, null, null, null])
  expect(plate).toBeNull()
})

test('a forward step is written with its numbers at the value it makes', () => {
  const { links, plate } = chainOf(opened(1))
  expect(links[1]!.active).toBe('forward')
  expect(plate).toMatchObject({ at: 1, phase: 'forward', product: null, equation: 'z₁ = 0.5 × 1 + 0 = 0.5' })
})

test('in every backward step, upstream × local is the contribution', () => {
  const session = opened()
  for (let position = 5; position <= 11; position++) {
    session.position = position
    const { product } = chainOf(session).plate!
    const [upstream, local, contribution] = [product!.upstream, product!.local, product!.contribution].map((text) =>
      Number(text.replace('−', '-')),
    )
    expect(upstream! * local!).toBeCloseTo(contribution!, 12)
    expect(contribution).toBeCloseTo(session.number(session.active!.value, 0), 12)
  }
})

test('what passed back stays at its place; what is still to come is asked for', () => {
  const { links } = chainOf(opened(9))
  expect(links.map(({ back }) => back?.contribution ?? null)).toEqual([null, '−1.75', '−1.75', '−3.5', null])
  expect(links[1]!.back!.active).toBe(true)
  expect(links[1]!.beside.map(({ waits }) => waits)).toEqual([true, true])
  expect(links[3]!.beside.map(({ slope }) => slope)).toEqual(['−1.75', '−3.5'])
})

test('every step has a sentence, and every number in it is the tape’s', () => {
  const session = opened()
  const texts = session.tape.values.flatMap(({ id }) => [...session.values(id)].map((x) => format(Math.abs(x))))
  const allowed = new Set([...texts, '0.01', '0.035', '0', '1'])
  for (let position = 0; position <= session.steps.length; position++) {
    session.position = position
    const said = lookAt(session)
    expect(said).toMatch(/\.$/)
    for (const [number] of said.matchAll(/(?<![\w₁₂])\d+(?:\.\d+)?/g))
      expect(allowed, said).toContain(number)
  }
})

test('raising ŷ a little moves the loss as the guide says', () => {
  const session = opened(5)
  const [, per, moved] = /about 0\.01 × \((−[\d.]+)\) = (−[\d.]+)/.exec(lookAt(session))!
  const loss = (y: number): number => (y - session.number(session.find.byName.get('t')!, 0)) ** 2
  const y = session.number(session.find.byName.get('yhat')!, 0)
  const rate = (loss(y + 1e-6) - loss(y - 1e-6)) / 2e-6
  expect(Number(per!.replace('−', '-'))).toBeCloseTo(rate, 6)
  expect(Number(moved!.replace('−', '-'))).toBeCloseTo(0.01 * rate, 6)
  expect(loss(y + 0.01) - loss(y)).toBeCloseTo(0.01 * rate, 3)
})

test('where the ReLU is shut, the guide says so', () => {
  const session = opened(2)
  session.edit(session.find.byName.get('w1')!, 0, -1)
  expect(lookAt(session)).toContain('z₁ = −1 is not above 0, so 0 comes out')
  session.position = 9
  expect(lookAt(session)).toContain('the ReLU is shut: its rate is 0')
  expect(chainOf(session).links[1]!.back).toMatchObject({ contribution: '0', zero: true })
})

test('an update says what it did to the loss, and what the gradient promised', () => {
  expect(whatCameOfIt(opened(15))).toMatch(/^The loss fell by 1\.904, from 3\.0625 to 1\.158.* 2\.14375/)
})
