// The page grades exercises as Python does. tests/test_grading_agrees.py makes the exercises, types
// answers, grades them, and runs this on what it wrote.

import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { Session } from '../session/session.svelte'
import type { ExerciseMessage, MarkMessage, MistakesMessage } from '../wire'
import { Grading } from './grading'

interface Case {
  readonly exercise: ExerciseMessage
  readonly mistakes: MistakesMessage
  /** Answers by the name of what is asked, and their marks in Python. */
  readonly graded: readonly (readonly [answers: Readonly<Record<string, string>>, marks: readonly MarkMessage[]])[]
}

const CASES = JSON.parse(readFileSync(process.env['WHYGRAD_GRADED']!, 'utf8')) as readonly Case[]

/** Of a number its words may differ, for each side says them in its own way; of all else nothing may. */
function compared(exercise: ExerciseMessage, mark: MarkMessage): object {
  const { name, typed, correct, carried, mistakes, feedback } = mark
  const isNumber = name in exercise.accepted.numbers
  return { name, typed, correct, carried, mistakes: mistakes.map(({ name }) => name), feedback: isNumber ? '' : feedback }
}

describe.each(CASES.map((one) => [one.exercise.id, one] as const))('%s', (_, { exercise, mistakes, graded }) => {
  const session = new Session(exercise.trace)
  session.seek(exercise.iteration - 1, 0)
  const grading = new Grading(exercise, session)

  test.each(graded.map(([answers, marks]) => [JSON.stringify(answers), answers, marks] as const))('%s', (_, answers, marks) => {
    const got = grading.marks(answers, mistakes)
    expect(got.map((mark) => compared(exercise, mark))).toEqual(marks.map((mark) => compared(exercise, mark)))
    got.forEach(({ expected }, n) => {
      const wanted = marks[n]!.expected
      if (typeof wanted === 'number') expect(expected).toBeCloseTo(wanted, 10)
      else expect(expected).toBe(wanted)
    })
  })
})
