// One number explained in lines: its formula in names, each part with its numbers, what it comes to.
// At the precision chosen, every line holds as it is shown.

import { evaluate, type Placed } from '../player/formula'
import { type Contribution, contributionsIn, isOne, isSumOfContributions } from './contributions'
import { enough, enoughForAll, type Equation, format } from './numbers'
import type { Play } from './play'
import { factorTex, MOST_TERMS, nameTex, numberTex, rateTex, type Style, sumTex, toned, toTex } from './tex'

/** What of a play an explanation is made of, with its names in LaTeX and its formulas. */
export interface Scene extends Pick<Play, 'tape' | 'number' | 'label' | 'symbol'> {
  /** A name in LaTeX. */
  latex(name: string): string
  /** The formula of one element, at the grain that is shown. */
  formula(id: number, at: number): Placed
}

export interface Line {
  readonly tex: string
  readonly caption: string
}

export interface Explanation {
  readonly lines: readonly Line[]
  /** What the lines leave out, in full. */
  readonly details: { readonly summary: string; readonly lines: readonly Line[] } | null
  /** The number that is explained, as the lines show it. */
  readonly result: string
}

/** Explains one element of a value that a step makes. */
export function explain(scene: Scene, id: number, at: number): Explanation {
  const tree = scene.formula(id, at)
  const result = scene.number(id, at)
  const isGradient = (value: number): boolean => scene.tape.values[value]!.role === 'gradient'
  if (!isGradient(id) || !isSumOfContributions(tree, isGradient)) return plain(scene, id, at, { tree, result })
  const found = contributionsIn(tree, isGradient)
  return found.length === 1
    ? single(scene, id, at, found[0]!, result)
    : several(scene, id, at, found, result)
}

// --- a formula as it is ------------------------------------------------------------------------

function plain(scene: Scene, id: number, at: number, equation: Equation): Explanation {
  const { tree, result } = equation
  const { into, out } = enough(equation, get(scene))
  const name = nameOf(scene, id, at)
  const lines = (most?: number): Line[] => [
    { tex: `${name} = ${toTex(tree, inNames(scene, most))}`, caption: 'formula' },
    {
      tex: `${toTex(tree, inNumbers(scene, into, most))} = ${resultTex(result, out)}`,
      caption: 'with the numbers',
    },
  ]
  return { lines: lines(MOST_TERMS), details: inFull(tree, lines), result: format(result, out) }
}

// --- upstream × local --------------------------------------------------------------------------

function single(
  scene: Scene,
  id: number,
  at: number,
  { upstream, local }: Contribution,
  result: number,
): Explanation {
  const arrives = evaluate(upstream, get(scene))
  const rate = evaluate(local, get(scene))
  const { into, between, out } = enoughForAll(
    [{ tree: local, result: rate }],
    { tree: product(arrives, rate), result },
    get(scene),
  )
  const rateName = rateOf(scene, id, at, upstream)
  const lines = (most?: number): Line[] => {
    const names = inNames(scene, most)
    const up = toned('upstream', toTex(upstream, names))
    const here = toned('local', rateName ?? factorTex(local, names, true))
    const steps = [toTex(local, names), toTex(local, inNumbers(scene, into, most)), numberTex(rate, between)]
    const parts = [...(rateName ? [rateName] : []), ...steps]
    const told = parts.filter((part, n) => part !== parts[n - 1])
    return [
      { tex: `${nameOf(scene, id, at)} = ${up} \\times ${here}`, caption: 'upstream × local' },
      ...(rateName || !isAtom(local)
        ? [{ tex: told.map((part) => toned('local', part)).join(' = '), caption: 'local' }]
        : []),
      {
        tex: `${productTex(arrives, rate, between)} = ${resultTex(result, out)}`,
        caption: 'with the numbers',
      },
    ]
  }
  return { lines: lines(MOST_TERMS), details: inFull(local, lines), result: format(result, out) }
}

// --- contributions add -------------------------------------------------------------------------

