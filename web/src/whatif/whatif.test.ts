import { describe, expect, test } from 'vitest'
import cases from '../../../tests/conformance/whatifs.json'
import { draw } from '../graph/draw'
import { label, type Numbers } from '../player/tape'
import { Session } from '../session/session.svelte'
import { format } from '../text/numbers'
import type { MistakesMessage, TraceMessage } from '../wire'
import { type Choice, runOf, titleOf, variantOf } from './choice'
import { type Difference, differences, firstDifference, gradientCheck } from './compare'
import { insteadOf } from './instead'
import { entriesOf, menuOf, positionOf } from './menu'
import { partsOf } from './parts'
import { tieOf } from './reason'
import { Branch } from './training'
import { forwardOf, unchanged } from './variant'

interface Compared {
  readonly edit: string
  readonly first_divergence: { readonly name: string; readonly right: Numbers; readonly wrong: Numbers } | null
  readonly differences: readonly { readonly name: string; readonly right: Numbers; readonly wrong: Numbers }[]
  readonly gradient_check: Readonly<Record<'right' | 'wrong', { error: Numbers; name: string; passes: boolean }>>
  readonly training: Readonly<Record<'right' | 'wrong', readonly Numbers[]>>
  readonly accuracy: Readonly<Record<'right' | 'wrong', number | null>>
}

interface Case {
  readonly name: string
  readonly message: TraceMessage
  readonly mistakes: MistakesMessage
  readonly compared: readonly Compared[]
}

const CASES = cases as unknown as readonly Case[]
const TEXTS: Readonly<Record<string, number>> = { inf: Infinity, '-inf': -Infinity, nan: NaN }

function number(item: Numbers): number {
  return typeof item === 'string' ? TEXTS[item]! : Number(item)
}

function caseOf(name: string): Case {
  return CASES.find((one) => one.name === name)!
}

function mistake(one: Case, name: string): Choice {
  const found = one.mistakes.mistakes.find((mistake) => mistake.name === name)!
  return { kind: 'mistake', mistake: found, ops: one.mistakes.ops }
}

/** "mistake NAME", "set VALUE AT NUMBER" or "rate NUMBER". */
function choiceOf(session: Session, one: Case, edit: string): Choice {
  const [kind, name, at, value] = edit.split(' ') as [string, string, string, string]
  if (kind === 'mistake') return mistake(one, name)
  if (kind === 'rate') return { kind: 'rate', value: Number(name) }
  return { kind: 'number', id: session.find.byName.get(name)!, at: Number(at), value: Number(value), frozen: false }
}

function expectNear(got: number, wanted: number, digits: number): void {
  if (Number.isFinite(wanted)) expect(Math.abs(got - wanted) / Math.max(1, Math.abs(wanted))).toBeLessThan(10 ** -digits)
  else expect(got).toEqual(wanted)
}

describe.each(CASES)('$name, as Python has it:', (one) => {
  test.each(one.compared)('$edit', (compared) => {
    const session = new Session(one.message)
    const choice = choiceOf(session, one, compared.edit)
    const run = runOf(session, choice)
    const found = differences(session, run)
    expect(found.map(({ id, at }) => session.label(id, at))).toEqual(compared.differences.map(({ name }) => name))
    found.forEach(({ right, wrong }, n) => {
      expectNear(right, number(compared.differences[n]!.right), 9)
      expectNear(wrong, number(compared.differences[n]!.wrong), 9)
    })
    const first = firstDifference(found)
    expect(first && label(session.tape, first.id)).toEqual(
      compared.first_divergence && compared.first_divergence.name.split('[')[0],
    )

    for (const [which, numbers] of [['right', session], ['wrong', run]] as const) {
      const check = gradientCheck(numbers)
      expect(check.passes).toBe(compared.gradient_check[which].passes)
      expectNear(check.error, number(compared.gradient_check[which].error), 7)
    }

    const { right, wrong } = compared.training
    for (const [losses, variant] of [[right, unchanged(session.tape)], [wrong, variantOf(session, choice)]] as const) {
      if (!losses.length) continue
      const branch = new Branch(session, variant)
      branch.play(losses.length)
      losses.forEach((loss, n) => expectNear(branch.losses[n]!, number(loss), 9))
    }
    if (compared.accuracy.wrong !== null && wrong.length) {
      const branch = new Branch(session, variantOf(session, choice))
      branch.play(wrong.length)
      // Python judges what the last update made
      branch.history.next()
      expect(branch.accuracy()).toBe(compared.accuracy.wrong)
    }
  })
})

