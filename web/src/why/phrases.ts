// What the ladder's sentences are made of: names, numbers, and of which examples they speak.

import { type Get, numberText, type Placed, toPython, unflat } from '../player/formula'
import { formulaOf } from '../text/expression'
import { batchOf, type Element, ofGradient, type Play } from '../text/play'
import { equation } from '../text/say'
import type { Contribution } from './uses'

/** Terms of a long sum are written in names up to so many. */
const MOST_NAMED = 12

export class Phrases {
  readonly play: Play
  readonly get: Get

  constructor(play: Play) {
    this.play = play
    this.get = (id, at) => play.number(id, at)
  }

  number({ id, at }: Element): number {
    return this.play.number(id, at)
  }

  label({ id, at }: Element): string {
    return this.play.label(id, at)
  }

  symbol(element: Element): string {
    return this.play.symbol(this.label(element))
  }

  loss(): string {
    return this.symbol({ id: this.play.tape.loss, at: 0 })
  }

  /** The value a contribution comes through. */
  target({ upstream }: Contribution): string {
    return this.symbol(ofGradient(this.play, upstream))
  }

  tree({ id, at }: Element): Placed {
    return formulaOf(this.play, id, at)
  }

  /** A formula in names, in Python's syntax. */
  inNames(tree: Placed): string {
    const { values } = this.play.tape
    const many = tree[0] === 'terms' && tree.length - 1 > MOST_NAMED
    const shown = many ? (tree.slice(0, MOST_NAMED + 1) as unknown as Placed) : tree
    const names = toPython(shown, (id, at) => {
      const isConstant = values[id]!.role === 'constant' && !values[id]!.name
      return isConstant ? numberText(this.play.number(id, at)) : this.play.label(id, at)
    })
    return many ? `${names} + …` : names
  }

  /** A formula with its numbers, and what it comes to, holding as shown. */
  shown(tree: Placed, result: number): string {
    return equation(tree, this.get, result)
  }

  equation(element: Element, tree: Placed): string {
    return `${this.symbol(element)} = ${this.shown(tree, this.number(element))}`
  }

  /** upstream × local = product */
  product({ arrives, rate, product }: Contribution): string {
    return this.shown(['mul', ['number', arrives], ['number', rate]], product)
  }

  /** Which example an element belongs to. */
  which({ id, at }: Element): string {
    const shape = this.play.shape(id)
    if (!this.#perExample(id) || shape[0] === 1) return 'the example'
    return `example ${unflat(at, shape)[0]! + 1} of ${shape[0]}`
  }

  /** Of which example, or of how many, a forward value speaks. */
  scope(element: Element): string {
    const batch = batchOf(this.play)
    if (batch === 1) return ''
    if (element.id === this.play.tape.loss) return ` This is the mean over ${batch} examples.`
    return this.#perExample(element.id) ? ` This is for ${this.which(element)}.` : ''
  }

  scopeOfParameter(): string {
    return `The loss is a mean over ${batchOf(this.play)} examples, so each has its share in this.`
  }

  isBatchParameter(id: number): boolean {
    return this.play.tape.values[id]!.role === 'parameter' && batchOf(this.play) > 1
  }

  #perExample(id: number): boolean {
    return this.play.tape.values[id]!.shape[0] === 'batch'
  }
}
