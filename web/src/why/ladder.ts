// The why ladder: for any number, what it is, by what rule, why the rule holds, and how to see it.
// The twin of src/whygrad/explain/ladder.py: it chooses the same sentences and fills their slots with
// the same. What stands below a rung is worked out when it is unfolded.

import { evaluate, exactSum, leaves, type Placed, unflat } from '../player/formula'
import { label, type Step } from '../player/tape'
import { isOne } from '../text/contributions'
import { isShown, unchosen } from '../text/expression'
import { rankedSize, shown } from '../text/numbers'
import { batchOf, type Element, isPerSample, isSeed, ofGradient, type Play } from '../text/play'
import { type Said, say, textOf } from '../text/said'
import { digitsForChange } from '../text/say'
import {
  EXACT,
  GROWN,
  type Key,
  MANY_RATES,
  MOST,
  MOST_INPUTS,
  MOST_PURPOSES,
  NEARBY,
  PRINCIPLES_OF,
  ROUND_OFF,
  SENTENCES,
  SHRUNK,
  SMALL,
  SMALLER,
} from '../text/sentences'
import { Phrases } from './phrases'
import { inSeveralWays, reasonFor, reasonsOf } from './reasons'
import { type Rung, rung } from './rung'
import { type Part, type Use, usesOf } from './uses'

/** Explains one number. */
export function why(play: Play, element: Element): Rung {
  return new Ladder(play).element(element)
}

/** What arrives and what passes, and by which principle. */
interface Flow {
  readonly says: readonly Said[]
  readonly principle: string
}

export class Ladder {
  readonly #play: Play
  readonly #words: Phrases

  constructor(play: Play) {
    this.#play = play
    this.#words = new Phrases(play)
  }

  element(element: Element, asks?: Said): Rung {
    const { find: { makers }, tape } = this.#play
    const step = makers.get(element.id)
    if (!step) return this.#given(element)
    if (step.phase === 'update') return this.#update(element)
    if (tape.values[element.id]!.gradient_of === undefined) return this.#forward(element, step)
    return this.#gradient(element, asks ?? this.#asksWhy(element))
  }

