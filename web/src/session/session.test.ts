import { beforeEach, describe, expect, test, vi } from 'vitest'
import cases from '../../../tests/conformance/sessions.json'
import { toPython } from '../player/formula'
import type { TraceMessage } from '../wire'
import { Session, SPEEDS } from './session.svelte'

interface Case {
  readonly name: string
  readonly message: TraceMessage
  readonly lines: readonly (readonly [name: string, formula: string, value: number])[]
  readonly losses: readonly number[]
  readonly evaluation: { readonly loss: number; readonly accuracy: number } | null
}

const CASES = cases as unknown as readonly Case[]

function opened(name: string): Session {
  return new Session(CASES.find((one) => one.name === name)!.message)
}

/** Every number of every value, to compare sessions by. */
function numbers(session: Session): number[][] {
  return session.tape.values.map(({ id }) => [...session.values(id)])
}

describe.each(CASES)('$name', ({ message, lines, losses, evaluation }) => {
  test('trains as Python does', () => {
    const session = new Session(message)
    for (let n = 1; n < losses.length; n++) session.nextIteration()
    expect(session.losses).toHaveLength(losses.length)
    session.losses.forEach((loss, n) => expect(loss).toBeCloseTo(losses[n]!, 9))
  })

  test('explains its first iteration as Python does', () => {
    const session = new Session(message)
    const worked = session.trace.worked.flatMap(({ value }) =>
      Array.from(session.values(value), (number, at) => {
        const tree = session.formula(value, at)
        const formula = toPython(tree, (id, i) => {
          const { name, role } = session.tape.values[id]!
          return role === 'constant' && !name ? `${session.number(id, i)}` : session.label(id, i)
        })
        return [session.label(value, at), formula, number] as const
      }),
    )
    expect(worked.map(([name, formula]) => [name, formula])).toEqual(
      lines.map(([name, formula]) => [name, formula]),
    )
    worked.forEach(([, , number], n) => expect(number).toBeCloseTo(lines[n]![2], 12))
  })

  test('is judged as Python judges it', async () => {
    const session = new Session(message)
    await session.trainTo(losses.length)
    if (evaluation === null) expect(session.evaluation).toBeNull()
    else {
      expect(session.evaluation!.loss).toBeCloseTo(evaluation.loss, 9)
      expect(session.evaluation!.accuracy).toBe(evaluation.accuracy)
    }
  })

  test('shows the same numbers whichever way an iteration is reached', async () => {
    const straight = new Session(message)
    for (let n = 0; n < 37; n++) straight.nextIteration()
    const travelled = new Session(message)
    await travelled.trainTo(59)
    travelled.seek(3)
    travelled.seek(40)
    for (let n = 0; n < 3; n++) travelled.previousIteration()
    expect(travelled.iteration).toBe(37)
    expect(numbers(travelled)).toEqual(numbers(straight))
    expect(travelled.losses).toHaveLength(60)
  })

  test('is as it was when opened after a reset', async () => {
    const session = new Session(message)
    const before = numbers(session)
    await session.trainTo(5)
    const [parameter] = session.tape.carries[0]!
    session.edit(parameter, 0, 9)
    session.speed = 3
    session.grain = 'unfolded'
    session.selected = { id: parameter, at: 0 }
    session.reset()
    expect(numbers(session)).toEqual(before)
    expect(session.losses).toHaveLength(1)
    expect([session.iteration, session.position, session.grain, session.edited]).toEqual([
      0,
      0,
      'worked',
      false,
    ])
    expect(session.selected).toBeNull()
    expect(SPEEDS[session.speed]).toEqual({ words: '1 step a second', steps: 1 })
  })
})

describe('stepping', () => {
  let session: Session
  beforeEach(() => (session = opened('flow')))

  test('goes through the steps, into the next iteration, and back', () => {
    const names = []
    for (let n = 0; n < 15; n++) {
      session.stepForward()
      names.push(session.active!.name)
    }
    expect(names.slice(0, 11)).toEqual(
      'z1 a1 yhat L dL/dyhat dL/dw2 dL/db2 dL/da1 dL/dz1 dL/dw1 dL/db1'.split(' '),
    )
    session.stepForward()
    expect([session.iteration, session.position, session.active]).toEqual([1, 0, null])
    session.stepBack()
    expect([session.iteration, session.position]).toEqual([0, 15])
    for (let n = 0; n < 20; n++) session.stepBack()
    expect([session.iteration, session.position]).toEqual([0, 0])
  })

  test('reveals a value when its step is reached', () => {
    const id = (name: string): number => session.find.byName.get(name)!
    expect([
      session.revealed(id('w1')),
      session.revealed(id('z1')),
      session.revealed(id('dL/dL')),
    ]).toEqual([true, false, false])
    session.position = 4
    expect([
      session.revealed(id('z1')),
      session.revealed(id('dL/dL')),
      session.revealed(id('dL/dyhat')),
    ]).toEqual([true, true, false])
    session.position = 99
    expect(session.revealed(id('b2_new'))).toBe(true)
  })

  test('stays at the same value when the grain changes', () => {
    session.position = 9
    session.grain = 'unfolded'
    expect(session.active!.name).toBe('dL/dz1')
    expect(session.steps).toHaveLength(32)
    session.grain = 'worked'
    expect(session.position).toBe(9)
  })

  test('plays at its speed, pauses, and stops at the end', () => {
    vi.useFakeTimers()
    session.play()
    session.play()
    vi.advanceTimersByTime(3500)
    expect([session.playing, session.position]).toEqual([true, 3])
    session.pause()
    vi.advanceTimersByTime(3500)
    expect([session.playing, session.position]).toEqual([false, 3])
    session.speed = SPEEDS.length - 1
    session.play()
    vi.advanceTimersByTime(60_000)
    expect([session.playing, session.iteration, session.position]).toEqual([false, 299, 15])
    vi.useRealTimers()
  })

  test('a training that is started again takes the place of the first', async () => {
    const first = session.trainTo(100_000)
    const second = session.trainTo(20)
    await Promise.all([first, second])
    expect(session.iteration).toBeLessThan(100_000)
    expect(session.training).toBe(false)
  })
})

