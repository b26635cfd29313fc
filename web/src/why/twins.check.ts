// @vitest-environment node
// Random tapes with what Python says of them (tests/test_why_twins.py writes them): the page says
// the same, to the last word.

import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { dataOf } from '../text/said'
import type { OpInfo } from '../wire'
import { changeOf, happened } from './change'
import { type Case, playedCase } from './fixtures'
import { isClose, unfolded } from './kept'
import { why } from './ladder'
import type { Rung } from './rung'

interface Tapes {
  readonly ops: Readonly<Record<string, OpInfo>>
  readonly depth: number
  readonly cases: readonly (Omit<Case, 'ops'> & { readonly ladders: readonly object[]; readonly change: readonly object[] | null })[]
}

const file = process.env['WHYGRAD_TAPES']!
const { ops, depth, cases } = JSON.parse(readFileSync(file, 'utf8')) as Tapes

/** A ladder with its texts beside its keys and slots. */
function whole(rung: Rung, depth: number): object {
  const { name, question, claim, formula, below } = rung
  const because = depth > 0 ? below().map((one) => whole(one, depth - 1)) : []
  return { ...unfolded(rung, 0), name, question, claim, formula, because }
}

/** Where two ladders first part, in words; null where they do not. */
function apart(got: unknown, kept: unknown, at = ''): string | null {
  if (typeof got === 'number') return isClose(got, Number(kept)) || isText(got, kept) ? null : `${at}: ${got}, not ${String(kept)}`
  if (typeof got === 'string' && typeof kept === 'string' && alike(got, kept)) return null
  if (typeof got !== 'object' || got === null) return got === kept ? null : `${at}: ${String(got)}, not ${String(kept)}`
  const [a, b] = [got as Record<string, unknown>, kept as Record<string, unknown>]
  const keys = new Set([...Object.keys(a), ...Object.keys(b)])
  for (const key of keys) {
    const found = key in a && key in b ? apart(a[key], b[key], `${at}/${key}`) : `${at}: only one has ${key}`
    if (found) return found
  }
  return null
}

/** Whether two texts are one but for numbers that are what rounding leaves of a 0. */
function alike(a: string, b: string): boolean {
  const zeros = (text: string): string => text.replace(/−?\d[\d.]*e−(1[3-9]|[2-9]\d)(?!\d)/g, '0')
  return zeros(a) === zeros(b)
}

/** Python writes what JSON cannot hold as texts. */
function isText(got: number, kept: unknown): boolean {
  return kept === { Infinity: 'inf', '-Infinity': '-inf', NaN: 'nan' }[String(got)]
}

test.each(cases)('$name', ({ ladders, change, ...one }) => {
  const { play, element } = playedCase({ ...one, ops })
  const found = changeOf(play)
  expect(apart(found && happened(found).map(dataOf), change, 'change')).toBeNull()
  for (const ladder of ladders as { name: string }[])
    expect(apart(whole(why(play, element(ladder.name)), depth), ladder, ladder.name)).toBeNull()
})
