// The why ladder: for any number, what it is, by what rule, why the rule holds, and how to see it.
// The twin of src/whygrad/explain/ladder.py: the same rungs with the same words. What stands below a
// rung is worked out when it is unfolded.

import { evaluate, leaves, type Placed } from '../player/formula'
import type { Role, Step } from '../player/tape'
import { isShown } from '../text/expression'
import { format } from '../text/numbers'
import { batchOf, type Element, isSeed, ofGradient, type Play } from '../text/play'
import { digitsForChange } from '../text/say'
import { Phrases } from './phrases'
import { reasonFor } from './reasons'
import { type Rung, rung } from './rung'
import { type Contribution, contributionsOf, isOne } from './uses'

/** Of many terms, the largest are explained one by one. */
export const MOST = 4
const MOST_INPUTS = 8
const MOST_PURPOSES = 3
/** The change used to show a rate. */
const SMALL = 0.01

/** Explains one number. */
export function why(play: Play, element: Element): Rung {
  return new Ladder(play).element(element)
}

export class Ladder {
  readonly #play: Play
  readonly #words: Phrases

  constructor(play: Play) {
    this.#play = play
    this.#words = new Phrases(play)
  }

  element(element: Element, question = ''): Rung {
    const { find: { makers }, tape } = this.#play
    const step = makers.get(element.id)
    if (!step) return this.#given(element)
    if (step.phase === 'update') return this.#update(element)
    if (tape.values[element.id]!.gradient_of !== undefined) return this.#gradient(element, question)
    return this.#forward(element, step)
  }

  /** What arrives and what passes, in a sentence. */
  flow(of: Element, one: Contribution): string {
    const words = this.#words
    const [x, y] = [words.symbol(of), words.target(one)]
    const [arrives, rate] = [format(one.arrives), format(one.rate)]
    if (isSeed(this.#play, one.upstream))
      return (
        `One unit of ${x} moves the loss by ${rate}, for small changes; the 1 stands for the ` +
        `loss itself, which moves one for one.`
      )
    if (isOne(one.local))
      return (
        `What arrives at ${y} is ${arrives}; one unit of ${x} is one unit of ${y}, so it passes ` +
        `unchanged.`
      )
    if (one.rate === 0) {
      const reason = reasonFor(this.#play, of, one)
      const because = reason ? ` ${reason.says}` : ''
      return `What arrives at ${y} is ${arrives}, but ${x} does not move ${y} here.${because}`
    }
    return `What arrives at ${y} is ${arrives}; each unit of ${x} moves ${y} by ${rate}.`
  }

  // --- numbers that are given ---------------------------------------------------------------------

  #given(element: Element): Rung {
    const words = this.#words
    const here = words.symbol(element)
    const value = words.number(element)
    const { role } = this.#play.tape.values[element.id]!
    const is = `${here} = ${format(value)}`
    const claims: Partial<Record<Role, string>> = {
      input: `${is} comes with ${words.which(element)}; nothing computes it.`,
      target: `${is} is what the output ought to be for ${words.which(element)}.`,
      parameter:
        `${is} is a parameter: a number the network may change. It stands here as it was before ` +
        `this iteration's update.`,
      hyperparameter: `${is} is chosen by you, not learned.`,
      'optimizer state': `${is} is what the optimizer remembers of the iterations before.`,
      gradient: `${is}: the loss moves one for one with itself. Here the way back begins.`,
    }
    return rung({
      name: words.label(element),
      question: `Why ${is}?`,
      value,
      formula: words.label(element),
      claim: claims[role] ?? `${format(value)} is part of the formula.`,
      principle: role === 'gradient' ? 'rate' : 'given',
      element,
    })
  }

  // --- forward ------------------------------------------------------------------------------------

  #forward(element: Element, step: Step): Rung {
    const words = this.#words
    const tree = words.tree(element)
    const purposes = this.#madeBy(step).map(({ op }) => this.#play.ops[op]!.purpose)
    const purpose = [...new Set(purposes)].join(' ')
    return this.#rung(
      element,
      tree,
      `Why ${words.symbol(element)} = ${format(words.number(element))}?`,
      `${words.equation(element, tree)}.${words.scope(element)} ${purpose}`,
      step.op === 'relu' ? 'gate' : 'local',
      () => this.#inputs(tree).map((input) => this.#comesFrom(input)),
    )
  }