describe('from where the page stands', () => {
  test('a mistake takes the numbers that are shown: another iteration, other weights', () => {
    const one = caseOf('flow')
    const session = new Session(one.message)
    session.edit(session.find.byName.get('w1')!, 0, 0.25)
    session.seek(0)
    session.nextIteration()
    const run = runOf(session, mistake(one, 'forget_factor_two'))
    const slope = session.find.byName.get('dL/dyhat')!
    expect(run.number(run.counterpart(slope)!, 0)).toBeCloseTo(session.number(slope, 0) / 2, 12)
    const right = new Branch(session, unchanged(session.tape))
    right.play(3)
    const shown = session.number(session.tape.loss, 0)
    expect(right.losses[0]).toBe(shown)
    session.nextIteration()
    expect(right.losses[1]).toBe(session.number(session.tape.loss, 0))
  })

  test('a frozen parameter is never updated', () => {
    const { message } = caseOf('flow')
    const session = new Session(message)
    const id = session.find.byName.get('w1')!
    const choice: Choice = { kind: 'number', id, at: 0, value: 0.25, frozen: true }
    const branch = new Branch(session, variantOf(session, choice))
    branch.play(4)
    const { tape, player } = branch.history
    expect(player.values[tape.values.find(({ name }) => name === 'w1')!.id]![0]).toBe(0.25)
    expect(titleOf(session, choice)).toBe('w₁ = 0.25, never updated')
  })

  test('the forward pass alone gives the same output', () => {
    const session = new Session(caseOf('xor-corners').message)
    const forward = forwardOf(unchanged(session.tape))
    expect(forward.tape.steps.length).toBeLessThan(session.tape.steps.length)
    const branch = new Branch(session, unchanged(session.tape))
    const x = session.trace.dataset!.train.x
    branch.predict(x).forEach(([output], n) => expect(output).toBeCloseTo(session.predict(x)[n]![0]!, 12))
  })
})

test('a mistake that makes no difference is shown where it is made', () => {
  const one = caseOf('flow')
  const session = new Session(one.message)
  const choice = mistake(one, 'skip_relu_mask')
  const run = runOf(session, choice)
  expect(differences(session, run)).toEqual([])
  expect(tieOf(session, run)).toMatchObject({ name: '∂L/∂z₁', right: '−1.75 × 1 = −1.75', wrong: '−1.75' })
})

describe('the other numbers on the graph', () => {
  const open = (name: string, wrong: string): { session: Session; found: Difference[] } => {
    const one = caseOf(name)
    const session = new Session(one.message)
    session.position = session.steps.length
    return { session, found: differences(session, runOf(session, mistake(one, wrong))) }
  }
  const texts = (session: Session, found: readonly Difference[], folded = new Set<number>(), direction: 'right' | 'down' = 'right'): string[] =>
    insteadOf(session, draw(session, direction, folded), found, () => false).map(({ text }) => text)

  test('boxes have all that differ, biases and weights what is shown of them', () => {
    const { session, found } = open('xor-corners', 'flip_the_error')
    const shown = texts(session, found)
    const w1 = session.find.byName.get('W1')!
    const after = session.afters.get(w1)!
    const changed = found.filter(({ id }) => id === after)
    expect(changed.length).toBeGreaterThan(2)
    for (const { wrong } of changed) expect(shown).toContain(`→ ${format(wrong, 3)}`)
    const bias = found.find(({ id }) => id === session.afters.get(session.find.byName.get('b1')!))!
    expect(shown).toContain(`→ ${format(bias.wrong, 3)}`)
    expect(texts(session, found, new Set(), 'down').length).toBeLessThan(shown.length)
  })

  test('what is not shown yet is not told', () => {
    const { session, found } = open('xor-corners', 'flip_the_error')
    session.position = 1
    expect(texts(session, found)).toEqual([])
  })

  test('a folded layer and its weights say how many differ', () => {
    const { session, found } = open('xor-corners', 'flip_the_error')
    const a1 = session.find.byName.get('a1')!
    const slopes = found.filter(({ id }) => id === session.find.gradients.get(a1)).length
    const units = session.shape(a1).at(-1)!
    const shown = texts(session, found, new Set([a1]))
    expect(slopes).toBeGreaterThanOrEqual(units)
    expect(shown).toContain(`∂ ${units} differ`)
    expect(shown.filter((text) => /^→ \d+ differ$/.test(text)).length).toBeGreaterThan(0)
  })

  test('nothing is written where nothing differs', () => {
    const { session, found } = open('flow', 'skip_relu_mask')
    expect(texts(session, found)).toEqual([])
  })
})

