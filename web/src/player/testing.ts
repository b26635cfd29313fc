// Small tapes, for tests.

import type { Params, Tape } from './tape'

/** A small tape: the shapes of all values, then steps; values no step makes are the leaves. */
export function tapeOf(
  shapes: (number | string)[][],
  steps: [op: string, inputs: number[], output: number, params?: Params][],
  carries: [number, number][] = [],
): Tape {
  return {
    format: 'whygrad-tape/1',
    sizes: { batch: 2 },
    loss: 0,
    values: shapes.map((shape, id) => ({ id, name: '', shape, dtype: 'float64', role: 'input' })),
    steps: steps.map(([op, inputs, output, params = {}], id) => ({
      id,
      op,
      inputs,
      output,
      params,
      phase: 'forward',
      part: [],
    })),
    carries,
  }
}
