// What the ladder's sentences are made of: names, numbers, and of which examples they speak.

import { type Get, numberText, type Placed, toPython, unflat } from '../player/formula'
import { formulaOf } from '../text/expression'
import { batchOf, type Element, isPerSample, ofGradient, type Play } from '../text/play'
import { type Named, type Said, say } from '../text/said'
import { equation, shortened, smaller } from '../text/say'
import { KEEPS_MEAN, MEANS } from '../text/sentences'
import type { Use } from './uses'

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

  /** An element's symbol and number, to fill a slot with. */
  named(element: Element): Named {
    return { name: this.symbol(element), number: this.number(element) }
  }

  loss(): string {
    return this.symbol({ id: this.play.tape.loss, at: 0 })
  }

  /** The value a contribution comes through. */
  target({ upstream }: Use): string {
    return this.symbol(ofGradient(this.play, upstream))
  }

  tree({ id, at }: Element): Placed {
    return formulaOf(this.play, id, at)
  }

  /** A formula in names, in Python's syntax. */
  inNames(tree: Placed): string {
    const { values } = this.play.tape
    return toPython(shortened(tree, this.get).tree, (id, at) => {
      if (id < 0) return smaller(at)
      const isConstant = values[id]!.role === 'constant' && !values[id]!.name
      return isConstant ? numberText(this.play.number(id, at)) : this.play.label(id, at)
    })
  }

  /** A formula with its numbers, and what it comes to, holding as shown. */
  shown(tree: Placed, result: number): string {
    return equation(tree, this.get, result)
  }

  equation(element: Element, tree: Placed): string {
    return `${this.symbol(element)} = ${this.shown(tree, this.number(element))}`
  }

  /** upstream × local = product */
  product({ arrives, rate, product }: Use): string {
    return this.shown(['mul', ['number', arrives], ['number', rate]], product)
  }

  /** Which example an element belongs to. */
  which({ id, at }: Element): Said {
    const shape = this.play.shape(id)
    if (!isPerSample(this.play, id) || shape[0] === 1) return say('which.only')
    return say('which.one', { n: unflat(at, shape)[0]! + 1, count: shape[0]! })
  }

  /** Of which example, or of how many, a forward value speaks. */
  scope(element: Element): Said[] {
    const batch = batchOf(this.play)
    if (batch === 1) return []
    if (element.id === this.play.tape.loss)
      return this.isMean() ? [say('scope.mean', { count: batch })] : []
    if (!isPerSample(this.play, element.id)) return []
    return [say('scope.example', { which: this.which(element) })]
  }

  /** Whether the loss is a mean over the examples. */
  isMean(): boolean {
    const { find: { makers }, tape } = this.play
    let step = makers.get(tape.loss)
    while (step && KEEPS_MEAN.has(step.op)) step = makers.get(step.inputs[0]!)
    return step !== undefined && MEANS.has(step.op)
  }

  /** Whether a value is a parameter that several examples use. */
  isBatchParameter(id: number): boolean {
    return this.play.tape.values[id]!.role === 'parameter' && batchOf(this.play) > 1
  }
}
