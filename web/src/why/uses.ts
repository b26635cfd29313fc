// A gradient's formula read as it is taught: upstream × local, added up over the uses. The twin of
// src/whygrad/explain/contributions.py.

import { evaluate, type Placed } from '../player/formula'
import type { Element, Play } from '../text/play'

/** What one use of a value contributes to its gradient. */
export interface Contribution {
  /** The element of a gradient that arrives. */
  readonly upstream: Element
  /** The local derivative. */
  readonly local: Placed
  /** The number at `upstream`. */
  readonly arrives: number
  /** The number `local` comes to. */
  readonly rate: number
  /** arrives × rate */
  readonly product: number
}

const ONE: Placed = ['number', 1]

/** What each use contributes to one element of a gradient, in the order they are added. */
export function contributionsOf(play: Play, tree: Placed): Contribution[] {
  const get = (id: number, at: number): number => play.number(id, at)
  const isGradient = (id: number): boolean => play.tape.values[id]!.role === 'gradient'
  return split(tree, isGradient).map(([upstream, local]) => {
    const arrives = play.number(upstream.id, upstream.at)
    const rate = evaluate(local, get)
    return { upstream, local, arrives, rate, product: arrives * rate }
  })
}

export function isOne(node: Placed): boolean {
  return node[0] === 'number' && node[1] === 1
}

/** Each gradient in the formula with its coefficient: the formula is linear in them. */
function split(node: Placed, isGradient: (id: number) => boolean): [Element, Placed][] {
  if (node[0] === 'number') return []
  if (node[0] === 'leaf') return isGradient(node[1]) ? [[{ id: node[1], at: node[2] }, ONE]] : []
  const [head, ...args] = node
  const parts = args.map((arg) => split(arg, isGradient))
  const [first = [], second = []] = parts
  const scaled = (part: [Element, Placed][], by: (local: Placed) => Placed): [Element, Placed][] =>
    part.map(([leaf, local]) => [leaf, by(local)])
  switch (head) {
    case 'add':
    case 'terms':
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
