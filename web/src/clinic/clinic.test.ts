import { describe, expect, test, vi } from 'vitest'
import type { ClinicAnswer, ClinicApi } from '../contract/patients'
import { Refusal } from '../contract/refusal'
import type { ClinicChoice, ClinicCourse, ClinicInfo, ExaminationMessage, GradeMessage, PatientMessage } from '../wire'
import { fits, grouped, named } from './choose'
import { parts } from './highlight'
import { beside, pictureLines, rowsOf, scoreLine, trainingLine, validationLine } from './pictures'
import { verdict } from './verdicts'
import { MOST_EVIDENCE, Visit } from './visit.svelte'
import { begun, seedOf, visited } from './visits'

const course: ClinicCourse = {
  at: [1, 2, 4],
  losses: [2, null, 1],
  epochs: [2, 4],
  validation: [3, null],
  scores: [0.5, 0.75],
  broke: null,
}
const patient = { seed: 7, score: 'accuracy', course } as PatientMessage
const info: ClinicInfo = {
  causes: [],
  remedies: [],
  examinations: ['scores', 'own'].map((key) => ({ key, title: key, asks: `${key}?`, does: '' })),
  missing: '',
}

function examination(key: string, count = 2): ExaminationMessage {
  const facts = [...Array(count).keys()].map((n) => ({ key: `${key}.${n}`, says: `${n}.`, usual: '.' }))
  return { key, title: key, facts, pictures: [] }
}

function apiOf(changes: Partial<ClinicApi> = {}): ClinicApi {
  return {
    info: () => Promise.resolve(info),
    patient: () => Promise.resolve(patient),
    examine: (_, key) => Promise.resolve(examination(key)),
    grade: () => Promise.resolve({ truth: ['dead relu'] } as unknown as GradeMessage),
    ...changes,
  }
}

// --- choosing ---------------------------------------------------------------------------------

const choices: ClinicChoice[] = [
  { key: 'dead_relu', says: 'ReLUs are shut.', group: 'a' },
  { key: 'lr_up', says: 'A higher rate.', group: 'b' },
  { key: 'other', says: 'Shut doors.', group: 'a' },
]

test('a choice is found by any words of its name or of what it says', () => {
  expect(fits(choices, '').length).toBe(3)
  expect(fits(choices, 'dead_relu').map(({ key }) => key)).toEqual(['dead_relu'])
  expect(fits(choices, 'Relu dead').map(({ key }) => key)).toEqual(['dead_relu'])
  expect(fits(choices, 'SHUT').map(({ key }) => key)).toEqual(['dead_relu', 'other'])
  expect(fits(choices, 'nothing')).toEqual([])
})

test('choices stand in their groups', () => {
  expect(grouped(choices).map(([group, members]) => [group, members.length])).toEqual([
    ['a', 2],
    ['b', 1],
  ])
  expect(named('dead_relu')).toBe('dead relu')
})

// --- what is drawn ----------------------------------------------------------------------------

test('curves break off where there is no number', () => {
  expect(trainingLine(course).points).toEqual([[1, 2], [2, NaN], [4, 1]])
  expect(validationLine(course).points).toEqual([[2, 3], [4, NaN]])
  expect(scoreLine(course, 'accuracy').points).toEqual([[2, 0.5], [4, 0.75]])
})

test('two runs stand beside each other, the first one dashed', () => {
  const [was, now] = beside(trainingLine(course), trainingLine({ ...course, losses: [1, 1, 1] }))
  expect([was!.name, was!.aside, now!.name, now!.aside]).toEqual(['as it was', true, 'with the remedy', false])
})

test('a picture is drawn over its labels', () => {
  const series = [
    { name: 'a', values: [1, null] },
    { name: 'b', values: [2, 3] },
  ]
  const lines = pictureLines({ title: '', kind: 'line', labels: ['x', 'y'], series, logarithmic: false })
  expect(lines.map(({ points, aside }) => [points, aside])).toEqual([
    [[[0, 1], [1, NaN]], false],
    [[[0, 2], [1, 3]], true],
  ])
})

test('a long table is shown in part, with both ends', () => {
  expect(rowsOf(3)).toEqual([0, 1, 2])
  const rows = rowsOf(100)
  expect([rows.length, rows[0], rows.at(-1)]).toEqual([12, 0, 99])
})

// --- a program --------------------------------------------------------------------------------

