// A gradient's formula read as it is taught: upstream × local, added up over the uses. The twin of
// src/whygrad/explain/contributions.py.

import { evaluate, type Placed } from '../player/formula'
import type { Element, Play } from '../text/play'

/** One of the ways in which a value moves another inside a step. */
export interface Part {
  /** What this way adds to the local derivative. */
  readonly local: Placed
  readonly rate: number
  /** Whether it goes through a sum in which several gradients meet. */
  readonly summed: boolean
}

/** What an element contributes to a gradient through one other element. */
export interface Contribution {
  /** The element of a gradient that arrives. */
  readonly upstream: Element
  /** The local derivative: all ways between the two together. */
  readonly local: Placed
  /** The number at `upstream`. */
  readonly arrives: number
  /** The number `local` comes to. */
  readonly rate: number
  /** arrives × rate */
  readonly product: number
  /** The ways one by one, in the order they are added. */
  readonly parts: readonly Part[]
}

const ONE: Placed = ['number', 1]

/** What arrives through each other element, in the order they are added. */
export function contributionsOf(play: Play, tree: Placed): Contribution[] {
  const get = (id: number, at: number): number => play.number(id, at)
  const isGradient = (id: number): boolean => play.tape.values[id]!.role === 'gradient'
  const ways = new Map<string, Way[]>()
  for (const way of split(tree, isGradient)) {
    const key = `${way.leaf.id}:${way.leaf.at}`
    ways.set(key, [...(ways.get(key) ?? []), way])
  }
  return [...ways.values()].map((found) => {
    const upstream = found[0]!.leaf
    const parts = found.map(({ local, summed }) => ({ local, summed, rate: evaluate(local, get) }))
    const local: Placed =
      parts.length === 1 ? parts[0]!.local : ['terms', ...parts.map((part) => part.local)]
    const arrives = play.number(upstream.id, upstream.at)
    const rate = evaluate(local, get)
    return { upstream, local, arrives, rate, product: arrives * rate, parts }
  })
}

export function isOne(node: Placed): boolean {
  return node[0] === 'number' && node[1] === 1
}

interface Way {
  readonly leaf: Element
  readonly local: Placed
  readonly summed: boolean
}

/** Each gradient in the formula with its coefficient: the formula is linear in them. */
function split(node: Placed, isGradient: (id: number) => boolean): Way[] {
  if (node[0] === 'number') return []
  if (node[0] === 'leaf') {
    const leaf = { id: node[1], at: node[2] }
    return isGradient(leaf.id) ? [{ leaf, local: ONE, summed: false }] : []
  }
  const [head, ...args] = node
  const parts = args.map((arg) => split(arg, isGradient))
  const [first = [], second = []] = parts
  const scaled = (part: readonly Way[], by: (local: Placed) => Placed): Way[] =>
    part.map((way) => ({ ...way, local: by(way.local) }))
  switch (head) {
    case 'terms': {
      const ways = parts.flat()
      const met = new Set(ways.map(({ leaf: { id, at } }) => `${id}:${at}`)).size > 1
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