test('where the numbers are the same, the names say what is done in another way', () => {
  const one = caseOf('flow')
  const session = new Session(one.message)
  const tie = tieOf(session, runOf(session, mistake(one, 'input_before_activation')))
  expect(tie).toMatchObject({
    right: '∂L/∂ŷ × a₁ = −3.5 × 0.5 = −1.75',
    wrong: '∂L/∂ŷ × z₁ = −3.5 × 0.5 = −1.75',
  })
})

test('the menu has the mistakes of a step first, then those of later ones', () => {
  const one = caseOf('flow')
  const session = new Session(one.message)
  session.position = positionOf(session, session.find.byName.get('dL/dyhat')!)
  const { here, later, earlier, nowhere } = menuOf(session, entriesOf(session, one.mistakes))
  const names = (entries: readonly { readonly mistake: { readonly name: string } }[]): string[] =>
    entries.map(({ mistake }) => mistake.name)
  expect(names(here)).toEqual(['forget_factor_two', 'flip_the_error'])
  expect(names(later)[0]).not.toBe('add_the_gradient')
  expect(names(later)).toContain('add_the_gradient')
  expect(earlier).toEqual([])
  expect(names(nowhere)).toContain('skip_relu_mask')
  expect(here.length + later.length + nowhere.length).toBe(one.mistakes.mistakes.length)
  session.position++
  expect(names(menuOf(session, entriesOf(session, one.mistakes)).earlier)).toEqual(names(here))
})

test('what may be swapped in a network, and nothing in a formula', () => {
  expect(partsOf(caseOf('flow').message.spec).map(({ used }) => used)).toEqual(['relu'])
  expect(partsOf(caseOf('xor-corners').message.spec).map(({ kind }) => kind)).toEqual(['activation', 'loss'])
  expect(partsOf(caseOf('fanout').message.spec)).toEqual([])
})

test('another network has its own numbers until they were changed on the page', () => {
  const session = new Session(caseOf('flow').message)
  // as if the server had traced it with another activation: the tape is the same, its constants are its own
  const choice: Choice = { kind: 'swap', old: 'relu', new: 'tanh', trace: structuredClone(session.trace) }
  expect(differences(session, runOf(session, choice))).toEqual([])
  session.edit(session.find.byName.get('w1')!, 0, 0.25)
  const run = runOf(session, choice)
  expect(run.number(run.find.byName.get('w1')!, 0)).toBe(0.25)
  expect(titleOf(session, choice)).toBe('tanh in place of relu')
})

test('a schedule goes on through both, and through another learning rate', () => {
  const { message } = caseOf('flow')
  const schedule = { name: 'step', every: 2, gamma: 0.5 }
  const session = new Session({ ...message, spec: { ...message.spec, schedule } })
  for (let n = 0; n < 3; n++) session.nextIteration()
  const rates = (branch: Branch): number[] =>
    [0, 1, 2].map(() => {
      const { tape, player } = branch.history
      const rate = player.values[tape.values.find(({ name }) => name === 'learning_rate')!.id]![0]!
      branch.history.next()
      return rate
    })
  expect(rates(new Branch(session, unchanged(session.tape)))).toEqual([0.05, 0.025, 0.025])
  expect(rates(new Branch(session, variantOf(session, { kind: 'rate', value: 0.5 })))).toEqual([0.5, 0.25, 0.25])
})
