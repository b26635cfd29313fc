// A gradient's formula read as it is taught: upstream × local, added up over its uses. What is shown as
// a computation, beside the graph and as reasons all starts from this one reading.

import type { Placed } from '../player/formula'

type Leaf = readonly ['leaf', value: number, at: number]

/** One of the ways in which a value moves another inside a step. */
export interface Way {
  /** The gradient that arrives. */
  readonly upstream: Leaf
  /** What this way adds to the local derivative. */
  readonly local: Placed
  /** Whether it goes through a sum in which several gradients meet. */
  readonly summed: boolean
}

/** What arrives through one other element, times the local derivative. */
export interface Contribution {
  readonly upstream: Leaf
  /** All ways between the two together. */
  readonly local: Placed
  /** The ways one by one, in the order they are added. */
  readonly ways: readonly Way[]
}

const ONE: Placed = ['number', 1]

/** One contribution for each gradient that the formula mentions, in the order they are added. */
export function contributionsIn(tree: Placed, isGradient: (value: number) => boolean): Contribution[] {
  const byUpstream = new Map<string, Way[]>()
  for (const way of split(tree, isGradient)) {
    const key = way.upstream.join()
    byUpstream.set(key, [...(byUpstream.get(key) ?? []), way])
  }
  return [...byUpstream.values()].map((ways) => ({
    upstream: ways[0]!.upstream,
    local: ways.length === 1 ? ways[0]!.local : ['terms', ...ways.map(({ local }) => local)],
    ways,
  }))
}

/** Whether a formula is nothing but a sum of products with exactly one gradient in each. */
export function isSumOfContributions(node: Placed, isGradient: (value: number) => boolean): boolean {
  if (node[0] === 'number') return false
  if (node[0] === 'leaf') return isGradient(node[1])
  const [head, ...args] = node
  const isOne = (arg: Placed): boolean => isSumOfContributions(arg, isGradient)
  const [first, second] = args as [Placed, Placed]
  switch (head) {
    case 'add':
    case 'sub':
    case 'terms':
      return args.length > 0 && args.every(isOne)
    case 'neg':
      return isOne(first)
    case 'mul':
      return mentions(first, isGradient) ? !mentions(second, isGradient) && isOne(first) : isOne(second)
    case 'div':
      return !mentions(second, isGradient) && isOne(first)
    default:
      return false
  }
}

export function isOne(node: Placed): boolean {
  return node[0] === 'number' && node[1] === 1
}

function mentions(node: Placed, isGradient: (value: number) => boolean): boolean {
  if (node[0] === 'number') return false
  if (node[0] === 'leaf') return isGradient(node[1])
  const [, ...args] = node
  return args.some((arg) => mentions(arg, isGradient))
}

/** Each gradient in the formula with its coefficient: the formula is linear in them. */
function split(node: Placed, isGradient: (id: number) => boolean): Way[] {
  if (node[0] === 'number') return []
  if (node[0] === 'leaf') return isGradient(node[1]) ? [{ upstream: node, local: ONE, summed: false }] : []
  const [head, ...args] = node
  const parts = args.map((arg) => split(arg, isGradient))
  const [first = [], second = []] = parts
  const scaled = (part: readonly Way[], by: (local: Placed) => Placed): Way[] =>
    part.map((way) => ({ ...way, local: by(way.local) }))
  switch (head) {
    case 'terms': {
      const ways = parts.flat()
      const met = new Set(ways.map(({ upstream }) => upstream.join())).size > 1
      return met ? ways.map((way) => ({ ...way, summed: true })) : ways
    }
    case 'add':
      return parts.flat()
    case 'sub':
      return [...first, ...scaled(second, negated)]
    case 'neg':
      return scaled(first, negated)
    case 'mul':
      return first.length
        ? scaled(first, (local) => product(local, args[1]!))
        : scaled(second, (local) => product(args[0]!, local))
    case 'div':
      return scaled(first, (local) => ['div', local, args[1]!])
    default:
      return []
  }
}

function negated(local: Placed): Placed {
  if (local[0] === 'number') return ['number', -local[1]]
  return local[0] === 'neg' ? (local[1] as Placed) : ['neg', local]
}

function product(a: Placed, b: Placed): Placed {
  if (isOne(a)) return b
  return isOne(b) ? a : ['mul', a, b]
}