function several(
  scene: Scene,
  id: number,
  at: number,
  found: readonly Contribution[],
  result: number,
): Explanation {
  const read = get(scene)
  const parts = found.map(({ upstream, local }): Equation => {
    const tree: Placed = ['mul', upstream, local]
    return { tree, result: evaluate(tree, read) }
  })
  const sum: Placed = ['terms', ...parts.map((part): Placed => ['number', part.result])]
  const { into, between, out } = enoughForAll(parts, { tree: sum, result }, read)
  const names = inNames(scene)
  const numbers = inNumbers(scene, into)
  const symbols = found.map((one) => contributionTex(one, names))
  const amounts = parts.map((part) => numberTex(part.result, between))
  const each = found.map((one, n): Line => ({
    tex: `${contributionTex(one, numbers, true)} = ${amounts[n]!}`,
    caption: `through ${through(scene, one)}`,
  }))
  const short = found.length <= MOST_TERMS
  return {
    lines: [
      {
        tex: `${nameOf(scene, id, at)} = ${sumTex(symbols, MOST_TERMS)}`,
        caption: 'upstream × local, added up',
      },
      ...(short ? each : []),
      {
        tex: `${sumTex(amounts.map((tex, n) => signed(tex, n > 0)), MOST_TERMS)} = ${resultTex(result, out)}`,
        caption: 'contributions add',
      },
    ],
    details: short ? null : { summary: `All ${found.length} contributions`, lines: each },
    result: format(result, out),
  }
}

/** Upstream × local; a local derivative of 1 is spelled out only with the numbers. */
function contributionTex({ upstream, local }: Contribution, style: Style, whole = false): string {
  const up = toned('upstream', toTex(upstream, style))
  if (isOne(local) && !whole) return up
  return `${up} \\times ${toned('local', factorTex(local, style, true))}`
}

/** The value whose gradient arrives. */
function through(scene: Scene, { upstream }: Contribution): string {
  const [, id, at] = upstream
  const of = scene.tape.values[id]!.gradient_of
  return scene.symbol(scene.label(of ?? id, at))
}

// --- names and numbers -------------------------------------------------------------------------

function get(scene: Scene): (value: number, at: number) => number {
  return (value, at) => scene.number(value, at)
}

/** A constant is called by its number. */
export function inNames(scene: Scene, most?: number): Style {
  const { values } = scene.tape
  return {
    numbers: false,
    most,
    leaf: (id, at) =>
      values[id]!.role === 'constant' && !values[id]!.name
        ? numberTex(scene.number(id, at))
        : nameOf(scene, id, at),
  }
}

export function inNumbers(scene: Scene, digits: number, most?: number): Style {
  return {
    numbers: true,
    digits,
    most,
    leaf: (id, at) => numberTex(scene.number(id, at), digits),
  }
}

export function nameOf(scene: Scene, id: number, at: number): string {
  return nameTex(scene.label(id, at), (name) => scene.latex(name))
}

/** What the local derivative is called, such as ∂a₁/∂z₁; null where that says nothing new. */
function rateOf(scene: Scene, id: number, at: number, upstream: Contribution['upstream']): string | null {
  const { values, loss } = scene.tape
  const by = values[id]!.gradient_of
  const of = values[upstream[1]]!.gradient_of
  if (by === undefined || of === undefined || of === loss) return null
  return rateTex(nameOf(scene, of, upstream[2]), nameOf(scene, by, at))
}

function product(arrives: number, rate: number): Placed {
  return ['mul', ['number', arrives], ['number', rate]]
}

function productTex(arrives: number, rate: number, digits: number): string {
  const up = toned('upstream', numberTex(arrives, digits))
  return `${up} \\times ${toned('local', signed(numberTex(rate, digits), true))}`
}

function resultTex(result: number, digits: number): string {
  return String.raw`\boldsymbol{${numberTex(result, digits).replace('mathrm', 'mathbf')}}`
}

function signed(tex: string, follows: boolean): string {
  return follows && tex.startsWith('-') ? `(${tex})` : tex
}

function isAtom(node: Placed): boolean {
  return node[0] === 'number' || node[0] === 'leaf'
}

/** The lines with every term, where they were shortened. */
function inFull(tree: Placed, lines: () => Line[]): Explanation['details'] {
  const longest = mostTerms(tree)
  return longest > MOST_TERMS ? { summary: `All ${longest} terms`, lines: lines() } : null
}

function mostTerms(node: Placed): number {
  if (node[0] === 'number' || node[0] === 'leaf') return 0
  const [, ...args] = node
  return Math.max(args.length, ...args.map(mostTerms))
}
