import { describe, expect, it } from 'vitest'
import json from '../../../tests/conformance/random.json'
import {
  batchIndices,
  bernoulli,
  bits,
  fnv1a,
  normal,
  permutation,
  streamKey,
  threefry2x32,
  uniform,
  type Words,
} from './random'

interface Vectors {
  threefry2x32: { key: Words; counter: Words; words: Words }[]
  fnv1a: { text: string; hash: number }[]
  draws: {
    seed: number
    stream: string
    key: Words
    bits: number[]
    uniform: number[]
    uniform_minus_3_to_5: number[]
    normal: number[]
    normal_mean_2_std_3: number[]
    'bernoulli_0.3': boolean[]
    permutation: number[]
  }[]
  batches: { n: number; batch: number; seed: number; shuffle: boolean; indices: number[][] }[]
}

const vectors = json as unknown as Vectors

function expectClose(got: Float64Array, kept: number[]) {
  expect(got.length).toBe(kept.length)
  kept.forEach((value, i) => {
    expect(Math.abs(got[i]! - value)).toBeLessThanOrEqual(1e-12 * Math.max(1, Math.abs(value)))
  })
}

describe('the vectors shared with Python', () => {
  it.each(vectors.threefry2x32)('threefry2x32 of $key and $counter', ({ key, counter, words }) => {
    expect(threefry2x32(key, counter)).toEqual(words)
  })

  it.each(vectors.fnv1a)('fnv1a of "$text"', ({ text, hash }) => {
    expect(fnv1a(text)).toBe(hash)
  })

  it.each(vectors.draws)('draws of seed $seed, stream "$stream"', (kept) => {
    const { seed, stream } = kept
    expect(streamKey(seed, stream)).toEqual(kept.key)
    expect([...bits(seed, stream, 7)]).toEqual(kept.bits)
    expect([...uniform(seed, stream, 7)]).toEqual(kept.uniform)
    expect([...uniform(seed, stream, 7, -3, 5)]).toEqual(kept.uniform_minus_3_to_5)
    expectClose(normal(seed, stream, 7), kept.normal)
    expectClose(normal(seed, stream, 7, 2, 3), kept.normal_mean_2_std_3)
    expect([...bernoulli(seed, stream, 20, 0.3)].map(Boolean)).toEqual(kept['bernoulli_0.3'])
    expect([...permutation(seed, stream, 20)]).toEqual(kept.permutation)
  })

  it.each(vectors.batches)('batches of $batch of $n, shuffle $shuffle', (kept) => {
    const { n, batch, seed, shuffle, indices } = kept
    indices.forEach((chosen, k) => {
      expect([...batchIndices(n, batch, k, seed, shuffle)]).toEqual(chosen)
    })
  })
})

describe('what is refused', () => {
  it.each([-1, 1.5, 2 ** 53, Number.NaN])('seed %s', (seed) => {
    expect(() => bits(seed, 'a', 1)).toThrow(/a seed is a whole number/)
  })

  it.each([-0.1, 1.1, Number.NaN])('chance %s', (p) => {
    expect(() => bernoulli(0, 'a', 1, p)).toThrow(/between 0 and 1/)
  })

  it.each([
    [0, 1, 0],
    [1, 0, 0],
    [1, 1, -1],
  ])('%s samples, batch %s, iteration %s', (n, batch, iteration) => {
    expect(() => batchIndices(n, batch, iteration, 0)).toThrow(/no batch/)
  })
})

it('gives batches in any order of asking', () => {
  const forward = [0, 1, 2, 3, 4, 5].map((k) => [...batchIndices(5, 2, k, 1)])
  const backward = [5, 4, 3, 2, 1, 0].map((k) => [...batchIndices(5, 2, k, 1)]).reverse()
  expect(backward).toEqual(forward)
})
