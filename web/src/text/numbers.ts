// How numbers are written for a person, as src/whygrad/explain/display.py writes them. The law they
// keep: a shown formula with its shown numbers gives the shown result. So a result has four
// significant digits, and what goes in as many more as it takes.

import { evaluate, type Get, type Placed } from '../player/formula'

/** Significant digits, unless a formula needs more to add up. */
export const DIGITS = 4
/** With so many, a text holds every bit of a float64. */
export const ALL_DIGITS = 17

/** A number that so many digits hold exactly but for its last bits, such as 3.0625, is shown so. */
const SHORT = 6
/** The relative difference that the last bits of exp or tanh make from machine to machine. */
const SAME = 1e-14
const MINUS = '−'
const FIGURE_SPACE = '\u2007'
const SMALLEST_PLAIN = -4
const LARGEST_PLAIN = 6

/** A number at so many significant digits, without trailing zeros, with a real minus sign. */
export function format(x: number, digits = DIGITS): string {
  return written(x, (size) => scientific(size, digits))
}

/** Every digit that tells this number from its neighbours. */
export function exact(x: number): string {
  return written(x, shortest)
}

/** A number in a few characters, for a cell that is too small to calculate with. */
export function brief(x: number): string {
  const [mantissa, power] = parts(Math.abs(x).toExponential(0))
  const plain = x === 0 || !Number.isFinite(x) || (power >= -3 && power < 4)
  if (plain) return written(x, (size) => parts(size.toExponential(1)))
  return `${x < 0 ? MINUS : ''}${mantissa}e${power < 0 ? MINUS : ''}${Math.abs(power)}`
}

/** The number that `format` shows. */
export function rounded(x: number, digits = DIGITS): number {
  if (!Number.isFinite(x) || x === 0) return x + 0 // never -0
  const [mantissa, power] = scientific(Math.abs(x), digits)
  return Math.sign(x) * Number(`${mantissa}e${power}`)
}

/** A number's size to rank by; sizes that only rounding tells apart are one. */
export function rankedSize(number: number): number {
  return Number(Math.abs(number).toPrecision(10))
}

/** Texts of numbers padded so that their points stand under one another, in a monospaced face. */
export function aligned(texts: readonly string[]): string[] {
  const split = texts.map((text) => {
    const end = text.search(/[.e]/)
    return end < 0 ? [text, ''] : [text.slice(0, end), text.slice(end)]
  }) as [string, string][]
  const before = Math.max(0, ...split.map(([whole]) => whole.length))
  const after = Math.max(0, ...split.map(([, rest]) => rest.length))
  return split.map(
    ([whole, rest]) => whole.padStart(before, FIGURE_SPACE) + rest.padEnd(after, FIGURE_SPACE),
  )
}

/** A formula and the number it comes to. */
export interface Equation {
  readonly tree: Placed
  readonly result: number
}

/** Significant digits of what goes into a formula, and of what comes out of it. */
export interface Digits {
  readonly into: number
  readonly out: number
}

/** The fewest digits, from `digits` up, at which an equation holds as it is shown. */
export function enough(equation: Equation, number: Get, digits = DIGITS): Digits {
  for (let out = Math.max(digits, ownDigits(equation.result)); out < ALL_DIGITS; out++) {
    const into = inputDigits([equation], number, out)
    if (into !== null) return { into, out }
  }
  return { into: ALL_DIGITS, out: ALL_DIGITS }
}

/** Digits where the results of some equations go into a last one. */
export interface ChainDigits extends Digits {
  readonly between: number
}

/**
 * The fewest digits at which the equations in `parts` hold, and `whole`, which is made of their
 * results: what goes into the parts may need more digits than the results between.
 */
export function enoughForAll(
  parts: readonly Equation[],
  whole: Equation,
  number: Get,
  digits = DIGITS,
): ChainDigits {
  for (let out = digits; out < ALL_DIGITS; out++)
    for (let between = out; between <= ALL_DIGITS; between++) {
      if (!holds(whole, number, between, out)) continue
      const into = inputDigits(parts, number, between)
      if (into !== null) return { into, between, out }
    }
  return { into: ALL_DIGITS, between: ALL_DIGITS, out: ALL_DIGITS }
}

export interface Shown extends Digits {
  readonly result: string
}

