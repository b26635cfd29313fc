// Placed trees as arithmetic that a person can paste into Python.

import type { Placed } from './formula'

const BINDING: Readonly<Record<string, number>> = {
  add: 1,
  sub: 1,
  terms: 1,
  mul: 2,
  div: 2,
  neg: 3,
  pow: 4,
}
const ATOM = 5
const SYMBOL: Readonly<Record<string, string>> = {
  add: '+',
  sub: '-',
  mul: '*',
  div: '/',
  pow: '**',
}

/**
 * A chosen tree as plain arithmetic in Python syntax, using exp, log, sqrt, tanh, erf, max and min only.
 *
 * @param write gives the text of a leaf; one that starts with a minus is put in parentheses
 *   wherever it would follow an operator
 */
export function toPython(node: Placed, write: (value: number, at: number) => string): string {
  return python(node, write)[0]
}

type Write = (value: number, at: number) => string

function python(node: Placed, write: Write): [text: string, binding: number] {
  if (node[0] === 'number' || node[0] === 'leaf') {
    const text = node[0] === 'leaf' ? write(node[1], node[2]) : numberText(node[1])
    return [text, text.startsWith('-') ? BINDING['neg']! : ATOM]
  }
  const [head, ...args] = node
  const [first, second] = args as [Placed, Placed]
  if (head === 'abs') {
    const inner = python(first, write)[0]
    return [`max(${inner}, -(${inner}))`, ATOM]
  }
  const binding = BINDING[head]
  if (binding === undefined)
    return [`${head}(${args.map((arg) => python(arg, write)[0]).join(', ')})`, ATOM]
  if (head === 'neg') return [`-${wrapped(first, write, ATOM)}`, binding]
  if (head === 'terms') {
    const parts = args.map((arg, n) => wrapped(arg, write, n ? 2 : 1, n > 0))
    return [parts.join(' + '), binding]
  }
  const commutes = head === 'add' || head === 'mul' || head === 'pow'
  const left = wrapped(first, write, head === 'pow' ? ATOM : binding)
  const right = wrapped(second, write, commutes ? binding : binding + 1, true)
  return [`${left} ${SYMBOL[head]!} ${right}`, binding]
}

function wrapped(node: Placed, write: Write, floor: number, follows = false): string {
  const [text, binding] = python(node, write)
  return binding < floor || (follows && text.startsWith('-')) ? `(${text})` : text
}

/** A number exactly, as Python writes it, but whole numbers without ".0". */
export function numberText(value: number): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? 'nan' : value > 0 ? 'inf' : '-inf'
  if (Object.is(value, -0)) return '-0.0'
  const [digits, exponent] = value.toExponential().split('e') as [string, string]
  const power = Number(exponent)
  if (power >= -4 && power < 16)
    return Number.isInteger(value) && power === 15 ? `${value}.0` : String(value)
  return `${digits}e${power < 0 ? '-' : '+'}${String(Math.abs(power)).padStart(2, '0')}`
}
