// The sizes a tape is played at. A tape is recorded at some sizes; those with names may change.

import { KERNELS } from './kernels'
import type { Kernel, Sizes } from './kernels/kernel'
import { PlayError, type Shape } from './layout'
import { label, type Tape, type Value } from './tape'

/** The recorded sizes, with some replaced. */
export function sizesAt(tape: Tape, changed: Sizes): Sizes {
  for (const [name, size] of Object.entries(changed)) {
    if (!Object.hasOwn(tape.sizes, name)) {
      const known = Object.keys(tape.sizes).join(', ') || 'none'
      throw new PlayError(`the tape has no size named ${name}; those that may change: ${known}`)
    }
    if (!Number.isInteger(size) || size < 1)
      throw new PlayError(`size ${name} must be a whole number above 0, not ${size}`)
  }
  return { ...tape.sizes, ...changed }
}

/** The shape of every value at these sizes, by id. */
export function shapesAt(tape: Tape, sizes: Sizes): Shape[] {
  const shapes: Shape[] = tape.values.map((value) => namedShape(value, sizes))
  // what a step makes follows from its inputs: a size worked out of named ones has no name itself
  for (const step of tape.steps) {
    const inputs = step.inputs.map((id) => shapes[id]!)
    try {
      shapes[step.output] = kernelOf(step.op).shape(inputs, step.params, sizes)
    } catch (error) {
      if (!(error instanceof PlayError)) throw error
      throw new PlayError(`step ${step.id}, ${label(tape, step.output)}: ${error.message}`)
    }
  }
  return shapes
}

function namedShape(value: Value, sizes: Sizes): Shape {
  return value.shape.map((size) => (typeof size === 'string' ? (sizes[size] ?? 1) : size))
}

export function kernelOf(op: string): Kernel {
  const kernel = Object.hasOwn(KERNELS, op) ? KERNELS[op] : undefined
  if (!kernel) throw new PlayError(`the op ${op} cannot be played in the browser`)
  return kernel
}