describe('editing', () => {
  test('a scheduled learning rate is that of its iteration, and a typed one ends the schedule', async () => {
    const session = opened('cosine')
    const rate = session.find.byName.get('learning_rate')!
    expect([session.schedule, session.number(rate, 0)]).toEqual(['cosine', 0.1])
    await session.trainTo(29)
    session.nextIteration()
    expect(session.number(rate, 0)).toBeCloseTo(0.1 * 0.55, 12)
    session.edit(rate, 0, 0.3)
    expect(session.schedule).toBeNull()
    session.nextIteration()
    expect(session.number(rate, 0)).toBe(0.3)
    session.seek(0)
    expect([session.schedule, session.number(rate, 0)]).toEqual(['cosine', 0.1])
    session.seek(31)
    expect(session.number(rate, 0)).toBe(0.3)
    session.reset()
    expect(session.schedule).toBe('cosine')
    expect(opened('xor').schedule).toBeNull()
  })

  test('a learning rate holds from the shown iteration on, and the past stays', () => {
    const session = opened('flow')
    const rate = session.find.byName.get('learning_rate')!
    session.seek(2)
    session.nextIteration()
    const before = [...session.losses]
    session.previousIteration()
    session.edit(rate, 0, 0)
    expect(session.losses).toEqual(before.slice(0, 3))
    session.nextIteration()
    expect(session.losses[3]).toBe(session.losses[2])
    session.seek(0)
    expect(session.number(rate, 0)).toBe(0.1)
    session.seek(3)
    expect([session.number(rate, 0), session.edited]).toEqual([0, true])
  })

  test('a weight is replayed at once', () => {
    const session = opened('flow')
    const { byName } = session.find
    session.edit(byName.get('w1')!, 0, 1)
    expect(session.number(byName.get('yhat')!, 0)).toBe(0.5)
    expect(session.losses).toEqual([2.25])
    expect(session.history(byName.get('w1')!, 0)).toEqual({ every: 1, values: [1] })
  })

  test('an input of a dataset is the same sample whenever it is visited again', () => {
    const session = opened('uneven')
    const x = session.find.byName.get('x')!
    const [sample] = session.sample.indices!
    session.edit(x, 1, 5)
    expect(session.number(x, 1)).toBe(5)
    session.seek(3)
    while (!session.sample.indices!.includes(sample!)) session.nextIteration()
    const row = session.sample.indices!.indexOf(sample!)
    expect(session.number(x, row * 2 + 1)).toBe(5)
  })

  test('an edit in the past forgets what followed it', () => {
    const session = opened('flow')
    const w1 = session.find.byName.get('w1')!
    session.seek(0)
    session.nextIteration()
    session.edit(w1, 0, 7)
    session.previousIteration()
    session.edit(w1, 0, 0.25)
    session.nextIteration()
    expect(session.number(w1, 0)).not.toBe(7)
  })
})

describe('trouble', () => {
  test('a NaN or infinity names the step that made it, and stops there', async () => {
    const session = opened('flow')
    session.edit(session.find.byName.get('learning_rate')!, 0, 1e100)
    await session.trainTo(50)
    expect(session.iteration).toBeLessThan(50)
    // the step that the timeline has under that number holds what is not finite, and none before it
    const said = /^Iteration \d+: step (\d+) of (\d+) \(\w+, (making|on the way to) .+\) is the first/
    const finite = session.steps.map(({ value }) => session.values(value).every(Number.isFinite))
    const [, step, count] = said.exec(session.fault!)!.map(Number)
    expect(count).toBe(session.steps.length)
    expect(finite.indexOf(false)).toBe(step! - 1)
    const at = session.iteration
    session.nextIteration()
    expect(session.iteration).toBe(at)
    session.seek(0)
    expect(session.fault).toBeNull()
  })

  test('a ReLU that no sample opens is dead, and says why', () => {
    const session = opened('xor')
    const { byName } = session.find
    expect(session.note(byName.get('a1')!, 2)).toBeNull()
    session.edit(byName.get('b1')!, 2, -50)
    expect(session.note(byName.get('a1')!, 2)).toBe(
      'dead: z ≤ 0 on all 200 examples, so no gradient passes',
    )
    expect(session.note(byName.get('a1')!, 1)).toBeNull()
  })
})

describe('words', () => {
  test('say which sample, or which mean', () => {
    expect(opened('flow').sample.words).toBe('one example: x = 1, t = 2')
    expect(opened('uneven').sample.words).toBe('mean over 2 of 5 examples')
    expect(opened('xor').sample.words).toMatch(/^example \d+ of 200: x = \(.+, .+\), t = [01]$/)
    expect(opened('neuron').sample.words).toBe('x = 2, y = 2')
  })

  test('write names for reading', () => {
    const session = opened('xor')
    const slope = session.find.byName.get('dL/dW1')!
    expect(session.label(slope, 5)).toBe('dL/dW1[1,1]')
    expect(session.symbol('dL/dW1[1,1]')).toBe('∂L/∂W₁[1,1]')
    expect(session.latex('W1[1,1]')).toBe('W_{1}[1{,}1]')
  })
})
