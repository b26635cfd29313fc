// Formulas and numbers as sentences write them. The twin of what src/whygrad/explain/display.py gives
// to the ladder: × for *, a real minus, and as many digits as it takes to hold as shown.

import { evaluate, exactSum, type Get, numberText, type Placed, toPython } from '../player/formula'
import { ALL_DIGITS, format, rankedSize, readable, rounded, shown } from './numbers'
import { say, textOf } from './said'
import { MOST_NAMED } from './sentences'

const NUMBER = /(?<![\w.,[])\d+(?:\.\d+)?(?:e[-+]?\d+)?(?!\w)/g
const POWER = / \*\* (\d)(?![\w.])/g
const SUPERSCRIPTS = '⁰¹²³⁴⁵⁶⁷⁸⁹'

/** A formula with its numbers put in and what it comes to, holding as shown. */
export function equation(whole: Placed, numbers: Get, result: number): string {
  const { tree, get } = shortened(whole, numbers)
  const { into, result: told } = shown(tree, get, result)
  const text = inNumbers(tree, get, into)
  return text === told ? text : `${text} = ${told}`
}

/**
 * A formula whose long sums show their largest terms, and what gives its numbers. The other terms
 * stand as one, a leaf of a negative id and with their number as its place.
 */
export function shortened(whole: Placed, numbers: Get): { readonly tree: Placed; readonly get: Get } {
  const rests: number[] = []
  const short = (node: Placed): Placed => {
    if (node[0] === 'number' || node[0] === 'leaf') return node
    const [head, ...args] = node
    if (head !== 'terms' || args.length <= MOST_NAMED + 1)
      return [head, ...args.map(short)] as unknown as Placed
    const terms = args.map((arg, n) => ({ arg, n, number: evaluate(arg, numbers) }))
    const ranked = [...terms].sort((a, b) => rankedSize(b.number) - rankedSize(a.number) || a.n - b.n)
    const others = ranked.slice(MOST_NAMED).sort((a, b) => a.n - b.n).map(({ number }) => number)
    rests.push(others.every(Number.isFinite) ? exactSum(others) : others.reduce((a, b) => a + b, 0))
    const rest: Placed = ['leaf', -rests.length, others.length]
    return ['terms', ...ranked.slice(0, MOST_NAMED).map(({ arg }) => short(arg)), rest]
  }
  const tree = short(whole)
  return { tree, get: (id, at) => (id < 0 ? rests[-id - 1]! : numbers(id, at)) }
}

/** What stands for the smaller terms of a sum, with what they come to if it is given. */
export function smaller(terms: number, rest?: string): string {
  const count = terms.toLocaleString('en-US')
  return textOf(
    rest === undefined ? say('formula.smaller', { count }) : say('formula.smaller_come_to', { count, rest }),
  )
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
  const leaf = (id: number, at: number): string => {
    const text = plain(rounded(get(id, at), digits))
    return id < 0 ? smaller(at, text) : text
  }
  return typeset(toPython(readable(tree, digits), leaf))
}

function plain(x: number): string {
  if (Number.isNaN(x)) return 'NaN'
  return Number.isFinite(x) ? numberText(x) : x > 0 ? '∞' : '-∞'
}
