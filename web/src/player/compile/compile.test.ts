// What is compiled gives what the kernels give, to the last bit.

import { afterEach, describe, expect, it, vi } from 'vitest'
import opsJson from '../../../../tests/conformance/ops.json'
import tapesJson from '../../../../tests/conformance/tapes.json'
import { type Flat, Player } from '../player'
import type { Params, Run, Tape } from '../tape'
import { tapeOf } from '../testing'
import { type Bound, compile } from '.'

interface Kept {
  shape: number[]
  numbers: number[]
}

const ops = opsJson as unknown as { op: string; params: Params; inputs: Kept[]; output: Kept }[]
const tapes = tapesJson as unknown as { name: string; tape: Tape; run: Run }[]
const ITERATIONS = 60 // enough to be compiled

/** Some numbers of either sign. */
function numbers(count: number): number[] {
  return Array.from({ length: count }, (_, i) => Math.round(1000 * Math.sin(i * 12.9898)) / 1000)
}

function expectSame(tape: Tape, given: Map<number, Flat> | Run): void {
  const slow = new Player(tape, given)
  const fast = new Player(tape, given)
  const losses = Array.from({ length: ITERATIONS }, () => {
    slow.play()
    slow.carry()
    return slow.values[tape.loss]![0]!
  })
  expect([...fast.train(ITERATIONS)]).toEqual(losses)
  expect(fast.values).toEqual(slow.values)
}

/** Leaves of the first shapes, filled with numbers. */
function filled(shapes: number[][], leaves: number): Map<number, Flat> {
  return new Map(
    shapes.slice(0, leaves).map((shape, id) => [id, numbers(shape.reduce((a, b) => a * b, 1))]),
  )
}

describe('every op, on its examples', () => {
  it.each(ops.map((kept, n) => ({ ...kept, n })))(
    '$op, case $n',
    ({ op, params, inputs, output }) => {
      const shapes = [...inputs, output].map(({ shape }) => shape)
      const ids = inputs.map((_, id) => id)
      const given = new Map(inputs.map((input, id) => [id, input.numbers]))
      expectSame(
        { ...tapeOf(shapes, [[op, ids, inputs.length, params]]), loss: inputs.length },
        given,
      )
    },
  )
})

describe('whole tapes', () => {
  it.each(tapes)('$name', ({ tape, run }) => expectSame(tape, run))

  it.each(tapes)('$name, as one function of many iterations', ({ tape, run }) => {
    const slow = new Player(tape, run)
    const fast = new Player(tape, run)
    for (const player of [slow, fast]) player.play()
    const losses = Array.from({ length: ITERATIONS }, () => {
      slow.carry()
      slow.play()
      return slow.values[tape.loss]![0]!
    })
    const found = new Float64Array(ITERATIONS)
    const loop = fast.loop(new Map(), null)!
    loop(20, new Uint32Array(0), 0, null, found, 0)
    loop(ITERATIONS - 20, new Uint32Array(0), 0, null, found, 20)
    fast.show()
    expect([...found]).toEqual(losses)
    expect(fast.values).toEqual(slow.values)
  })
})

