// Randomness on a tape: a step with a key, so that playing it again gives the same numbers.

import { uniform } from '../random'
import { type Computing, numberOf, textOf } from './kernel'

const bernoulli: Computing = {
  shape: ([like]) => like!,
  bind({ inputs: [, turn], output, params }) {
    const seed = numberOf(params, 'seed')
    const stream = textOf(params, 'stream')
    const p = numberOf(params, 'p')
    const out = output.data
    return () => {
      const drawn = uniform(seed, `${stream}/${Math.trunc(turn!.data[turn!.offset]!)}`, out.length)
      for (let i = 0; i < out.length; i++) out[i] = drawn[i]! < p ? 1 : 0
    }
  },
}

export const CHANCE: Readonly<Record<string, Computing>> = { bernoulli }
