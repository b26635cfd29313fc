// A gradient as the sum over all paths to the loss of the product of local derivatives. The twin of
// src/whygrad/explain/paths.py: counted and bounded by walking the elements once, the largest found
// by best-first search, where the best completion is an exact bound.

import { exactSum } from '../player/formula'
import { formulaOf } from '../text/expression'
import { rankedSize } from '../text/numbers'
import { type Element, ofGradient, ownerOf, type Play } from '../text/play'
import { usesOf } from './uses'

export const MAX_EDGES = 200_000

/** One local derivative on a path. */
export interface Factor {
  /** "dz1/dw1" */
  readonly name: string
  readonly value: number
}

/** One way from an element to the loss. */
export interface Path {
  /** The elements on the way, from the one asked about to the loss. */
  readonly through: readonly Element[]
  readonly factors: readonly Factor[]
  /** What this path gives to the gradient. */
  readonly product: number
}

export interface Paths {
  /** The element asked about. */
  readonly element: Element
  readonly gradient: number
  /** How many there are, those through shut gates included. */
  readonly count: number
  /** The largest in size, largest first. */
  readonly listed: readonly Path[]
  /** What the paths not listed give together. */
  readonly rest: number
  /** The listed paths' part of the sum of all sizes; 1 where all are 0. */
  readonly share: number
}

/** An element of a gradient, and where it comes from. */
interface Node {
  readonly element: Element
  readonly out: readonly { readonly to: Node; readonly rate: number }[]
  count: number
  /** The largest completion to the loss, and the sum of all sizes. */
  best: number
  size: number
}

interface Partial {
  readonly bound: number
  readonly nodes: readonly Node[]
  readonly rates: readonly number[]
}

/**
 * The paths from an element to the loss; null where it has no gradient, a text where too many. Of an
 * update they are those of what it updates.
 */
export function pathsOf(
  play: Play,
  element: Element,
  top = 10,
  most = MAX_EDGES,
): Paths | null | 'too many' {
  const { tape, find } = play
  const isGradient = tape.values[element.id]!.gradient_of !== undefined
  const id = isGradient ? element.id : find.gradients.get(ownerOf(play, element.id))
  if (id === undefined) return null
  const order = walk(play, { id, at: element.at }, most)
  if (!order) return 'too many'
  for (const node of order) {
    const seed = Math.abs(play.number(node.element.id, node.element.at))
    const { out } = node
    node.count = out.length ? out.reduce((sum, { to }) => sum + to.count, 0) : 1
    node.best = out.length ? Math.max(...out.map(({ to, rate }) => Math.abs(rate) * to.best)) : seed
    node.size = out.length ? exactSum(out.map(({ to, rate }) => Math.abs(rate) * to.size)) : seed
  }
  const start = order.at(-1)!
  const listed = largest(start, top).map((partial) => pathOf(play, partial))
  const gradient = play.number(id, element.at)
  return {
    element: ofGradient(play, start.element),
    gradient,
    count: start.count,
    listed,
    rest: gradient - exactSum(listed.map(({ product }) => product)),
    share: start.size ? exactSum(listed.map(({ product }) => Math.abs(product))) / start.size : 1,
  }
}

/** Every element of a gradient between this one and the loss, each after those it comes from. */
function walk(play: Play, start: Element, most: number): Node[] | null {
  const known = new Map<string, Node>()
  const order: Node[] = []
  let edges = 0
  const waiting: { element: Element; found: ReturnType<typeof usesOf> | null }[] = [
    { element: start, found: null },
  ]
  while (waiting.length) {
    const last = waiting.at(-1)!
    const key = keyOf(last.element)
    if (known.has(key)) {
      waiting.pop()
    } else if (last.found) {
      const out = last.found.map(({ upstream, rate }) => ({ to: known.get(keyOf(upstream))!, rate }))
      const node = { element: last.element, out, count: 0, best: 0, size: 0 }
      known.set(key, node)
      order.push(node)
      waiting.pop()
    } else {
      const { id, at } = last.element
      last.found = play.find.makers.has(id) ? usesOf(play, formulaOf(play, id, at)) : []
      edges += last.found.length
      if (edges > most) return null
      for (const { upstream } of last.found)
        if (!known.has(keyOf(upstream))) waiting.push({ element: upstream, found: null })
    }
  }
  return order
}

function largest(start: Node, top: number): Partial[] {
  const heap = new Heap()
  heap.push({ bound: rankedSize(start.best), nodes: [start], rates: [] })
  const found: Partial[] = []
  while (found.length < top) {
    const partial = heap.pop()
    if (!partial) break
    const last = partial.nodes.at(-1)!
    if (!last.out.length) found.push(partial)
    const soFar = product(partial.rates.map(Math.abs))
    for (const { to, rate } of last.out)
      heap.push({
        bound: rankedSize(soFar * rate * to.best),
        nodes: [...partial.nodes, to],
        rates: [...partial.rates, rate],
      })
  }
  return found
}

function pathOf(play: Play, { nodes, rates }: Partial): Path {
  const through = nodes.map(({ element }) => ofGradient(play, element))
  const names = through.map(({ id, at }) => play.label(id, at))
  const { id, at } = nodes.at(-1)!.element
  return {
    through,
    factors: rates.map((value, n) => ({ name: `d${names[n + 1]!}/d${names[n]!}`, value })),
    product: product(rates) * play.number(id, at),
  }
}

function keyOf({ id, at }: Element): string {
  return `${id}:${at}`
}

function product(numbers: readonly number[]): number {
  return numbers.reduce((so, number) => so * number, 1)
}

/** Gives back the partial path of the largest bound; of equal ones the one that came first. */
class Heap {
  readonly #items: [partial: Partial, turn: number][] = []
  #turns = 0

  push(partial: Partial): void {
    const items = this.#items
    items.push([partial, this.#turns++])
    let at = items.length - 1
    while (at > 0) {
      const up = (at - 1) >> 1
      if (!this.#before(at, up)) break
      this.#swap(at, up)
      at = up
    }
  }

  pop(): Partial | undefined {
    const items = this.#items
    if (items.length === 0) return undefined
    this.#swap(0, items.length - 1)
    const [partial] = items.pop()!
    let at = 0
    while (true) {
      let first = at
      for (const down of [2 * at + 1, 2 * at + 2])
        if (down < items.length && this.#before(down, first)) first = down
      if (first === at) return partial
      this.#swap(at, first)
      at = first
    }
  }

  #before(a: number, b: number): boolean {
    const [x, y] = [this.#items[a]!, this.#items[b]!]
    return x[0].bound === y[0].bound ? x[1] < y[1] : x[0].bound > y[0].bound
  }

  #swap(a: number, b: number): void {
    const items = this.#items
    const kept = items[a]!
    items[a] = items[b]!
    items[b] = kept
  }
}
