// The contributions to a gradient with their numbers. The twin of src/whygrad/explain/contributions.py.

import { evaluate, type Placed } from '../player/formula'
import { contributionsIn } from '../text/contributions'
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
export interface Use {
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

/** What arrives through each other element, in the order they are added. */
export function usesOf(play: Play, tree: Placed): Use[] {
  const get = (id: number, at: number): number => play.number(id, at)
  const isGradient = (id: number): boolean => play.tape.values[id]!.role === 'gradient'
  return contributionsIn(tree, isGradient).map(({ upstream: [, id, at], local, ways }) => {
    const arrives = get(id, at)
    const rate = evaluate(local, get)
    const parts = ways.map(({ local, summed }) => ({ local, summed, rate: evaluate(local, get) }))
    return { upstream: { id, at }, local, arrives, rate, product: arrives * rate, parts }
  })
}