  #comesFrom(element: Element): Rung {
    return this.element(element, `Where does ${this.#words.symbol(element)} come from?`)
  }

  /** The elements a formula reads, largest first where there are many. */
  #inputs(tree: Placed): Element[] {
    const { values } = this.#play.tape
    const found = elementsOf(tree).filter(
      ({ id }) => values[id]!.role !== 'constant' || values[id]!.name,
    )
    if (found.length <= MOST_INPUTS) return found
    return bySize(found, (element) => this.#words.number(element)).slice(0, MOST_INPUTS)
  }

  /** The steps folded into a value that do something worth saying, last first. */
  #madeBy(last: Step): Step[] {
    const { makers } = this.#play.find
    const found: Step[] = []
    const waiting = [last]
    while (waiting.length && found.length < MOST_PURPOSES) {
      const step = waiting.shift()!
      if (!this.#play.ops[step.op]!.silent) found.push(step)
      for (const id of step.inputs)
        if (!isShown(this.#play, id) && makers.has(id)) waiting.push(makers.get(id)!)
    }
    return found.length ? found : [last]
  }

  // --- backward -----------------------------------------------------------------------------------

  #gradient(element: Element, play: string): Rung {
    const words = this.#words
    const of = ofGradient(this.#play, element)
    const tree = words.tree(element)
    const found = contributionsOf(this.#play, tree)
    const is = `${words.symbol(element)} = ${format(words.number(element))}`
    const question = play || `Why ${is}?`
    const [only] = found
    if (!only) {
      const claim =
        `${is}. Nothing passes: ${words.symbol(of)} does not take part in the branch that was ` +
        `chosen here, so moving it a little moves nothing.`
      return this.#rung(element, tree, question, claim, 'gate')
    }
    return found.length === 1
      ? this.#oneContribution(element, of, tree, only, question)
      : this.#manyContributions(element, of, tree, found, question)
  }

  #oneContribution(
    element: Element,
    of: Element,
    tree: Placed,
    one: Contribution,
    question: string,
  ): Rung {
    const words = this.#words
    const seed = isSeed(this.#play, one.upstream)
    const reason = one.rate === 0 ? reasonFor(this.#play, of, one) : null
    return this.#rung(
      element,
      tree,
      question,
      `${words.equation(element, tree)}. ${this.flow(of, one)}`,
      reason?.principle ?? (seed || isOne(one.local) ? 'rate' : 'rates multiply'),
      () => [
        this.#local(of, one),
        ...(seed || isOne(one.local) ? [] : [this.#whyMultiply(of, one)]),
        ...(seed ? [] : [this.#arrives(one)]),
        this.#order(element, tree, [one]),
      ],
    )
  }

  #manyContributions(
    element: Element,
    of: Element,
    tree: Placed,
    found: readonly Contribution[],
    question: string,
  ): Rung {
    const words = this.#words
    const x = words.symbol(of)
    const sameUse = new Set(found.map(({ upstream }) => upstream.id)).size === 1
    const byExample = sameUse && words.isBatchParameter(of.id)
    const how = byExample
      ? `As ${x} serves every example, what the ${found.length} of them contribute is added up`
      : `There are ${found.length} ways in which ${x} moves the loss; small effects add up`
    const total = words.number(element)
    const terms: Placed = ['terms', ...found.map(({ product }): Placed => ['number', product])]
    const sum =
      found.length <= MOST
        ? `: ${words.shown(terms, total)}.`
        : `, to ${format(total)} in all.`
    const scope = byExample ? ` ${words.scopeOfParameter()}` : ''
    return this.#rung(
      element,
      tree,
      question,
      how + sum + scope,
      byExample ? 'used by all' : 'contributions add',
      () => {
        const ranked = bySize(found, ({ product }) => product)
        const rest = ranked.slice(MOST)
        return [
          ...ranked.slice(0, MOST).map((one) => this.#use(element, of, one)),
          ...(rest.length ? [this.#others(element, rest)] : []),
          this.#whyAdd(element, of, found),
          this.#order(element, tree, found),
        ]
      },
    )
  }

  /** One of several contributions. */
  #use(element: Element, of: Element, one: Contribution): Rung {
    const words = this.#words
    const seed = isSeed(this.#play, one.upstream)
    const unchanged = isOne(one.local)
    return rung(
      {
        name: `${words.label(element)} through ${words.label(ofGradient(this.#play, one.upstream))}`,
        question: `What comes through ${words.target(one)}?`,
        value: one.product,
        formula: words.inNames(unchanged ? leafOf(one.upstream) : productOf(one)),
        claim: `${words.product(one)}. ${this.flow(of, one)}`,
        principle: 'rates multiply',
      },
      () => [
        this.#local(of, one),
        ...(seed || unchanged ? [] : [this.#whyMultiply(of, one)]),
        ...(seed ? [] : [this.#arrives(one)]),
      ],
    )
  }

  #others(element: Element, rest: readonly Contribution[]): Rung {
    const words = this.#words
    const total = sum(rest)
    return rung({
      name: `${words.label(element)} through ${rest.length} more`,
      question: 'And the others?',
      value: total,
      formula: 'the other contributions',
      claim:
        `The ${rest.length} smaller contributions to ${words.symbol(element)} come to ` +
        `${format(total)} together.`,
      principle: 'contributions add',
    })
  }

  /** A local derivative: from the op's own reasons, then by numbers. */
  #local(of: Element, one: Contribution): Rung {
    const words = this.#words
    const target = ofGradient(this.#play, one.upstream)
    const name = `d${words.label(target)}/d${words.label(of)}`
    const reason = reasonFor(this.#play, of, one) ?? {
      says:
        `Between ${words.symbol(of)} and ${words.symbol(target)} lie several steps; their rates ` +
        `multiply to ${format(one.rate)}.`,
      principle: 'rates multiply',
    }
    const n = batchOf(this.#play)
    const mean =
      n > 1 && target.id === this.#play.tape.loss
        ? ` The loss is a mean over ${n} examples, so each has a say of 1/${n}; that is in it.`
        : ''
    return rung(
      {
        name: name === this.#gradientLabel(of) ? `${name} by this use` : name,
        question: one.rate === 0 ? 'Why nothing?' : `Why ${format(one.rate)} per unit?`,
        value: one.rate,
        formula: words.inNames(one.local),
        claim: reason.says + mean,
        principle: reason.principle,
      },
      () => this.#inSmall(of, one),
    )
  }

  /**
   * Shows a rate by a small change of the formula it is the rate of: upwards, or downwards where
   * there is no number above, as after log(0.995).
   */
  #inSmall(of: Element, one: Contribution): Rung[] {
    const words = this.#words
    const target = ofGradient(this.#play, one.upstream)
    if (!this.#play.find.makers.has(target.id)) return []
    const tree = words.tree(target)
    const isOf = (id: number, at: number): boolean => id === of.id && at === of.at
    if (!leaves(tree).some(([id, at]) => isOf(id, at))) return []
    const x = words.number(of)
    const before = evaluate(tree, words.get)
    const atAChange = (by: number): number =>
      evaluate(tree, (id, at) => (isOf(id, at) ? x + by : words.get(id, at)))
    const change = [SMALL, -SMALL].find((by) => Number.isFinite(atAChange(by)))
    if (change === undefined) return []
    const after = atAChange(change)
    const quotient = (after - before) / change
    const exactly = Math.abs(quotient - one.rate) <= 1e-9 * Math.max(1, Math.abs(one.rate))
    const close = exactly
      ? `exactly ${format(one.rate)} per unit`
      : `${format(quotient)} per unit; a smaller change comes closer to ${format(one.rate)}`
    const digits = digitsForChange(before, after)
    const y = words.label(target)
    return [
      rung({
        name: `d${y}/d${words.label(of)} by a change of ${change}`,
        question: 'See it in numbers',
        value: quotient,
        formula: `(${y} after - before) / ${change > 0 ? change : `(${change})`}`,
        claim:
          `${change > 0 ? 'Raise' : 'Lower'} ${words.symbol(of)} from ${format(x)} to ` +
          `${format(x + change)}: ` +
          `${words.symbol(target)} goes from ${format(before, digits)} to ` +
          `${format(after, digits)}. That is ${close}.`,
        principle: 'rate',
      }),
    ]
  }

  #whyMultiply(of: Element, one: Contribution): Rung {
    const words = this.#words
    const [x, y, loss] = [words.symbol(of), words.target(one), words.loss()]
    const small = SMALL * one.rate
    const effect = small * one.arrives
    return rung(
      {
        name: this.#gradientLabel(of),
        question: 'Why multiply?',
        value: one.product,
        formula: words.inNames(productOf(one)),
        claim:
          `Each unit of ${y} moves ${loss} by ${format(one.arrives)}; each unit of ${x} moves ` +
          `${y} by ${format(one.rate)}. Rates per unit multiply: ${words.product(one)}.`,
        principle: 'rates multiply',
      },
      () => [
        rung({
          name: `effect of ${SMALL} of ${words.label(of)}`,
          question: 'See it in numbers',
          value: effect,
          formula: `${SMALL} * local * upstream`,
          claim:
            `${SMALL} more of ${x} makes ${format(small)} more of ${y}, and that makes ` +
            `${format(effect)} more of ${loss}: ${format(one.product)} per unit of ${x}.`,
          principle: 'rate',
        }),
      ],
    )
  }

  #whyAdd(element: Element, of: Element, found: readonly Contribution[]): Rung {
    const words = this.#words
    const named = found.slice(0, 2).map(() => 'contribution')
    return rung({
      name: words.label(element),
      question: 'Why add?',
      value: sum(found),
      formula: named.join(' + ') + (found.length > 2 ? ' + …' : ''),
      claim:
        `Move ${words.symbol(of)} by a small ε: each use moves ${words.loss()} by its own ` +
        `contribution times ε. What they do to each other is of the size ε², and vanishes ` +
        `against ε: at ε = 0.01 it is a hundredth of them, at 0.001 a thousandth.`,
      principle: 'contributions add',
    })
  }

  #arrives({ upstream, arrives }: Contribution): Rung {
    return this.element(upstream, `Where does ${format(arrives)} come from?`)
  }

  /** Why this could not be computed earlier in the walk. */
  #order(element: Element, tree: Placed, found: readonly Contribution[]): Rung {
    const words = this.#words
    const waited = found.slice(0, MOST).flatMap((one) => {
      if (isSeed(this.#play, one.upstream)) return []
      const target = ofGradient(this.#play, one.upstream)
      const [shown, of] = [words.symbol(one.upstream), words.symbol(target)]
      const uses = this.#play.find.uses.get(target.id) ?? []
      const users = new Set(
        uses.filter(({ step: { phase } }) => phase === 'forward' || phase === 'loss').map(({ step }) => step),
      )
      return users.size > 1
        ? `${shown} first, and ${of} is used ${users.size} times: passed on before all of them ` +
            `had reported, it would be short, and so would everything below it`
        : `${shown} first; ${of} has one use, so that was complete as soon as this use had reported`
    })
    const claim = waited.length
      ? `It needs ${[...new Set(waited)].join('. And it needs ')}.`
      : 'It comes first on the way back: it needs only the loss and numbers that the forward pass kept.'
    return rung({
      name: words.label(element),
      question: 'Why in this order?',
      value: words.number(element),
      formula: words.inNames(tree),
      claim,
      principle: 'complete before passing on',
    })
  }

  // --- update -------------------------------------------------------------------------------------

  #update(element: Element): Rung {
    const words = this.#words
    const { tape, find } = this.#play
    const tree = words.tree(element)
    const before = tape.carries.find(([, after]) => after === element.id)?.[0]
    const gradient = before === undefined ? undefined : find.gradients.get(before)
    let claim = `${words.equation(element, tree)}.`
    let aim: () => Rung[] = () => []
    if (before !== undefined && gradient !== undefined) {
      const old = { id: before, at: element.at }
      const slope = this.#play.number(gradient, element.at)
      claim += ` ${this.#downhill(old, slope, words.number(element) - words.number(old))}`
      aim = () => [this.#whyMinus(element, old, tree, slope), ...this.#whyRate(tree)]
    }
    return this.#rung(
      element,
      tree,
      `Why ${words.symbol(element)} = ${format(words.number(element))}?`,
      claim,
      'downhill',
      () => [
        ...aim(),
        ...this.#inputs(tree)
          .filter(({ id }) => tape.values[id]!.role !== 'hyperparameter')
          .map((input) => this.#comesFrom(input)),
      ],
    )
  }

  #downhill(before: Element, slope: number, moved: number): string {
    const [x, loss] = [this.#words.symbol(before), this.#words.loss()]
    if (slope === 0)
      return (
        `The gradient of ${x} is 0: as far as small changes tell, moving ${x} moves nothing.` +
        (moved === 0 ? ' So it stays.' : " What moves it is the optimizer's memory.")
      )
    const way = slope > 0 ? 'raises' : 'lowers'
    const went = moved < 0 ? 'lowered' : moved > 0 ? 'raised' : 'left'
    return `Raising ${x} ${way} ${loss} (its gradient is ${format(slope)}), so ${x} is ${went}.`
  }

  #whyMinus(element: Element, before: Element, tree: Placed, slope: number): Rung {
    const words = this.#words
    const up = slope > 0 ? 'up' : slope < 0 ? 'down' : 'nowhere'
    return rung({
      name: words.label(element),
      question: 'Why minus?',
      value: words.number(element),
      formula: words.inNames(tree),
      claim:
        `The gradient, ${format(slope)}, says where ${words.loss()} goes as ` +
        `${words.symbol(before)} rises: ${up}. The aim is a smaller loss, so the step is taken ` +
        `the other way.`,
      principle: 'downhill',
    })
  }

  #whyRate(tree: Placed): Rung[] {
    const words = this.#words
    return elementsOf(tree)
      .filter(({ id }) => this.#play.tape.values[id]!.name === 'learning_rate')
      .map((element) =>
        rung({
          name: words.label(element),
          question: 'Why the learning rate?',
          value: words.number(element),
          formula: words.label(element),
          claim:
            `The gradient says which way and how steep, for small changes only; it does not say ` +
            `how far. η = ${format(words.number(element))} is how far the straight-line story is ` +
            `trusted.`,
          principle: 'downhill',
          element,
        }),
      )
  }

  #gradientLabel(of: Element): string {
    return this.#words.label({ id: this.#play.find.gradients.get(of.id)!, at: of.at })
  }

  #rung(
    element: Element,
    tree: Placed,
    question: string,
    claim: string,
    principle: string,
    below?: () => readonly Rung[],
  ): Rung {
    const words = this.#words
    return rung(
      {
        name: words.label(element),
        question,
        value: words.number(element),
        formula: words.inNames(tree),
        claim,
        principle,
        element,
      },
      below,
    )
  }
}

/** The elements a formula reads, each once. */
export function elementsOf(tree: Placed): Element[] {
  const found = new Map(leaves(tree).map(([id, at]) => [`${id}:${at}`, { id, at }]))
  return [...found.values()]
}

function bySize<T>(items: readonly T[], number: (item: T) => number): T[] {
  return items.toSorted((a, b) => Math.abs(number(b)) - Math.abs(number(a)))
}

function sum(found: readonly Contribution[]): number {
  return found.reduce((total, { product }) => total + product, 0)
}

function leafOf({ id, at }: Element): Placed {
  return ['leaf', id, at]
}

function productOf({ upstream, local }: Contribution): Placed {
  return ['mul', leafOf(upstream), local]
}
