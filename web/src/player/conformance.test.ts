// The cases that Python writes (scripts/make_conformance.py): the browser gives the same.

import { describe, expect, it } from 'vitest'
import opsJson from '../../../tests/conformance/ops.json'
import tapesJson from '../../../tests/conformance/tapes.json'
import {
  choose,
  evaluate,
  type Formula,
  type Index,
  type Place,
  type Placed,
  place,
  placeLocal,
  toPython,
} from './formula'
import { KERNELS } from './kernels'
import { whole } from './layout'
import { Moves } from './moves'
import { Player } from './player'
import { tapeOf } from './testing'
import { flatten, type Params, type Run, type Tape } from './tape'

interface Kept {
  shape: number[]
  numbers: number[]
}

interface KeptTree {
  at: Index
  tree: Placed
  value: number
  python: string
}

interface OpCase {
  op: string
  params: Params
  inputs: Kept[]
  output: Kept
  formula: Formula
  elements: KeptTree[]
  locals: (KeptTree & { argument: number; index: Index })[]
}

interface TapeCase {
  name: string
  tape: Tape
  run: Run
  losses: number[]
  resized?: {
    sizes: Record<string, number>
    leaves: Record<string, number[]>
    losses: number[]
  }
}

const ops = opsJson as unknown as OpCase[]
const tapes = tapesJson as unknown as TapeCase[]
const opNames = [...new Set(ops.map(({ op }) => op))]

function expectClose(got: ArrayLike<number>, kept: ArrayLike<number>, what: string): void {
  expect(got.length, what).toBe(kept.length)
  for (let i = 0; i < kept.length; i++) {
    const fits = Math.abs(got[i]! - kept[i]!) <= 1e-9 * Math.abs(kept[i]!) + 1e-15
    if (!fits) expect.fail(`${what}: element ${i} is ${got[i]}, but Python has ${kept[i]}`)
  }
}

it.each(opNames)('there is a kernel for %s', (op) => {
  expect(Object.keys(KERNELS)).toContain(op)
})

it('there is no kernel for an op that Python does not have', () => {
  expect(Object.keys(KERNELS).sort()).toEqual([...opNames].sort())
})

describe.each(ops.map((kept, n) => ({ ...kept, n })))('$op, case $n', (kept) => {
  const { op, params, inputs, output, formula } = kept
  const where: Place = {
    formula,
    inputs: inputs.map((_, id) => id),
    inputShapes: inputs.map(({ shape }) => shape),
    output: inputs.length,
    outputShape: output.shape,
    params,
    whole: (argument, at) => inputs[argument]!.numbers[at]!,
    moves: new Moves({
      op,
      formula,
      inputs: inputs.map(({ shape, numbers }) => whole(Float64Array.from(numbers), shape)),
      shape: output.shape,
      params,
    }),
  }
  const get = (value: number, at: number): number => (inputs[value] ?? output).numbers[at]!
  const write = (value: number, at: number): string => get(value, at).toFixed(6)

  it('the kernel gives what Python gives', () => {
    const player = new Player(
      tapeOf(
        [...inputs, output].map(({ shape }) => shape),
        [[op, inputs.map((_, id) => id), inputs.length, params]],
      ),
      new Map(inputs.map(({ numbers }, id) => [id, numbers])),
    )
    player.play()
    expect(player.shapes[inputs.length]).toEqual(output.shape)
    expectClose(player.values[inputs.length]!, output.numbers, op)
  })

  it('the formula is placed, evaluated and written as in Python', () => {
    for (const { at, tree, value, python } of kept.elements) {
      const found = place(where, at)
      expect(found).toEqual(tree)
      expectClose([evaluate(found, get)], [value], `${op} at ${at.join()}`)
      expect(toPython(choose(found, get), write)).toBe(python)
    }
  })

  it('the local derivatives are placed, evaluated and written as in Python', () => {
    const found = inputs.flatMap((_, argument) =>
      kept.elements.flatMap(({ at }) =>
        placeLocal(where, argument, at).map(([index, tree]) => ({ argument, at, index, tree })),
      ),
    )
    expect(found).toEqual(
      kept.locals.map(({ argument, at, index, tree }) => ({ argument, at, index, tree })),
    )
    for (const { tree, value, python } of kept.locals) {
      expectClose([evaluate(tree, get)], [value], `local derivative of ${op}`)
      expect(toPython(choose(tree, get), write)).toBe(python)
    }
  })
})

describe.each(tapes)('the tape "$name"', ({ tape, run, losses, resized }) => {
  it('gives every value that recording it gave', () => {
    const player = new Player(tape, run)
    player.play()
    tape.values.forEach(({ id }) => {
      expectClose(player.values[id]!, flatten(run.values[id]!), `value ${id}`)
    })
  })

  it('trains to the same losses, step by step and in one go', () => {
    const player = new Player(tape, run)
    const found = losses.map(() => {
      player.play()
      player.carry()
      return player.values[tape.loss]![0]!
    })
    expectClose(found, losses, 'loss')
    expectClose(new Player(tape, run).train(losses.length), losses, 'loss')
  })

  it.runIf(resized)('plays at another batch size', () => {
    const leaves = Object.entries(resized!.leaves).map(
      ([id, numbers]) => [Number(id), numbers] as const,
    )
    const player = new Player(tape, new Map(leaves), resized!.sizes)
    expectClose(player.train(losses.length), resized!.losses, 'loss')
  })
})
