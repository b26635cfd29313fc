// What a learner typed, understood as kindly as it can be. The twin of
// src/whygrad/practice/answer.py.

import { say, textOf } from '../text/said'
import { READ_AS } from '../text/sentences'

const MAX_LENGTH = 200
const MOST_SHOWN = 40

const NUMBER = /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d{1,4})?$/i
const GROUPED = /^[-+]?\d{1,3}([ ,'])\d{3}(\1\d{3})*(\.\d*)?$/
const GROUPED_BY_POINTS = /^[-+]?\d{1,3}(\.\d{3})+,\d*$/
const MIXED = /^([-+]?)(\d+) +(\d+)\/(\d+)$/
const POWER = / *(×|·|\*|x) *10 *(\^|\*\*)? *(?=[-+]?\d)/g
const IN_PARENTHESES = /^([-+]?) ?\(([^()]*)\)$/
const VULGAR = ['½1/2', '⅓1/3', '⅔2/3', '¼1/4', '¾3/4', '⅕1/5', '⅖2/5', '⅗3/5', '⅘4/5', '⅙1/6', '⅚5/6', '⅛1/8', '⅜3/8', '⅝5/8', '⅞7/8']
const SUPERSCRIPTS = '⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺'
const PLAIN = '0123456789-+'

export type Word = 'zero' | 'positive' | 'negative' | 'larger' | 'smaller' | 'same'

export interface Answer {
  /** The text as typed, never lost. */
  readonly typed: string
  /** The number, or null if it is not one. */
  readonly value: number | null
  /** Half a unit in the last place that was typed; 0 for a fraction. */
  readonly precision: number
  readonly word: Word | ''
  /** Why it could not be understood, and what would be; empty if it was. */
  readonly trouble: string
  readonly blank: boolean
}

/** Reads a number as people write it: 0.5, .5, −1,5, 3/4, 1e-3, 50%, ½; or a word like zero. */
export function readAnswer(typed: string): Answer {
  const answer = (known: Partial<Answer>): Answer => ({
    typed,
    value: null,
    precision: 0,
    word: '',
    trouble: '',
    blank: false,
    ...known,
  })
  const text = typed.trim()
  if (!text) return answer({ blank: true })
  if (text.length > MAX_LENGTH)
    return answer({ trouble: textOf(say('read.too_long', { most: MAX_LENGTH })) })
  const plain = text.replace(/[−–—‐‑﹣－]/g, '-')
  const word = READ_AS[plain.toLowerCase().replace(/^[ .]+|[ .]+$/g, '')] as Word | undefined
  if (word) return answer({ word, value: word === 'zero' ? 0 : null })
  // of an equation, such as "2 × 3 = 6", it is the end that is meant
  const end = plain
    .slice(plain.lastIndexOf('=') + 1)
    .replace(/\s+/g, ' ')
    .replace(/^[ ≈~]+|[ ≈~]+$/g, '')
  const scale = end.endsWith('%') ? 100 : 1
  const bare = end.replace(/%$/, '').trim()
  const found = fraction(bare) ?? decimal(bare)
  if (!found) return answer({ trouble: troubleWith(text) })
  if (Number.isNaN(found.value)) return answer({ trouble: textOf(say('read.zero_below')) })
  return answer({ value: found.value / scale, precision: found.precision / scale })
}

function troubleWith(text: string): string {
  const shown = text.length <= MOST_SHOWN ? text : `${text.slice(0, MOST_SHOWN - 1)}…`
  return textOf(say('read.not_a_number', { typed: shown }))
}

interface Read {
  readonly value: number
  /** Half a unit in its last place. */
  readonly precision: number
}

/** A fraction, precise as it is; NaN where it divides by 0. */
function fraction(typed: string): Read | null {
  const text = VULGAR.reduce(
    (text, [sign = '', ...written]) =>
      text.replace(new RegExp(`(?<=\\d) ?${sign}`, 'g'), ` ${written.join('')}`).replaceAll(sign, written.join('')),
    typed,
  )
  const mixed = MIXED.exec(text)
  if (mixed) {
    const [, sign, whole, top, bottom] = mixed
    return { value: (sign === '-' ? -1 : 1) * (Number(whole) + over(Number(top), Number(bottom))), precision: 0 }
  }
  if (text.split('/').length !== 2) return null
  const outer = IN_PARENTHESES.exec(text)
  const halves = (outer ? outer[2]! : text).split('/').map((half) => decimal(half.trim()))
  const [top, bottom] = halves
  if (halves.length !== 2 || !top || !bottom) return null
  return { value: (outer?.[1] === '-' ? -1 : 1) * over(top.value, bottom.value), precision: 0 }
}

/** Divides; what is nothing below the line, or too large to hold, is NaN. */
function over(top: number, bottom: number): number {
  const found = top / bottom
  return Number.isFinite(found) ? found : Number.NaN
}

function decimal(text: string): Read | null {
  let plain = [...text].map((sign) => PLAIN[SUPERSCRIPTS.indexOf(sign)] ?? sign).join('')
  plain = plain.replace(POWER, 'e').replace(/[… ]+$/, '').replace(/\.{2,}$/, '')
  if (plain.startsWith('(') && plain.endsWith(')')) plain = plain.slice(1, -1).trim()
  plain = withPoint(plain.replace(/^([-+]) /, '$1'))
  const value = Number(plain)
  if (!NUMBER.test(plain) || !Number.isFinite(value)) return null
  const [mantissa = '', power = '0'] = plain.toLowerCase().split('e')
  const [whole = '', decimals = ''] = mantissa.split('.')
  // of 1200 the zeros may stand for digits that were rounded away
  const rounded = decimals || !value ? 0 : /0*$/.exec(whole)![0].length
  return { value, precision: 0.5 * 10 ** (Number(power) - decimals.length + rounded) }
}

/** Takes out the marks between thousands; a lone comma is a decimal point. */
function withPoint(text: string): string {
  if (GROUPED_BY_POINTS.test(text)) return text.replaceAll('.', '').replace(',', '.')
  const commas = text.split(',').length - 1
  const mark = GROUPED.exec(text)?.[1]
  const lone = commas === 1 && !text.includes('.')
  if (mark && !(mark === ',' && lone)) return text.replaceAll(mark, '')
  return lone ? text.replace(',', '.') : text
}

/** Whether a typed number is `number`, rounded as a person rounds: two digits or two decimals. */
export function agrees(answer: Answer, number: number): boolean {
  return isNear(answer, number, coarsest(number))
}

/** Whether a typed number is `number`, rounded more than tells it from others. */
export function isRough(answer: Answer, number: number): boolean {
  return answer.value !== 0 && isNear(answer, number, 0.15 * Math.abs(number))
}

/** Whether a typed number is as near to `number` as rounding on the way leads. */
export function isOffByRounding({ value }: Answer, number: number): boolean {
  return value !== null && Math.abs(value - number) <= 0.01 * Math.abs(number)
}

function isNear({ value, precision }: Answer, number: number, most: number): boolean {
  if (value === null || !Number.isFinite(number)) return false
  const noise = 1e-12 + 1e-9 * Math.abs(number)
  // 0 is only 0
  const slack = value === 0 ? 0 : Math.min(precision * (1 + 1e-9), most)
  return Math.abs(value - number) <= slack + noise
}

/** Half a unit of the second significant digit, or of the second decimal. */
function coarsest(number: number): number {
  if (number === 0 || !Number.isFinite(number)) return 0
  return Math.max(0.005, 0.5 * 10 ** (Math.floor(Math.log10(Math.abs(number))) - 1))
}
