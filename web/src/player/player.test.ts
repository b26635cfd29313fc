import { describe, expect, it } from 'vitest'
import tapesJson from '../../../tests/conformance/tapes.json'
import { PlayError } from './layout'
import { firstFault, Player } from './player'
import { tapeOf } from './testing'
import {
  elementLabel,
  flatten,
  label,
  leavesOf,
  lookups,
  readLeaves,
  type Params,
  type Run,
  type Tape,
} from './tape'

const cases = tapesJson as unknown as { name: string; tape: Tape; run: Run; losses: number[] }[]
const { tape, run } = cases.find(({ name }) => name === 'xor 2-4-1')!
const { byName, leaves, makers, uses, gradients } = lookups(tape)
const w1 = byName.get('W1')!

describe('what a tape is looked up by', () => {
  it('makers, uses, gradients, names and leaves', () => {
    const loss = makers.get(tape.loss)!
    expect(loss.op).toBe('binary_cross_entropy')
    expect(uses.get(loss.inputs[0]!)!.some(({ step }) => step === loss)).toBe(true)
    expect(label(tape, gradients.get(w1)!)).toBe('dL/dW1')
    expect(leaves.map(({ name }) => name).filter(Boolean)).toEqual(
      expect.arrayContaining(['x', 't', 'W1', 'b1', 'W2', 'b2', 'learning_rate']),
    )
    expect(label(tape, tape.values.find(({ name }) => !name)!.id)).toMatch(/^yhat\.\w+$/)
  })

  it('elements have labels', () => {
    expect(elementLabel('W1', [4, 3], 5)).toBe('W1[1,2]')
    expect(elementLabel('w', [1, 1], 0)).toBe('w')
    expect(elementLabel('w', [], 0)).toBe('w')
  })

  it('leaves are read from nested rows by id', () => {
    expect(readLeaves({ 3: [[1], [2]], 5: 7 })).toEqual(
      new Map([
        [3, Float64Array.of(1, 2)],
        [5, Float64Array.of(7)],
      ]),
    )
  })

  it('numbers that are not finite are texts', () => {
    expect([
      ...flatten([
        [1, 'inf'],
        ['-inf', 'nan'],
        [true, false],
      ]),
    ]).toEqual([1, Infinity, -Infinity, NaN, 1, 0])
  })
})

describe('playing', () => {
  it('goes back to a snapshot, and gives the same from there', () => {
    const player = new Player(tape, run)
    const before = player.snapshot()
    const losses = player.train(4)
    player.restore(before)
    expect(player.train(4)).toEqual(losses)
    expect(losses[3]).toBeLessThan(losses[0]!)
  })

  it('sets inputs, parameters and hyperparameters', () => {
    const player = new Player(tape, run)
    const [first] = player.train(1)
    player.restore(new Player(tape, run).snapshot())
    player.set(byName.get('learning_rate')!, [0])
    const [again, still] = player.train(2)
    expect([again, still]).toEqual([first, first])
    player.set(byName.get('W2')!, new Float64Array(4))
    player.play()
    expect([...player.values[byName.get('yhat')!]!]).toEqual([0.5, 0.5, 0.5, 0.5])
    expect(player.values[tape.loss]![0]).toBeCloseTo(Math.log(2), 12)
  })

  it('is fed before every iteration', () => {
    const player = new Player(tape, run)
    const x = byName.get('x')!
    const seen: number[] = []
    player.train(3, (n) => {
      seen.push(n)
      player.set(x, new Float64Array(8).fill(n))
    })
    expect(seen).toEqual([0, 1, 2])
    expect(player.values[x]![0]).toBe(2)
  })

  it('trains shared parameters with batches of two sizes', () => {
    const whole = new Player(tape, run)
    const part = new Map(leavesOf(tape, run))
    part.set(byName.get('x')!, flatten([1, 1]))
    part.set(byName.get('t')!, flatten([0]))
    const one = new Player(tape, part, { batch: 1 }, whole)
    one.train(3)
    expect(whole.values[w1]).toBe(one.values[w1])
    expect(whole.snapshot()).toEqual(one.snapshot())
  })

  it('shows transposed values in their own order, and reads them where they are', () => {
    const player = new Player(
      tapeOf(
        [[2, 3], [3, 2], [6], [6]],
        [
          ['permute', [0], 1, { axes: [-1, -2] }],
          ['reshape', [1], 2, { to: [-1] }],
          ['neg', [2], 3],
        ],
      ),
      new Map([[0, [1, 2, 3, 4, 5, 6]]]),
    )
    player.play()
    expect([...player.values[1]!]).toEqual([1, 4, 2, 5, 3, 6])
    expect([...player.values[3]!]).toEqual([-1, -4, -2, -5, -3, -6])
  })

  it('carries all at once, even where what is carried is itself replaced', () => {
    const pass = tapeOf(
      [[], [], []],
      [['add', [0, 1], 2]],
      [
        [0, 2],
        [1, 0],
      ],
    )
    const player = new Player(
      pass,
      new Map([
        [0, [1]],
        [1, [0]],
      ]),
    )
    player.train(5) // Fibonacci
    expect([player.values[0]![0], player.values[1]![0]]).toEqual([8, 5])
  })
})

