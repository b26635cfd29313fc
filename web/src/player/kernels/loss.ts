// Losses: one number for how wrong the outputs are, averaged over what was compared.

import { PlayError, positions, sameShape, type Shape, showShape, type View } from '../layout'
import { type Computing } from './kernel'

const LEAST_LOG = -100

const safeLog = (x: number): number => Math.max(Math.log(x), LEAST_LOG)

function scalar(name: string, [prediction, target]: readonly Shape[]): Shape {
  if (!sameShape(prediction!, target!))
    throw new PlayError(
      `${name}: prediction ${showShape(prediction!)} and target ${showShape(target!)} ` +
        `must have the same shape`,
    )
  return []
}

/** The mean of a function of each prediction and its target. */
function averaged(name: string, each: (prediction: number, target: number) => number): Computing {
  return {
    shape: (inputs) => scalar(name, inputs),
    bind({ inputs, output }) {
      const [p, t] = inputs as [View, View]
      const pAt = positions(p)
      const tAt = positions(t)
      return () => {
        let sum = 0
        for (let i = 0; i < pAt.length; i++) sum += each(p.data[pAt[i]!]!, t.data[tAt[i]!]!)
        output.data[0] = sum / pAt.length
      }
    },
  }
}

const crossEntropy: Computing = {
  shape: (inputs) => scalar('cross_entropy', inputs),
  bind({ inputs, output }) {
    const [z, t] = inputs as [View, View]
    const zAt = positions(z)
    const tAt = positions(t)
    const classes = z.shape.at(-1)!
    return () => {
      let total = 0
      for (let start = 0; start < zAt.length; start += classes) {
        const end = start + classes
        let largest = Number.NEGATIVE_INFINITY
        for (let i = start; i < end; i++) largest = Math.max(largest, z.data[zAt[i]!]!)
        let sum = 0
        for (let i = start; i < end; i++) sum += Math.exp(z.data[zAt[i]!]! - largest)
        const log = Math.log(sum)
        for (let i = start; i < end; i++) {
          const share = t.data[tAt[i]!]!
          // a class of share 0 costs nothing, even at log 0
          if (share !== 0) total += (z.data[zAt[i]!]! - largest - log) * share
        }
      }
      output.data[0] = -total / (zAt.length / classes)
    }
  },
}

export const LOSS: Readonly<Record<string, Computing>> = {
  mse_loss: averaged('mse_loss', (p, t) => (p - t) * (p - t)),
  binary_cross_entropy: averaged(
    'binary_cross_entropy',
    (p, t) => -(t * safeLog(p) + (1 - t) * safeLog(1 - p)),
  ),
  binary_cross_entropy_with_logits: averaged(
    'binary_cross_entropy_with_logits',
    (z, t) => Math.max(z, 0) - z * t + Math.log1p(Math.exp(-Math.abs(z))),
  ),
  cross_entropy: crossEntropy,
}