  /** What arrives and what passes. */
  flow(of: Element, one: Use): Flow {
    const words = this.#words
    const [x, y] = [words.symbol(of), words.target(one)]
    const { arrives, rate } = one
    const flow = (says: Said): Flow => ({ says: [says], principle: principleOf(says) })
    if (isSeed(this.#play, one.upstream)) return flow(say('flow.seed', { x, rate }))
    if (isOne(one.local)) return flow(say('flow.unchanged', { x, y, arrives }))
    if (rate !== 0) return flow(say('flow.moves', { x, y, arrives, rate }))
    const still = flow(say('flow.still', { x, y, arrives }))
    const reason = reasonFor(this.#play, of, one)
    return reason ? { says: [...still.says, reason.says], principle: reason.principle } : still
  }

  #asksWhy(element: Element): Said {
    return say('ask.value', { x: this.#words.named(element) })
  }

  #source(element: Element): Rung {
    return this.element(element, say('ask.source', { x: this.#words.symbol(element) }))
  }

  // --- numbers that are given ---------------------------------------------------------------------

  #given(element: Element): Rung {
    const words = this.#words
    const x = words.named(element)
    const key = `given.${this.#play.tape.values[element.id]!.role}`
    const says =
      key === 'given.input' || key === 'given.target'
        ? say(key, { x, which: words.which(element) })
        : say(isKey(key) ? key : 'given.constant', { x })
    return rung({
      name: words.label(element),
      asks: this.#asksWhy(element),
      value: words.number(element),
      formula: words.label(element),
      says: [says],
      principle: principleOf(says),
      element,
    })
  }

  // --- forward ------------------------------------------------------------------------------------

  #forward(element: Element, step: Step): Rung {
    const words = this.#words
    const tree = words.tree(element)
    const key = step.op === 'relu' ? 'gated' : 'computed'
    const says = [
      say(key, { equation: words.equation(element, tree) }),
      ...words.scope(element),
      ...this.#purposes(step),
    ]
    return this.#rung(element, tree, this.#asksWhy(element), says, () => [
      ...this.#inputs(tree).map((input) => this.#source(input)),
      ...(element.id === this.#play.tape.loss ? [...this.#mean(), ...this.#room()] : []),
    ])
  }

  /** What each example's share in the loss is, where it is a mean over several. */
  #mean(): Rung[] {
    const words = this.#words
    const count = batchOf(this.#play)
    if (count === 1 || !words.isMean()) return []
    return [
      worded({
        name: textOf(say('name.mean', { x: words.label({ id: this.#play.tape.loss, at: 0 }) })),
        asks: say('ask.mean'),
        value: 1 / count,
        formula: say('formula.mean'),
        says: say('mean', { loss: words.loss(), count }),
      }),
    ]
  }

  /** That there is room to memorise, where parameters are as many as targets or more. */
  #room(): Rung[] {
    const { find, tape } = this.#play
    const words = this.#words
    const trained = new Set(tape.carries.map(([before]) => before))
    const sizeOf = (role: string): number =>
      find.leaves
        .filter((leaf) => leaf.role === role && (role !== 'parameter' || trained.has(leaf.id)))
        .reduce((sum, { id }) => sum + this.#play.values(id).length, 0)
    const [parameters, targets] = [sizeOf('parameter'), sizeOf('target')]
    if (!targets || parameters < targets) return []
    return [
      worded({
        name: textOf(say('name.room', { x: words.label({ id: tape.loss, at: 0 }) })),
        asks: say('ask.room'),
        value: parameters / targets,
        formula: say('formula.room'),
        says: say('room', { loss: words.loss(), parameters, targets }),
      }),
    ]
  }

  /** The elements a formula reads, largest first where there are many. */
  #inputs(tree: Placed): Element[] {
    const { values } = this.#play.tape
    const found = elementsOf(tree).filter(
      ({ id }) => values[id]!.role !== 'constant' || values[id]!.name,
    )
    if (found.length <= MOST_INPUTS) return found
    return bySize(found, (element) => this.#words.number(element)).slice(0, MOST)
  }

  /** What the ops are for that make a value, each purpose once. */
  #purposes(step: Step): Said[] {
    const found = new Map<string, Said>()
    for (const { op } of this.#madeBy(step)) {
      const says = this.#play.ops[op]!.purpose
      if (!found.has(says)) found.set(says, { key: `purpose.${op}`, says, slots: {} })
    }
    return [...found.values()]
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

  #gradient(element: Element, asks: Said): Rung {
    const words = this.#words
    const of = ofGradient(this.#play, element)
    const tree = words.tree(element)
    const found = usesOf(this.#play, tree)
    const [only] = found
    if (found.length > 1) return this.#manyContributions(element, of, tree, found, asks)
    if (only) return this.#oneContribution(element, of, tree, only, asks)
    const says = say('nothing', { gradient: words.named(element), x: words.symbol(of) })
    return this.#rung(element, tree, asks, [says])
  }

  #oneContribution(
    element: Element,
    of: Element,
    tree: Placed,
    one: Use,
    asks: Said,
  ): Rung {
    const { says, principle } = this.flow(of, one)
    const equation = say('flow.equation', { equation: this.#words.equation(element, tree) })
    const below = (): Rung[] => [
      ...this.#below(of, one),
      this.#order(element, tree, [one]),
      ...this.#ofParameter(element, of),
    ]
    return this.#rung(element, tree, asks, [equation, ...says], below, principle)
  }

  /** A contribution's rate, why it is multiplied, and what arrives. */
  #below(of: Element, one: Use): Rung[] {
    const rate = this.#local(of, one)
    if (isSeed(this.#play, one.upstream)) return [rate]
    const asks = say('ask.source_of_number', { x: one.arrives })
    const arrives = this.element(one.upstream, asks)
    return isOne(one.local) ? [rate, arrives] : [rate, this.#whyMultiply(of, one), arrives]
  }

  #manyContributions(
    element: Element,
    of: Element,
    tree: Placed,
    found: readonly Use[],
    asks: Said,
  ): Rung {
    const words = this.#words
    const [x, total, count] = [words.symbol(of), words.number(element), found.length]
    const by = this.#oneForEachExample(of, found) ? 'examples' : 'ways'
    const terms: Placed = ['terms', ...found.map(({ product }): Placed => ['number', product])]
    const says =
      count <= MOST
        ? [say(`sum.${by}`, { x, count, sum: words.shown(terms, total) })]
        : [say(`total.${by}`, { x, count, total })]
    if (by === 'examples' && words.isMean())
      says.push(say('scope.parameter', { count: batchOf(this.#play) }))
    return this.#rung(element, tree, asks, says, () => {
      const ranked = bySize(found, ({ product }) => product)
      const rest = ranked.slice(MOST)
      return [
        ...ranked.slice(0, MOST).map((one) => this.#use(element, of, one)),
        ...(rest.length ? [this.#others(element, rest)] : []),
        this.#whyAdd(element, of, found),
        this.#order(element, tree, found),
        ...this.#ofParameter(element, of),
      ]
    })
  }

  /** What is so of a parameter's gradient: of its size, its shape, and all of it. */
  #ofParameter(element: Element, of: Element): Rung[] {
    if (this.#play.tape.values[of.id]!.role !== 'parameter') return []
    return [...this.#largestWay(element, of), ...this.#whole(element, of)]
  }

  /** Which shape a gradient has and, if it is one, that it is a product of matrices. */
  #whole(element: Element, of: Element): Rung[] {
    const { find, tape } = this.#play
    const count = this.#play.values(of.id).length
    if (count === 1) return []
    const symbol = (id: number): string => this.#play.symbol(label(tape, id))
    const gradients = symbol(element.id)
    const shape = say('shape', { gradients, values: symbol(of.id), count })
    const found = [this.#rung(element, leafOf(element), say('ask.shape'), [shape])]
    const { op, reverses: use } = find.makers.get(element.id)!
    if (op === 'matmul' && use?.argument === 1) {
      let { upstream } = use
      while (!isShown(this.#play, upstream) && find.makers.get(upstream)!.op === 'identity')
        upstream = find.makers.get(upstream)!.inputs[0]!
      const [row, column] = unflat(of.at, this.#play.shape(of.id)) as [number, number]
      const x = symbol(tape.steps[use.step]!.inputs[0]!)
      const matrix = say('matrix', { gradients, x, upstream: symbol(upstream), row, column })
      found.push(this.#rung(element, leafOf(element), say('ask.matrix'), [matrix]))
    }
    return found
  }

  /** What the rates on the way of the largest contributions come to, if little or much. */
  #largestWay(element: Element, of: Element): Rung[] {
    const words = this.#words
    const told: number[] = []
    let here = element
    while (this.#play.find.makers.has(here.id)) {
      const [largest] = bySize(usesOf(this.#play, words.tree(here)), (one) => one.product)
      if (!largest) return []
      if (!isUnit(largest.rate)) told.unshift(largest.rate)
      here = largest.upstream
    }
    const product = told.reduce((a, b) => a * b, 1)
    const small = product !== 0 && Math.abs(product) < SHRUNK
    const many = told.filter((rate) => !isUnit(Math.abs(rate))).length >= MANY_RATES
    if (!many || !(small || Math.abs(product) > GROWN)) return []
    const tree = told.map((rate): Placed => ['number', rate]).reduce((a, b) => ['mul', a, b])
    const says = say(small ? 'product.shrinks' : 'product.grows', {
      x: words.symbol(of),
      loss: words.loss(),
      product: words.shown(tree, product),
    })
    return [
      rung({
        name: textOf(say('name.product', { gradient: words.label(element) })),
        asks: say(small ? 'ask.small' : 'ask.large'),
        value: product,
        formula: textOf(say('formula.product')),
        says: [says],
        principle: principleOf(says),
      }),
    ]
  }

  /** Whether a parameter moves one element of each example, all of one value. */
  #oneForEachExample(of: Element, found: readonly Use[]): boolean {
    const { id } = found[0]!.upstream
    const alike = found.every(({ upstream }) => upstream.id === id)
    if (!this.#words.isBatchParameter(of.id) || !alike || !isPerSample(this.#play, id)) return false
    const shape = this.#play.shape(id)
    const rows = new Set(found.map(({ upstream }) => unflat(upstream.at, shape)[0]))
    return rows.size === found.length && rows.size === batchOf(this.#play)
  }

  /** One of several contributions. */
  #use(element: Element, of: Element, one: Use): Rung {
    const words = this.#words
    const { says, principle } = this.flow(of, one)
    const y = words.label(ofGradient(this.#play, one.upstream))
    return rung(
      {
        name: textOf(say('name.use', { gradient: words.label(element), y })),
        asks: say('ask.through', { y: words.target(one) }),
        value: one.product,
        formula: words.inNames(isOne(one.local) ? leafOf(one.upstream) : productOf(one)),
        says: [say('flow.equation', { equation: words.product(one) }), ...says],
        principle,
      },
      () => this.#below(of, one),
    )
  }

  #others(element: Element, rest: readonly Use[]): Rung {
    const words = this.#words
    const [total, count] = [sum(rest), rest.length]
    return worded({
      name: textOf(say('name.rest', { gradient: words.label(element), count })),
      asks: say('ask.rest'),
      value: total,
      formula: say('formula.rest'),
      says: say('rest', { gradient: words.symbol(element), count, total }),
    })
  }

  /** A local derivative: from the op's own reasons, then by numbers. */
  #local(of: Element, one: Use): Rung {
    const words = this.#words
    const target = ofGradient(this.#play, one.upstream)
    const { rate } = one
    const labels = this.#labels(of, one)
    const name = textOf(say('name.local', labels))
    const reason = reasonFor(this.#play, of, one) ?? this.#withoutReason(of, one)
    const n = batchOf(this.#play)
    const ofExample = isPerSample(this.#play, of.id) && target.id === this.#play.tape.loss
    const mean = n > 1 && ofExample && words.isMean() ? [say('local.mean', { count: n })] : []
    return rung(
      {
        name: name === this.#gradientLabel(of) ? textOf(say('name.local_of_use', labels)) : name,
        asks: rate ? say('ask.rate', { rate }) : say('ask.no_rate'),
        value: rate,
        formula: words.inNames(one.local),
        says: [reason.says, ...mean],
        principle: reason.principle,
      },
      () => [...this.#parts(of, one), ...this.#inSmall(of, one)],
    )
  }

  #withoutReason(of: Element, one: Use): { says: Said; principle: string } {
    const key = inSeveralWays(this.#play, of, one) ? 'local.ways' : 'local.several'
    const [x, y] = [this.#words.symbol(of), this.#words.target(one)]
    const says = say(key, { x, y, rate: one.rate })
    return { says, principle: principleOf(says) }
  }

  /** Of which ways a rate is made up, where there are several. */
  #parts(of: Element, one: Use): Rung[] {
    const words = this.#words
    const { parts, rate } = one
    if (parts.length < 2) return []
    const terms: Placed = ['terms', ...parts.map((part): Placed => ['number', part.rate])]
    const { into, out } = shown(terms, words.get, rate)
    const mixed = new Set(parts.map(({ summed }) => summed)).size === 2
    const ranked = bySize(parts, (part) => part.rate)
    const rest = ranked.slice(MOST)
    const listed = ranked
      .slice(0, MOST)
      .map((part) => say(partKey(part, mixed), { part: { number: part.rate, digits: into } }))
    if (rest.length) {
      const left = exactSum(rest.map((part) => part.rate))
      listed.push(say('parts.rest', { count: rest.length, part: { number: left, digits: into } }))
    }
    const says = say('parts', {
      x: words.symbol(of),
      y: words.target(one),
      rate: { number: rate, digits: out },
      parts: listed,
    })
    return [
      rung({
        name: textOf(say('name.parts', this.#labels(of, one))),
        asks: say('ask.parts'),
        value: rate,
        formula: words.inNames(one.local),
        says: [says],
        principle: principleOf(says),
      }),
    ]
  }

  /**
   * Shows a rate by a small change of the formula it is the rate of: upwards, or downwards where
   * there is no number above, as after log(0.995).
   */
  #inSmall(of: Element, one: Use): Rung[] {
    const words = this.#words
    const target = ofGradient(this.#play, one.upstream)
    if (!this.#play.find.makers.has(target.id)) return []
    const tree = unchosen(this.#play, target.id, target.at)
    const isOf = (id: number, at: number): boolean => id === of.id && at === of.at
    const found = leaves(tree)
    if (!found.some(([id, at]) => isOf(id, at))) return []
    if (!found.every(([id]) => isShown(this.#play, id))) return []
    const before = words.number(of)
    const atAChange = (by: number): number =>
      evaluate(tree, (id, at) => (isOf(id, at) ? before + by : words.get(id, at)))
    const change = [SMALL, -SMALL].find((by) => Number.isFinite(atAChange(by)))
    if (change === undefined) return []
    const [from, to] = [atAChange(0), atAChange(change)]
    const quotient = (to - from) / change
    const smaller = Math.sign(change) * SMALLER
    const closer = (atAChange(smaller) - from) / smaller
    const { rate } = one
    const size = Math.max(Math.abs(from), Math.abs(to), Math.abs(before * rate))
    const key = closeness(quotient, closer, rate, (ROUND_OFF * size) / SMALLER)
    const digits = digitsForChange(from, to)
    const labels = this.#labels(of, one)
    const says = say(change > 0 ? 'small.raise' : 'small.lower', {
      x: words.symbol(of),
      y: words.target(one),
      before,
      after: before + change,
      from: { number: from, digits },
      to: { number: to, digits },
    })
    const written = change > 0 ? String(change) : `(${change})`
    return [
      rung({
        name: textOf(say('name.change', { ...labels, change })),
        asks: say('ask.numbers'),
        value: quotient,
        formula: textOf(say('formula.change', { y: labels.y, change: written })),
        says: [says, say(key, key === 'small.exact' ? { rate } : { rate, quotient })],
        principle: PRINCIPLES_OF[key]!,
      }),
    ]
  }

  #whyMultiply(of: Element, one: Use): Rung {
    const words = this.#words
    const [x, y, loss] = [words.symbol(of), words.target(one), words.loss()]
    const { arrives, rate, product } = one
    const says = say('multiply', { x, y, loss, arrives, rate, product: words.product(one) })
    return rung(
      {
        name: this.#gradientLabel(of),
        asks: say('ask.multiply'),
        value: product,
        formula: words.inNames(productOf(one)),
        says: [says],
        principle: principleOf(says),
      },
      () => {
        const moved = SMALL * rate
        const effect = moved * arrives
        return [
          worded({
            name: textOf(say('name.effect', { small: SMALL, x: words.label(of) })),
            asks: say('ask.numbers'),
            value: effect,
            formula: say('formula.effect', { small: SMALL }),
            says: say('effect', { small: SMALL, x, moved, y, effect, loss, product }),
          }),
        ]
      },
    )
  }

  #whyAdd(element: Element, of: Element, found: readonly Use[]): Rung {
    const words = this.#words
    return worded({
      name: words.label(element),
      asks: say('ask.add'),
      value: sum(found),
      formula: say(found.length > 2 ? 'formula.more' : 'formula.two'),
      says: say('add', { x: words.symbol(of), loss: words.loss() }),
    })
  }

  /** Why this could not be computed earlier in the walk. */
  #order(element: Element, tree: Placed, found: readonly Use[]): Rung {
    const words = this.#words
    const waits = new Map<string, Said>()
    for (const { upstream } of found.slice(0, MOST)) {
      if (isSeed(this.#play, upstream)) continue
      const target = ofGradient(this.#play, upstream)
      const [gradient, x] = [words.symbol(upstream), words.symbol(target)]
      const count = this.#uses(target.id)
      const says =
        count > 1 ? say('order.several', { gradient, x, count }) : say('order.one', { gradient, x })
      const text = textOf(says)
      if (!waits.has(text)) waits.set(text, says)
    }
    const says = waits.size ? [...waits.values()] : [say('order.first')]
    return rung(
      {
        name: words.label(element),
        asks: say('ask.order'),
        value: words.number(element),
        formula: words.inNames(tree),
        says,
        principle: principleOf(says[0]!),
      },
      () => this.#shared(element),
    )
  }

  /** For which further gradients one is worked out, where they are several. */
  #shared(element: Element): Rung[] {
    const { find, tape } = this.#play
    const symbol = (id: number): string => this.#play.symbol(label(tape, id))
    const found: number[] = []
    const waiting = [element.id]
    const seen = new Set(waiting)
    for (const id of waiting)
      for (const { step } of find.uses.get(id) ?? []) {
        if (seen.has(step.output) || step.phase !== 'backward') continue
        seen.add(step.output)
        if (!isShown(this.#play, step.output)) waiting.push(step.output)
        else if (tape.values[step.output]!.gradient_of !== undefined) found.push(step.output)
      }
    if (found.length < 2) return []
    const others = found.toSorted((a, b) => a - b).map(symbol).join(', ')
    const says = say('shared', { gradient: symbol(element.id), count: found.length, others })
    return [this.#rung(element, leafOf(element), say('ask.shared'), [says])]
  }

  /** How many uses of a value a gradient passes back through. */
  #uses(id: number): number {
    return (this.#play.find.uses.get(id) ?? []).filter(
      ({ step, argument }) =>
        (step.phase === 'forward' || step.phase === 'loss') &&
        reasonsOf(this.#play, [step, argument]),
    ).length
  }

  // --- update -------------------------------------------------------------------------------------

  #update(element: Element): Rung {
    const words = this.#words
    const { tape, find } = this.#play
    const tree = words.tree(element)
    const before = tape.carries.find(([, after]) => after === element.id)?.[0]
    const gradient = before === undefined ? undefined : find.gradients.get(before)
    const says = [say('updated', { equation: words.equation(element, tree) })]
    let aim: () => Rung[] = () => []
    if (before !== undefined && gradient !== undefined) {
      const old = { id: before, at: element.at }
      const slope = this.#play.number(gradient, element.at)
      says.push(this.#downhill(old, slope, words.number(element) - words.number(old)))
      aim = () => [this.#whyMinus(element, old, tree, slope), ...this.#whyRate(tree)]
    }
    return this.#rung(element, tree, this.#asksWhy(element), says, () => [
      ...aim(),
      ...this.#inputs(tree)
        .filter(({ id }) => tape.values[id]!.role !== 'hyperparameter')
        .map((input) => this.#source(input)),
    ])
  }

  #downhill(before: Element, slope: number, moved: number): Said {
    const x = this.#words.symbol(before)
    if (slope === 0) return say(moved ? 'downhill.memory' : 'downhill.flat', { x })
    if (moved * slope >= 0) return say(moved ? 'downhill.against' : 'downhill.stays', { x, slope })
    const key = slope > 0 ? 'downhill.raises' : 'downhill.lowers'
    return say(key, { x, loss: this.#words.loss(), slope })
  }

  #whyMinus(element: Element, before: Element, tree: Placed, slope: number): Rung {
    const words = this.#words
    const way = say(slope > 0 ? 'way.up' : slope < 0 ? 'way.down' : 'way.nowhere')
    const says = say('minus', { slope, loss: words.loss(), x: words.symbol(before), way })
    return rung({
      name: words.label(element),
      asks: say('ask.minus'),
      value: words.number(element),
      formula: words.inNames(tree),
      says: [says],
      principle: principleOf(says),
    })
  }

  #whyRate(tree: Placed): Rung[] {
    const words = this.#words
    return elementsOf(tree)
      .filter(({ id }) => this.#play.tape.values[id]!.name === 'learning_rate')
      .map((element) => {
        const says = say('rate', { x: words.named(element) })
        return rung({
          name: words.label(element),
          asks: say('ask.learning_rate'),
          value: words.number(element),
          formula: words.label(element),
          says: [says],
          principle: principleOf(says),
          element,
        })
      })
  }

  #gradientLabel(of: Element): string {
    return this.#words.label({ id: this.#play.find.gradients.get(of.id)!, at: of.at })
  }

  #labels(of: Element, one: Use): { readonly x: string; readonly y: string } {
    const target = ofGradient(this.#play, one.upstream)
    return { x: this.#words.label(of), y: this.#words.label(target) }
  }

  /** The rung of an element; its first sentence gives the principle if none is given. */
  #rung(
    element: Element,
    tree: Placed,
    asks: Said,
    says: readonly Said[],
    below?: () => readonly Rung[],
    principle = principleOf(says[0]!),
  ): Rung {
    const words = this.#words
    return rung(
      {
        name: words.label(element),
        asks,
        value: words.number(element),
        formula: words.inNames(tree),
        says,
        principle,
        element,
      },
      below,
    )
  }
}

/** A rung whose formula is in words. */
function worded(answer: {
  readonly name: string
  readonly asks: Said
  readonly value: number
  readonly formula: Said
  readonly says: Said
}): Rung {
  const { formula, says } = answer
  return rung({ ...answer, formula: textOf(formula), says: [says], principle: principleOf(says) })
}

/** The elements a formula reads, each once. */
export function elementsOf(tree: Placed): Element[] {
  const found = new Map(leaves(tree).map(([id, at]) => [`${id}:${at}`, { id, at }]))
  return [...found.values()]
}

/** Whether a rate is 1, but for what rounding leaves. */
function isUnit(rate: number): boolean {
  return rate > 0 && rankedSize(rate) === 1
}

function isKey(key: string): key is Key {
  return key in SENTENCES
}

function principleOf({ key }: Said): string {
  return PRINCIPLES_OF[key]!
}

function partKey({ summed }: Part, mixed: boolean): Key {
  if (!mixed) return 'parts.way'
  return summed ? 'parts.sum' : 'parts.direct'
}

/** The key of the sentence that is true of a quotient and the rate it stands for. */
function closeness(quotient: number, closer: number, rate: number, noise: number): Key {
  const error = Math.abs(quotient - rate)
  if (error <= EXACT * Math.max(1, Math.abs(rate))) return 'small.exact'
  if (Math.abs(closer - rate) < error * (1 - EXACT)) return 'small.closer'
  if (error <= noise) return 'small.round_off'
  return error <= NEARBY * Math.abs(rate) ? 'small.near' : 'small.corner'
}

/** Largest first. */
function bySize<T>(items: readonly T[], number: (item: T) => number): T[] {
  return items.toSorted((a, b) => rankedSize(number(b)) - rankedSize(number(a)))
}

function sum(found: readonly Use[]): number {
  return exactSum(found.map(({ product }) => product))
}

function leafOf({ id, at }: Element): Placed {
  return ['leaf', id, at]
}

function productOf({ upstream, local }: Use): Placed {
  return ['mul', leafOf(upstream), local]
}
