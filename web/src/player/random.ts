// Random numbers that a seed fixes everywhere: Threefry-2x32 (Salmon, Moraes, Dror and Shaw,
// "Parallel random numbers: as easy as 1, 2, 3", SC 2011). The twin of
// src/whygrad/engine/random.py: the same seed and stream give the same numbers in both. Everything is
// exact but `normal`, which agrees to 1e-12, for libraries differ in the last bits of log, cos and sin.
// tests/conformance/random.json holds the vectors both are checked against.

/** Seeds are whole numbers below this. */
export const SEED_LIMIT = 2 ** 53

export type Words = [number, number]

const PARITY = 0x1bd11bda

/** Threefry-2x32 with 20 rounds. Words are whole numbers 0..2**32-1. */
export function threefry2x32([k0, k1]: Words, [c0, c1]: Words): Words {
  const k2 = k0 ^ k1 ^ PARITY
  let x0 = (c0 + k0) | 0
  let x1 = (c1 + k1) | 0
  for (let block = 0; block < 5; block++) {
    if (block % 2 === 0) {
      x0 = (x0 + x1) | 0
      x1 = ((x1 << 13) | (x1 >>> 19)) ^ x0
      x0 = (x0 + x1) | 0
      x1 = ((x1 << 15) | (x1 >>> 17)) ^ x0
      x0 = (x0 + x1) | 0
      x1 = ((x1 << 26) | (x1 >>> 6)) ^ x0
      x0 = (x0 + x1) | 0
      x1 = ((x1 << 6) | (x1 >>> 26)) ^ x0
    } else {
      x0 = (x0 + x1) | 0
      x1 = ((x1 << 17) | (x1 >>> 15)) ^ x0
      x0 = (x0 + x1) | 0
      x1 = ((x1 << 29) | (x1 >>> 3)) ^ x0
      x0 = (x0 + x1) | 0
      x1 = ((x1 << 16) | (x1 >>> 16)) ^ x0
      x0 = (x0 + x1) | 0
      x1 = ((x1 << 24) | (x1 >>> 8)) ^ x0
    }
    // after each block of four rounds, two of the three words of the key schedule, in turn
    const a = block % 3 === 0 ? k1 : block % 3 === 1 ? k2 : k0
    const b = block % 3 === 0 ? k2 : block % 3 === 1 ? k0 : k1
    x0 = (x0 + a) | 0
    x1 = (x1 + b + block + 1) | 0
  }
  return [x0 >>> 0, x1 >>> 0]
}

/** The 32-bit FNV-1a hash of the text's UTF-8 bytes. */
export function fnv1a(text: string): number {
  let value = 0x811c9dc5
  for (const byte of new TextEncoder().encode(text)) value = Math.imul(value ^ byte, 0x01000193)
  return value >>> 0
}

/** The key under which the numbers of `stream` are drawn. */
export function streamKey(seed: number, stream: string): Words {
  if (!Number.isSafeInteger(seed) || seed < 0)
    throw new RangeError(`a seed is a whole number from 0 to 2**53 - 1, not ${seed}`)
  const bytes = new TextEncoder().encode(stream).length
  return threefry2x32([seed >>> 0, Math.floor(seed / 2 ** 32)], [fnv1a(stream), bytes])
}

/** `count` random 32-bit words. */
export function bits(seed: number, stream: string, count: number): Uint32Array {
  const key = streamKey(seed, stream)
  const out = new Uint32Array(count)
  for (let i = 0; i < count; i += 2) {
    const block = i / 2
    const [x0, x1] = threefry2x32(key, [block >>> 0, Math.floor(block / 2 ** 32)])
    out[i] = x0
    out[i + 1] = x1 // past the end of an odd count this writes nothing
  }
  return out
}

