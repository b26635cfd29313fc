// A gradient's formula read as it is taught: upstream × local, added up over its uses.

import type { Placed } from '../player/formula'

/** What one use of a value contributes to its gradient: what arrives, times the local derivative. */
export interface Contribution {
  /** The gradient that arrives: a leaf. */
  readonly upstream: Placed
  readonly local: Placed
}

/**
 * The contributions that a gradient's formula adds up; null where it is not a sum of products
 * with exactly one gradient in each.
 */
export function contributions(
  tree: Placed,
  isGradient: (value: number) => boolean,
): Contribution[] | null {
  const found = split(tree)
  return found && found.length > 0 ? found : null

  function split(node: Placed): Contribution[] | null {
    if (node[0] === 'number') return null
    if (node[0] === 'leaf') return isGradient(node[1]) ? [{ upstream: node, local: ONE }] : null
    const [head, ...args] = node
    if (head === 'add' || head === 'terms') return joined(args.map(split))
    if (head === 'sub') return joined([split(args[0]!), scaled(split(args[1]!), negated)])
    if (head === 'neg') return scaled(split(args[0]!), negated)
    const [first, second] = args as [Placed, Placed]
    if (head === 'mul') {
      if (mentions(first)) return mentions(second) ? null : scaled(split(first), times(second))
      return scaled(split(second), (local) => product(first, local))
    }
    if (head === 'div' && !mentions(second))
      return scaled(split(first), (local) => ['div', local, second])
    return null
  }

  function mentions(node: Placed): boolean {
    if (node[0] === 'number') return false
    if (node[0] === 'leaf') return isGradient(node[1])
    const [, ...args] = node
    return args.some(mentions)
  }
}

const ONE: Placed = ['number', 1]

function joined(parts: readonly (Contribution[] | null)[]): Contribution[] | null {
  return parts.every((part) => part !== null) ? parts.flat() : null
}

function scaled(
  parts: Contribution[] | null,
  by: (local: Placed) => Placed,
): Contribution[] | null {
  return parts && parts.map(({ upstream, local }) => ({ upstream, local: by(local) }))
}

function negated(local: Placed): Placed {
  if (local[0] === 'number') return ['number', -local[1]]
  return local[0] === 'neg' ? (local[1] as Placed) : ['neg', local]
}

function times(factor: Placed): (local: Placed) => Placed {
  return (local) => product(local, factor)
}

function product(a: Placed, b: Placed): Placed {
  if (isOne(a)) return b
  return isOne(b) ? a : ['mul', a, b]
}

function isOne(node: Placed): boolean {
  return node[0] === 'number' && node[1] === 1
}