/** How precisely to show a formula, and what it then comes to. */
export function shown(
  tree: Placed,
  number: Get,
  result = evaluate(tree, number),
  digits = DIGITS,
): Shown {
  const found = enough({ tree, result }, number, digits)
  return { ...found, result: format(result, found.out) }
}

/** The fewest digits for inputs at which equations give their results to `out` digits. */
function inputDigits(equations: readonly Equation[], number: Get, out: number): number | null {
  for (let into = out; into <= ALL_DIGITS; into++)
    if (equations.every((equation) => holds(equation, number, into, out))) return into
  return null
}

function holds({ tree, result }: Equation, number: Get, into: number, out: number): boolean {
  const read: Get = (value, at) => rounded(number(value, at), into)
  return agree(evaluate(readable(tree, into), read), result, out)
}

/** Whether two numbers are shown the same, and `x` is not halfway to the next. */
function agree(x: number, result: number, digits: number): boolean {
  const shown = cut(result, digits)
  if (cut(x, digits) !== shown || !Number.isFinite(shown)) return Object.is(x + 0, result + 0)
  const [, power] = shortest(Math.abs(shown))
  return Math.abs(x - shown) < 0.5 * (1 - 1e-9) * 10 ** (power - digits + 1)
}

/** How many digits hold a number but for its last bits, or 0 if it is not `SHORT`. */
function ownDigits(x: number): number {
  const isHeld = (digits: number): boolean => Math.abs(cut(x, digits) - x) <= SAME * Math.abs(x)
  if (!isHeld(SHORT)) return 0
  let digits = 1
  while (!isHeld(digits)) digits++
  return digits
}

/** A number at so many digits, however few it has itself. */
function cut(x: number, digits: number): number {
  if (!Number.isFinite(x)) return x
  const [mantissa, power] = toDigits(Math.abs(x), digits)
  return Math.sign(x) * Number(`${mantissa}e${power}`)
}

/** A formula's own constants are rounded like everything else that is shown. */
export function readable(node: Placed, digits: number): Placed {
  if (node[0] === 'number') return ['number', rounded(node[1], digits)]
  if (node[0] === 'leaf') return node
  const [head, ...args] = node
  return [head, ...args.map((arg) => readable(arg, digits))] as unknown as Placed
}

/** The first digits of a number's size, with a point after the first, and its power of ten. */
type Scientific = readonly [mantissa: string, power: number]

function written(x: number, split: (size: number) => Scientific): string {
  if (Number.isNaN(x)) return 'NaN'
  if (x === 0) return '0'
  const sign = x < 0 ? MINUS : ''
  if (!Number.isFinite(x)) return `${sign}∞`
  const [mantissa, power] = split(Math.abs(x))
  const [first = '', rest = ''] = mantissa.replace(/\.?0+$/, '').split('.')
  if (power < SMALLEST_PLAIN || power >= LARGEST_PLAIN)
    return `${sign}${first}.${rest || '0'}e${power < 0 ? MINUS : ''}${Math.abs(power)}`
  const digits = '0'.repeat(Math.max(0, -power)) + (first + rest).padEnd(power + 1, '0')
  const point = Math.max(0, power) + 1
  const decimals = digits.slice(point)
  return sign + digits.slice(0, point) + (decimals && `.${decimals}`)
}

function shortest(size: number): Scientific {
  return parts(size.toExponential())
}

function scientific(size: number, digits: number): Scientific {
  return digits >= ALL_DIGITS ? shortest(size) : toDigits(size, ownDigits(size) || digits)
}

function toDigits(size: number, digits: number): Scientific {
  const [mantissa, power] = shortest(size)
  // halves are rounded to even, as Python rounds; of two as near, JavaScript takes the larger
  const mayBeHalf = mantissa.length === digits + 2 && /[02468]5$/.test(mantissa)
  // a longer text than any half has: the float64 nearest to one may lie beside it
  const isHalf = mayBeHalf && /^50*$/.test(parts(size.toExponential(60))[0].slice(digits + 1))
  return isHalf ? [mantissa.slice(0, -1), power] : parts(size.toExponential(digits - 1))
}

function parts(text: string): Scientific {
  const [mantissa, power] = text.split('e') as [string, string]
  return [mantissa, Number(power)]
}