/** `count` doubles spread evenly over [low, high). */
export function uniform(
  seed: number,
  stream: string,
  count: number,
  low = 0,
  high = 1,
): Float64Array {
  const [k0, k1] = streamKey(seed, stream)
  const k2 = k0 ^ k1 ^ PARITY
  const out = new Float64Array(count)
  for (let i = 0; i < count; i++) {
    // threefry2x32 of [i, i / 2**32], written out: shuffling needs a number for every sample
    let x = (i + k0) | 0
    let y = (Math.floor(i / 2 ** 32) + k1) | 0
    x = (x + y) | 0
    y = ((y << 13) | (y >>> 19)) ^ x
    x = (x + y) | 0
    y = ((y << 15) | (y >>> 17)) ^ x
    x = (x + y) | 0
    y = ((y << 26) | (y >>> 6)) ^ x
    x = (x + y) | 0
    y = ((y << 6) | (y >>> 26)) ^ x
    x = (x + k1) | 0
    y = (y + k2 + 1) | 0
    x = (x + y) | 0
    y = ((y << 17) | (y >>> 15)) ^ x
    x = (x + y) | 0
    y = ((y << 29) | (y >>> 3)) ^ x
    x = (x + y) | 0
    y = ((y << 16) | (y >>> 16)) ^ x
    x = (x + y) | 0
    y = ((y << 24) | (y >>> 8)) ^ x
    x = (x + k2) | 0
    y = (y + k0 + 2) | 0
    x = (x + y) | 0
    y = ((y << 13) | (y >>> 19)) ^ x
    x = (x + y) | 0
    y = ((y << 15) | (y >>> 17)) ^ x
    x = (x + y) | 0
    y = ((y << 26) | (y >>> 6)) ^ x
    x = (x + y) | 0
    y = ((y << 6) | (y >>> 26)) ^ x
    x = (x + k0) | 0
    y = (y + k1 + 3) | 0
    x = (x + y) | 0
    y = ((y << 17) | (y >>> 15)) ^ x
    x = (x + y) | 0
    y = ((y << 29) | (y >>> 3)) ^ x
    x = (x + y) | 0
    y = ((y << 16) | (y >>> 16)) ^ x
    x = (x + y) | 0
    y = ((y << 24) | (y >>> 8)) ^ x
    x = (x + k1) | 0
    y = (y + k2 + 4) | 0
    x = (x + y) | 0
    y = ((y << 13) | (y >>> 19)) ^ x
    x = (x + y) | 0
    y = ((y << 15) | (y >>> 17)) ^ x
    x = (x + y) | 0
    y = ((y << 26) | (y >>> 6)) ^ x
    x = (x + y) | 0
    y = ((y << 6) | (y >>> 26)) ^ x
    x = (x + k2) | 0
    y = (y + k0 + 5) | 0
    out[i] = low + (high - low) * (((x >>> 5) * 67108864 + (y >>> 6)) / 2 ** 53)
  }
  return out
}

/** `count` normally distributed doubles, by Box and Muller's transform. */
export function normal(
  seed: number,
  stream: string,
  count: number,
  mean = 0,
  std = 1,
): Float64Array {
  const pairs = uniform(seed, stream, count + (count % 2))
  const out = new Float64Array(count)
  for (let i = 0; i < count; i += 2) {
    const radius = Math.sqrt(-2 * Math.log(1 - pairs[i]!))
    const angle = 2 * Math.PI * pairs[i + 1]!
    out[i] = mean + std * (radius * Math.cos(angle))
    out[i + 1] = mean + std * (radius * Math.sin(angle))
  }
  return out
}

/** `count` times 1 with chance p, else 0. */
export function bernoulli(seed: number, stream: string, count: number, p = 0.5): Uint8Array {
  if (!(p >= 0 && p <= 1)) throw new RangeError(`a chance is between 0 and 1, not ${p}`)
  return Uint8Array.from(uniform(seed, stream, count), (u) => (u < p ? 1 : 0))
}

/** The numbers 0..n-1 in random order. */
export function permutation(seed: number, stream: string, n: number): Uint32Array {
  return inOrderOf(uniform(seed, stream, n))
}

/** The places of keys that are spread evenly over [0, 1), in the order of the keys, then of places. */
function inOrderOf(keys: Float64Array): Uint32Array {
  const n = keys.length
  const ends = new Uint32Array(n + 1)
  for (let i = 0; i < n; i++) ends[Math.floor(keys[i]! * n)]!++
  for (let at = 0, sum = 0; at <= n; at++) ends[at] = sum += ends[at]!
  const order = new Uint32Array(n)
  // into as many drawers as keys, from the last one on, so that equal keys stay in order
  for (let i = n - 1; i >= 0; i--) order[--ends[Math.floor(keys[i]! * n)]!] = i
  // a drawer holds one or two keys: each moves past the few that are larger
  for (let i = 1; i < n; i++) {
    const place = order[i]!
    const key = keys[place]!
    let at = i
    for (; at > 0 && keys[order[at - 1]!]! > key; at--) order[at] = order[at - 1]!
    order[at] = place
  }
  return order
}

/** The order in which an epoch visits n samples. */
export function orderOf(n: number, epoch: number, seed: number, shuffle: boolean): Uint32Array {
  return shuffle ? permutation(seed, `shuffle/${epoch}`, n) : Uint32Array.from({ length: n }, (_, i) => i)
}

let latest: { n: number; epoch: number; seed: number; order: Uint32Array } | undefined

/**
 * The samples that iteration number `iteration` (from 0) trains on: each epoch visits all n
 * samples, in the order of `permutation(seed, "shuffle/" + epoch, n)`, or 0..n-1 unshuffled, in
 * chunks of `batch`; an epoch's last chunk may be smaller.
 */
export function batchIndices(
  n: number,
  batch: number,
  iteration: number,
  seed: number,
  shuffle = true,
): Uint32Array {
  if (!(n >= 1 && batch >= 1 && iteration >= 0))
    throw new RangeError(`no batch: ${n} examples, batch ${batch}, iteration ${iteration}`)
  const perEpoch = Math.ceil(n / batch)
  const epoch = Math.floor(iteration / perEpoch)
  const first = (iteration % perEpoch) * batch
  const last = Math.min(first + batch, n)
  if (!shuffle) return Uint32Array.from({ length: last - first }, (_, i) => first + i)
  if (latest?.n !== n || latest.epoch !== epoch || latest.seed !== seed)
    latest = { n, epoch, seed, order: orderOf(n, epoch, seed, true) }
  return latest.order.slice(first, last)
}
