// Formulas and numbers as sentences write them. The twin of what src/whygrad/explain/display.py gives
// to the ladder: × for *, a real minus, and as many digits as it takes to hold as shown.

import { type Get, numberText, type Placed, toPython } from '../player/formula'
import { ALL_DIGITS, format, readable, rounded, shown } from './numbers'

const NUMBER = /(?<![\w.,[])\d+(?:\.\d+)?(?:e[-+]?\d+)?(?!\w)/g
const POWER = / \*\* (\d)(?![\w.])/g
const SUPERSCRIPTS = '⁰¹²³⁴⁵⁶⁷⁸⁹'

/** A formula with its numbers put in and what it comes to, holding as shown. */
export function equation(tree: Placed, get: Get, result: number): string {
  const { into, result: told } = shown(tree, get, result)
  const text = inNumbers(tree, get, into)
  return text === told ? text : `${text} = ${told}`
}

/** "(−1.75)" where a minus would follow an operator. */
export function inParentheses(x: number): string {
  return x < 0 ? `(${format(x)})` : format(x)
}

/** How many digits it takes for a small change to show, to two digits of its own. */
export function digitsForChange(before: number, after: number, digits = 4): number {
  const change = after - before
  for (; digits < ALL_DIGITS; digits++) {
    const seen = rounded(after, digits) - rounded(before, digits)
    if (Math.abs(seen - change) <= 0.01 * (1 + 1e-9) * Math.abs(change)) break
  }
  return digits
}

/** Plain arithmetic the way people write it. */
export function typeset(text: string): string {
  return text
    .replace(NUMBER, (number) => format(Number(number), ALL_DIGITS))
    .replace(POWER, (_, digit: string) => SUPERSCRIPTS[Number(digit)]!)
    .replaceAll(' ** ', ' ^ ')
    .replaceAll(' * ', ' × ')
    .replaceAll('-', '−')
}

function inNumbers(tree: Placed, get: Get, digits: number): string {
  return typeset(toPython(readable(tree, digits), (id, at) => plain(rounded(get(id, at), digits))))
}

function plain(x: number): string {
  if (Number.isNaN(x)) return 'NaN'
  return Number.isFinite(x) ? numberText(x) : x > 0 ? '∞' : '-∞'
}