describe('what is refused', () => {
  const without = (id: number): Map<number, Float64Array> => {
    const given = leavesOf(tape, run)
    given.delete(id)
    return given
  }

  it('a leaf without numbers', () => {
    expect(() => new Player(tape, without(w1))).toThrow('needs numbers for W1')
  })

  it('numbers that do not fill their shape', () => {
    expect(() => new Player(tape, without(w1).set(w1, new Float64Array(7)))).toThrow(
      'W1 has shape (4, 2), which holds 8, but 7 numbers are given',
    )
    expect(() => new Player(tape, run, { batch: 5 })).toThrow(/x has shape \(5, 2\)/)
  })

  it('a size that the tape does not have, or that is none', () => {
    expect(() => new Player(tape, run, { width: 5 })).toThrow('those that may change: batch')
    expect(() => new Player(tape, run, { batch: 0 })).toThrow('a whole number above 0, not 0')
    expect(() => new Player(tapeOf([[2]], []), run, { toString: 5 })).toThrow(PlayError)
  })

  it('setting what a step makes, or what is not there', () => {
    const player = new Player(tape, run)
    expect(() => player.set(tape.loss, [0])).toThrow('L cannot be set: a step makes it')
    expect(() => player.set(999, [0])).toThrow('value 999 cannot be set: there is no such value')
  })

  it('a snapshot of another tape', () => {
    expect(() => new Player(tape, run).restore([])).toThrow('carries 4 values, but 0 are given')
  })

  it('sharing parameters of another shape', () => {
    const wide = tapeOf([['batch']], [], [[0, 0]])
    const one = new Player(wide, new Map([[0, [1, 2]]]))
    expect(() => new Player(wide, new Map(), { batch: 3 }, one)).toThrow('(3,) and (2,)')
  })

  it.each<[string, number[][], Params]>([
    ['unheard', [[1]], {}],
    ['constructor', [[1]], {}],
    [
      'matmul',
      [
        [2, 3],
        [2, 3],
      ],
      {},
    ],
    ['add', [[2], [3]], {}],
    ['mse_loss', [[2], [3]], {}],
    ['reshape', [[6]], { to: [4, -1] }],
    ['reshape_like', [[6], [5]], {}],
    [
      'cat',
      [
        [2, 3],
        [2, 4],
      ],
      { axis: -2 },
    ],
    ['sum', [[2]], { axes: 'all', keepdims: false }],
    ['sum', [[2]], { axes: [-1] }],
    ['softmax', [[2]], {}],
    ['getitem', [[2]], { index: [[0, 1]] }],
  ])('the step %s of %j with %j', (op, shapes, params) => {
    const inputs = shapes.map((_, id) => id)
    const one = tapeOf([...shapes, []], [[op, inputs, shapes.length, params]])
    const numbers = new Map(
      shapes.map((shape, id) => [id, new Float64Array(shape.reduce((a, b) => a * b))]),
    )
    expect(() => new Player(one, numbers)).toThrow(PlayError)
  })
})

describe('the first fault', () => {
  const ratio = tapeOf(
    [[2], [2], [2], [2]],
    [
      ['log', [0], 1],
      ['div', [1, 1], 2],
      ['neg', [2], 3],
    ],
  )

  it('is the step that makes a NaN or infinity of finite numbers', () => {
    const player = new Player(ratio, new Map([[0, [1, 2]]]))
    player.play()
    expect(firstFault(player)).toBe(1)
    player.set(0, [2, 0])
    player.play()
    expect(firstFault(player)).toBe(0)
    player.set(0, [2, 3])
    player.play()
    expect(firstFault(player)).toBeNull()
  })
})
