// How numbers are written for a person. The law they keep: the shown formula with its shown inputs
// gives the shown result, at the shown precision.

import { evaluate, type Get, type Placed } from '../player/formula'

/** Significant digits, unless a formula needs more to add up. */
export const DIGITS = 4
/** With so many, a text holds every bit of a float64. */
export const ALL_DIGITS = 17

const MINUS = '−'
const FIGURE_SPACE = '\u2007'
const SMALLEST_PLAIN = -4
const LARGEST_PLAIN = 6

/** A number at so many significant digits, without trailing zeros, with a real minus sign. */
export function format(x: number, digits = DIGITS): string {
  return written(x, digits >= ALL_DIGITS ? shortest : (size) => scientific(size, digits))
}

/** Every digit that tells this number from its neighbours. */
export function exact(x: number): string {
  return written(x, shortest)
}

/** The number that `format` shows. */
export function rounded(x: number, digits = DIGITS): number {
  if (!Number.isFinite(x) || x === 0 || digits >= ALL_DIGITS) return x
  const [mantissa, power] = scientific(Math.abs(x), digits)
  return Math.sign(x) * Number(`${mantissa}e${power}`)
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

/**
 * The fewest significant digits, from `digits` up, at which every equation holds as it is shown:
 * its formula, evaluated on the inputs as they are shown, gives the result as it is shown.
 */
export function enough(equations: readonly Equation[], number: Get, digits = DIGITS): number {
  for (let n = digits; n < ALL_DIGITS; n++)
    if (equations.every((equation) => holds(equation, number, n))) return n
  return ALL_DIGITS
}

export interface Shown {
  readonly digits: number
  readonly result: string
}

/** How precisely to show a formula, and what it then comes to. */
export function shown(
  tree: Placed,
  number: Get,
  digits = DIGITS,
  result = evaluate(tree, number),
): Shown {
  const chosen = enough([{ tree, result }], number, digits)
  return { digits: chosen, result: format(result, chosen) }
}

function holds({ tree, result }: Equation, number: Get, digits: number): boolean {
  const read: Get = (value, at) => rounded(number(value, at), digits)
  return format(evaluate(readable(tree, digits), read), digits) === format(result, digits)
}

/** A formula's own constants are rounded like everything else that is shown. */
function readable(node: Placed, digits: number): Placed {
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

/** Rounded half to even, as Python rounds; of two as near, JavaScript takes the larger. */
function scientific(size: number, digits: number): Scientific {
  const [mantissa, power] = shortest(size)
  const truncated = mantissa.slice(0, -1).replace(/\.$/, '')
  const mayBeTie = mantissa.length === digits + 2 && /[02468]\.?5$/.test(mantissa)
  // a longer text than any tie has: 0.15 is short, but the float64 nearest to it is no tie
  const isTie = mayBeTie && /^50*$/.test(parts(size.toExponential(60))[0].slice(digits + 1))
  return isTie ? [truncated, power] : parts(size.toExponential(digits - 1))
}

function parts(text: string): Scientific {
  const [mantissa, power] = text.split('e') as [string, string]
  return [mantissa, Number(power)]
}