describe('shapes that are written in other ways', () => {
  it.each<[string, number, number[][], Parameters<typeof tapeOf>[1]]>([
    ['rows too wide to be written out', 2, [[3, 300], [300], [3, 300]], [['add', [0, 1], 2]]],
    ['one wide row', 2, [[1000], [], [1000]], [['mul', [0, 1], 2]]],
    [
      'a matrix too large to be written out',
      2,
      [
        [9, 40],
        [40, 50],
        [9, 50],
      ],
      [['matmul', [0, 1], 2]],
    ],
    [
      'a matrix too large for one function',
      2,
      [
        [2, 400],
        [400, 7],
        [2, 7],
      ],
      [['matmul', [0, 1], 2]],
    ],
    [
      'an empty matrix product',
      2,
      [
        [2, 0],
        [0, 3],
        [2, 3],
      ],
      [['matmul', [0, 1], 2]],
    ],
    [
      'stacks of matrices, of which the second is one for all, or is not',
      3,
      [
        [2, 3, 4],
        [4, 5],
        [2, 4, 5],
        [2, 3, 5],
        [2, 3, 5],
      ],
      [
        ['matmul', [0, 1], 3],
        ['matmul', [0, 2], 4],
      ],
    ],
    [
      'a sum over many rows, and a mean of none',
      1,
      [[500, 2], [2], [0, 2], [2]],
      [
        ['sum', [0], 1, { axes: [-2], keepdims: false }],
        [
          'getitem',
          [0],
          2,
          {
            index: [
              [0, 0, null],
              [null, null, null],
            ],
          },
        ],
        ['mean', [2], 3, { axes: [-2], keepdims: false }],
      ],
    ],
    [
      'a value and its transpose, made where it is read',
      1,
      [
        [4, 4],
        [4, 4],
        [4, 4],
        [4, 4],
        [4, 4],
      ],
      [
        ['tanh', [0], 1],
        ['permute', [1], 2, { axes: [-1, -2] }],
        ['add', [1, 2], 3],
        ['tanh', [2], 4],
      ],
    ],
    [
      'a matrix that the same rows have made',
      1,
      [
        [4, 4],
        [4, 4],
        [4, 4],
      ],
      [
        ['square', [0], 1],
        ['matmul', [0, 1], 2],
      ],
    ],
    [
      'parts of what was just made, one of them backwards',
      1,
      [
        [3, 6],
        [3, 6],
        [3, 3],
        [3, 3],
        [3, 3],
        [2, 6],
        [2, 6],
      ],
      [
        ['neg', [0], 1],
        [
          'getitem',
          [1],
          2,
          {
            index: [
              [null, null, null],
              [3, null, null],
            ],
          },
        ],
        [
          'getitem',
          [1],
          3,
          {
            index: [
              [null, null, null],
              [2, null, -1],
            ],
          },
        ],
        ['mul', [2, 3], 4],
        [
          'getitem',
          [1],
          5,
          {
            index: [
              [1, null, null],
              [null, null, null],
            ],
          },
        ],
        ['exp', [5], 6],
      ],
    ],
    [
      'rows that do not follow one another at one distance',
      1,
      [
        [2, 3, 4],
        [3, 2, 4],
        [3, 2, 4],
      ],
      [
        ['permute', [0], 1, { axes: [-2, -3, -1] }],
        ['square', [1], 2],
      ],
    ],
    ['more steps in a row than fit one function', 1, ...longChain(80)],
  ])('%s', (_, leaves, shapes, steps) => {
    expectSame({ ...tapeOf(shapes, steps), loss: shapes.length - 1 }, filled(shapes, leaves))
  })
})

/** A chain of sines, so to say: each step needs the one before. */
function longChain(length: number): [number[][], Parameters<typeof tapeOf>[1]] {
  const shapes = Array.from({ length: length + 1 }, () => [2, 8])
  return [shapes, shapes.slice(1).map((_, n) => [n % 2 ? 'sigmoid' : 'neg', [n], n + 1])]
}

describe('where nothing is compiled', () => {
  afterEach(() => void vi.unstubAllGlobals())

  it('a page that forbids making functions from text still trains', () => {
    const { tape, run } = tapes.find(({ name }) => name === 'xor 2-4-1')!
    const fast = new Player(tape, run).train(ITERATIONS)
    vi.stubGlobal('Function', () => {
      throw new EvalError('refused by the content security policy')
    })
    expect(compile([])).toBeNull()
    expect(new Player(tape, run).train(ITERATIONS)).toEqual(fast)
  })

  it('a very long tape', () => {
    expect(compile(new Array<Bound>(4001))).toBeNull()
  })
})