test('the parts of a program are its text', () => {
  const program = 'for n in range(3):  # "for" each\n    x = f("in 2")  * 1.5e-3\nrelu2 = forward'
  const found = parts(program)
  expect(found.map(({ text }) => text).join('')).toBe(program)
  const kinds = (kind: string): string[] => found.filter((part) => part.kind === kind).map(({ text }) => text)
  expect(kinds('keyword')).toEqual(['for', 'in'])
  expect(kinds('comment')).toEqual(['# "for" each'])
  expect(kinds('text')).toEqual(['"in 2"'])
  expect(kinds('number')).toEqual(['3', '1.5e-3'])
})

// --- verdicts ---------------------------------------------------------------------------------

test('a verdict is said in words, whichever it is', () => {
  expect(verdict('masks').words).toBe('It only masks')
  expect(verdict('right').sign).toBe('✓')
  expect(verdict('new').words).toBe('new')
})

// --- visits -----------------------------------------------------------------------------------

describe('a visit', () => {
  test('meets, examines and answers', async () => {
    const grade = vi.fn((_: ClinicAnswer) => Promise.resolve({ truth: [] } as unknown as GradeMessage))
    const visit = new Visit(7, info, apiOf({ grade }))
    await visit.meet()
    expect(visit.patient).toBe(patient)
    expect(visit.next?.key).toBe('scores')
    await visit.examine('scores')
    await visit.examine('scores') // which changes nothing
    expect(visit.seen.length).toBe(1)
    expect(visit.next?.key).toBe('own')
    await visit.examine('own')
    expect(visit.next).toBeNull()
    visit.name('own.1', true)
    visit.name('scores.0', true)
    visit.name('own.1', false)
    expect(visit.named.map(({ key }) => key)).toEqual(['scores.0'])
    await visit.answer()
    expect(grade).not.toHaveBeenCalled() // nothing is named yet
    Object.assign(visit, { cause: 'dead_relu', remedy: 'leave', expected: 'shut' })
    await visit.answer()
    expect(grade.mock.calls[0]![0]).toEqual({
      seed: 7,
      cause: 'dead_relu',
      evidence: ['scores.0'],
      remedy: 'leave',
      words: 'shut',
    })
    expect(visit.grade).not.toBeNull()
    visit.again()
    expect(visit.grade).toBeNull()
  })

  test('names only so many facts', async () => {
    const visit = new Visit(7, info, apiOf({ examine: (_, key) => Promise.resolve(examination(key, 9)) }))
    await visit.examine('own')
    for (let n = 0; n < 9; n++) visit.name(`own.${n}`, true)
    expect(visit.evidence.length).toBe(MOST_EVIDENCE)
  })

  test('says how far it is, and what went wrong', async () => {
    let fail = (_: Error): void => {}
    const visit = new Visit(
      7,
      info,
      apiOf({
        patient: (_, { hear }) => {
          hear({ doing: 'training the patient', done: 0.5 })
          return new Promise((_, reject) => (fail = reject))
        },
      }),
    )
    const met = visit.meet()
    expect(visit.busy).toBe(true)
    expect(visit.wait).toEqual({ doing: 'training the patient', done: 0.5 })
    fail(new Refusal({ message: 'too long', source: null, line: null }))
    await met
    expect([visit.fault, visit.busy]).toEqual(['too long', false])
  })

  test('that is left says nothing', async () => {
    const visit = new Visit(
      7,
      info,
      apiOf({
        patient: (_, { left }) =>
          new Promise((_, reject) => left.addEventListener('abort', () => reject(new Error('left')))),
      }),
    )
    const met = visit.meet()
    visit.pause()
    await met
    expect([visit.fault, visit.busy]).toEqual(['', false])
  })
})

test('a visit that was begun is come back to', () => {
  const api = apiOf()
  expect(begun(0.5)).toBe(34)
  const visit = visited(7, info, api)
  expect(visited(7, info, api)).toBe(visit)
  expect(begun()).toBe(7)
  for (let seed = 100; seed < 120; seed++) visited(seed, info, api)
  expect(visited(7, info, api)).not.toBe(visit)
})

test('an address asks for a patient', () => {
  expect(seedOf({ seed: '12' })).toBe(12)
  expect(seedOf({})).toBeNull()
  expect(seedOf({ seed: 'x' })).toBe(-1)
  expect(seedOf({ seed: ' ' })).toBe(-1)
})
