import { describe, expect, test } from 'vitest'
import answers from '../../../tests/conformance/answers.json'
import whatifs from '../../../tests/conformance/whatifs.json'
import { Session } from '../session/session.svelte'
import type { MistakesMessage, TraceMessage } from '../wire'
import { agrees, type Answer, readAnswer } from './answer'
import { Grader } from './grade'

interface Vectors {
  /** What was not understood is marked; the words for it are the page's own. */
  readonly read: readonly (Omit<Answer, 'trouble'> & { readonly trouble: boolean })[]
  readonly agrees: readonly (readonly [typed: string, number: number, agrees: boolean])[]
  readonly graded: readonly {
    readonly name: string
    readonly work: readonly (readonly [name: string, typed: string])[]
    readonly marks: readonly {
      readonly correct: boolean | null
      readonly expected: number
      readonly mistakes: readonly string[]
      readonly carried: boolean
    }[]
  }[]
}

interface Case {
  readonly name: string
  readonly message: TraceMessage
  readonly mistakes: MistakesMessage
}

const VECTORS = answers as unknown as Vectors
const CASES = whatifs as unknown as readonly Case[]

function opened(name: string): { session: Session; grader: Grader } {
  const { message, mistakes } = CASES.find((one) => one.name === name)!
  const session = new Session(message)
  return { session, grader: new Grader(session, mistakes) }
}

function element(session: Session, name: string): { id: number; at: number } {
  return { id: session.find.byName.get(name)!, at: 0 }
}

describe('typed texts are read as Python reads them', () => {
  test.each(VECTORS.read)('$typed', (wanted) => {
    const got = readAnswer(wanted.typed)
    const { value, precision, trouble, ...rest } = wanted
    expect(got).toMatchObject(rest)
    expect(got.trouble !== '').toBe(trouble)
    if (value === null) expect(got.value).toBeNull()
    else expect(got.value).toBeCloseTo(value, 12)
    expect(got.precision / (precision || 1)).toBeCloseTo(precision ? 1 : 0, 12)
  })

  test.each(VECTORS.agrees)('%s for %f', (typed, number, wanted) => {
    expect(agrees(readAnswer(typed), number)).toBe(wanted)
  })
})

describe('typed numbers are graded as Python grades them', () => {
  test.each(VECTORS.graded)('$name: $work', ({ name, work, marks }) => {
    const { session, grader } = opened(name)
    work.forEach(([asked, typed], n) => {
      const mark = grader.grade(element(session, asked), typed)
      const { correct, expected, mistakes, carried } = marks[n]!
      expect({ ...mark, mistakes: mark.mistakes.map(({ name }) => name) }).toMatchObject({ correct, carried })
      expect(mark.expected).toBeCloseTo(expected, 10)
      expect(mark.mistakes.map(({ name }) => name)).toEqual(mistakes)
    })
  })
})

describe('feedback', () => {
  test('a right number says why it is right', () => {
    const { session, grader } = opened('flow')
    const mark = grader.grade(element(session, 'dL/dw2'), '-1.75')
    expect(mark.says).toMatch(/^Right\. ∂L\/∂w₂ = −3\.5 × 0\.5 = −1\.75\. What arrives at ŷ is −3\.5/)
    expect(mark.step).toBe('')
  })

  test('a wrong one names the mistake, with the right step beside it', () => {
    const { session, grader } = opened('flow')
    const mark = grader.grade(element(session, 'dL/dyhat'), '−1,75')
    expect(mark.mistakes.map(({ title }) => title)).toEqual(['Forget the 2 of the square'])
    expect(mark.step).toContain('(0.25 − 2) = −3.5')
  })

  test('after a slip both are right: to go on from it, and from the number that was shown', () => {
    for (const [typed, says] of [['-0.875', 'Right, from your own numbers: ∂L/∂w₂ = −1.75 × 0.5 = −0.875.'], ['-1.75', 'Right. ∂L']] as const) {
      const { session, grader } = opened('flow')
      grader.grade(element(session, 'dL/dyhat'), '-1.75')
      const mark = grader.grade(element(session, 'dL/dw2'), typed)
      expect(mark.correct).toBe(true)
      expect(mark.says).toContain(says)
    }
  })

  test('two slips with one number are both offered, with their questions', () => {
    const { session, grader } = opened('flow')
    const { mistakes } = grader.grade(element(session, 'w1_new'), '0.325')
    expect(mistakes.length).toBeGreaterThan(1)
    expect(new Set(mistakes.map(({ asks }) => asks)).size).toBe(mistakes.length)
  })

  test('signs and sizes are answers too, on the way to the number', () => {
    const { session, grader } = opened('flow')
    const slope = element(session, 'dL/dyhat')
    const after = element(session, 'w1_new')
    expect(grader.grade(slope, 'negative')).toMatchObject({ correct: true, settled: false })
    expect(grader.grade(slope, 'positive').says).toBe('Positive: not so.')
    expect(grader.grade(slope, 'larger')).toMatchObject({ correct: null, says: expect.stringContaining('than what') })
    expect(grader.grade(after, 'larger')).toMatchObject({ correct: true })
    expect(grader.grade(after, 'same')).toMatchObject({ correct: false })
    expect(grader.grade(after, '')).toMatchObject({ correct: null })
    expect(grader.grade(slope, 'zero')).toMatchObject({ correct: false, settled: true })
  })

  test('without mistakes to play it still says right from wrong', () => {
    const { session } = opened('flow')
    const mark = new Grader(session).grade(element(session, 'dL/dyhat'), '-1.75')
    expect(mark).toMatchObject({ correct: false, mistakes: [] })
    expect(mark.step).not.toBe('')
  })
})
