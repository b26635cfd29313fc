// Formulas in LaTeX: in names, or with numbers put in.

import type { Placed } from '../player/formula'
import { DIGITS, format } from './numbers'

/** How a tree is written: what stands for a leaf, and for its multiplications. */
export interface Style {
  leaf(value: number, at: number): string
  /** Put × between any two factors: numbers side by side would read as one. */
  readonly numbers: boolean
  readonly digits?: number
  /** Sums and lists of more parts than this show their first parts and their last; by default all. */
  readonly most?: number
}

/**
 * What a part of a formula is, by the colour that stands for it in LaTeX. KaTeX takes no CSS
 * variables, so `draw` puts the theme's colour in its place; a class would hold the part together
 * where a line should break.
 */
export const TONES = { upstream: '#0b0001', local: '#0f0001' } as const

export type Tone = keyof typeof TONES

/** Sums longer than this are shortened until asked for. */
export const MOST_TERMS = 5

type Written = readonly [tex: string, binding: number]

const BINDING: Readonly<Record<string, number>> = {
  gt: 0,
  ge: 0,
  eq: 0,
  add: 1,
  sub: 1,
  terms: 1,
  mul: 2,
  neg: 3,
  pow: 4,
}
const ATOM = 5
/** Functions LaTeX has a command for. */
const KNOWN: ReadonlySet<string> = new Set(['log', 'max', 'min', 'tanh'])
const PRODUCT = 2
const RELATION: Readonly<Record<string, string>> = { gt: '>', ge: String.raw`\ge`, eq: '=' }

/** Writes a placed tree whose cases are chosen. */
export function toTex(node: Placed, style: Style): string {
  return write(node, style)[0]
}

/** Writes a tree as a factor: in parentheses where a product would not hold it together. */
export function factorTex(node: Placed, style: Style, follows: boolean): string {
  return wrapped(node, style, PRODUCT, follows)
}

/** Terms with plus signs between them, the middle left out where there are more than `most`. */
export function sumTex(terms: readonly string[], most = Infinity): string {
  return shortened(terms, most, String.raw`\cdots`).join(' + ')
}

function shortened(parts: readonly string[], most: number, dots: string): readonly string[] {
  return parts.length > most ? [...parts.slice(0, most - 2), dots, parts.at(-1)!] : parts
}

export function toned(tone: Tone, tex: string): string {
  return String.raw`\textcolor{${TONES[tone]}}{${tex}}`
}

/** A number as `format` shows it. */
export function numberTex(x: number, digits = DIGITS): string {
  return format(x, digits)
    .replaceAll('−', '-')
    .replace('∞', String.raw`\infty`)
    .replace('NaN', String.raw`\mathrm{NaN}`)
    .replace(/e(-?\d+)$/, String.raw`\mathrm{e}{$1}`)
}

/**
 * An element's name, such as "W1[0,2]" or "dL/dW1[0,2]".
 *
 * @param latex writes a name without an index
 */
export function nameTex(label: string, latex: (name: string) => string): string {
  const { name, index } = parted(label)
  const gradient = /^d(.+?)\/d(.+)$/.exec(name)
  if (!gradient) return latex(name) + index
  return rateTex(latex(gradient[1]!), latex(gradient[2]!) + index)
}

/** A rate of one thing per unit of another: ∂of/∂by. */
export function rateTex(of: string, by: string): string {
  return String.raw`\dfrac{\partial ${of}}{\partial ${by}}`
}

function parted(label: string): { name: string; index: string } {
  const open = label.indexOf('[')
  if (open < 0) return { name: label, index: '' }
  return { name: label.slice(0, open), index: label.slice(open).replaceAll(',', '{,}') }
}

function write(node: Placed, style: Style): Written {
  if (node[0] === 'number') return atom(numberTex(node[1], style.digits))
  if (node[0] === 'leaf') return atom(style.leaf(node[1], node[2]))
  const [head, ...args] = node
  const [first, second] = args as [Placed, Placed]
  const inner = (arg: Placed): string => toTex(arg, style)
  switch (head) {
    case 'add':
      return [sumTex([wrapped(first, style, 1), wrapped(second, style, 1, true)]), 1]
    case 'terms':
      return [sumTex(args.map((arg, n) => wrapped(arg, style, 1, n > 0)), style.most), 1]
    case 'sub':
      return [`${wrapped(first, style, 1)} - ${wrapped(second, style, 2, true)}`, 1]
    case 'mul':
      return [product(first, second, style), PRODUCT]
    case 'div':
      return quotient(first, second, style)
    case 'neg':
      return [`-${wrapped(first, style, PRODUCT, true)}`, BINDING['neg']!]
    case 'pow':
      return [`${wrapped(first, style, ATOM, true)}^{${inner(second)}}`, BINDING['pow']!]
    case 'exp':
      return [`e^{${inner(first)}}`, BINDING['pow']!]
    case 'sqrt':
      return [String.raw`\sqrt{${inner(first)}}`, ATOM]
    case 'abs':
      return [String.raw`\lvert ${inner(first)}\rvert`, ATOM]
    case 'gt':
    case 'ge':
    case 'eq':
      return [`${inner(first)} ${RELATION[head]!} ${inner(second)}`, 0]
    default: {
      const list = shortened(args.map(inner), style.most ?? Infinity, String.raw`\ldots`).join(', ')
      return [`${KNOWN.has(head) ? `\\${head}` : String.raw`\operatorname{${head}}`}(${list})`, ATOM]
    }
  }
}

function product(first: Placed, second: Placed, style: Style): string {
  const left = wrapped(first, style, PRODUCT)
  const right = wrapped(second, style, PRODUCT, true)
  if (style.numbers) return String.raw`${left} \times ${right}`
  const sideBySide = right.startsWith('(') || (first[0] === 'number' && second[0] !== 'number')
  return sideBySide ? String.raw`${left}\,${right}` : String.raw`${left} \cdot ${right}`
}

/** A fraction; above a long sum there can be no line break, so that is multiplied by 1/n instead. */
function quotient(first: Placed, second: Placed, style: Style): Written {
  const below = toTex(second, style)
  if (!isLong(first)) return [String.raw`\dfrac{${toTex(first, style)}}{${below}}`, ATOM]
  const sign = first[0] === 'neg' ? '-' : ''
  const above = first[0] === 'neg' ? (first[1] as Placed) : first
  return [String.raw`${sign}\dfrac{1}{${below}}\,(${toTex(above, style)})`, sign ? 1 : PRODUCT]
}

function isLong(node: Placed): boolean {
  if (node[0] === 'number' || node[0] === 'leaf') return false
  const [head, ...args] = node
  return (head === 'terms' && args.length > 2) || args.some(isLong)
}

function wrapped(node: Placed, style: Style, floor: number, follows = false): string {
  const [tex, binding] = write(node, style)
  return binding < floor || (follows && tex.startsWith('-')) ? `(${tex})` : tex
}

function atom(tex: string): Written {
  return [tex, tex.startsWith('-') ? BINDING['neg']! : ATOM]
}
