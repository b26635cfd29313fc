// What Python answers (scripts/make_conformance.py): the browser says the same.

import { describe, expect, it } from 'vitest'
import whyJson from '../../../tests/conformance/why.json'
import { Player } from '../player/player'
import { elementLabel, label, lookups, type Numbers, readLeaves, type Tape } from '../player/tape'
import type { OpInfo } from '../wire'
import type { Element } from './asked'
import { why } from './ladder'
import { kinkNames, Nudger } from './nudge'
import { type Paths, pathsOf } from './paths'
import type { Rung } from './rung'
import type { Numbers as Asked } from './scratch'

interface KeptRung {
  name: string
  question: string
  value: number
  formula: string
  claim: string
  principle: string
  because: KeptRung[]
}

interface KeptNudge {
  name: string
  value: number
  epsilon: number
  loss: number
  plus: number
  minus: number
  gradient: number | null
  kinks: string[]
}

interface KeptPaths {
  name: string
  gradient: number
  count: number
  listed: { through: string[]; factors: { name: string; value: number }[]; product: number }[]
  rest: number
  share: number
}

interface Case {
  name: string
  tape: Tape
  leaves: Record<string, Numbers>
  ops: Record<string, OpInfo>
  symbols: Record<string, string>
  ladders: KeptRung[]
  nudges: KeptNudge[]
  paths: KeptPaths[]
}

const cases = whyJson as unknown as Case[]

function played({ tape, leaves, ops, symbols }: Case): Asked {
  const player = new Player(tape, readLeaves(leaves))
  player.play()
  const find = lookups(tape)
  return {
    tape,
    ops,
    find,
    makers: find.makers,
    shape: (id) => player.shapes[id]!,
    number: (id, at) => player.values[id]![at]!,
    values: (id) => player.values[id]!,
    label: (id, at) => elementLabel(label(tape, id), player.shapes[id]!, at),
    symbol: (name) => {
      const [stem, ...index] = name.split('[')
      return [symbols[stem!] ?? stem, ...index].join('[')
    },
  }
}

function elementOf(asked: Asked, name: string): Element {
  const [stem] = name.split('[')
  const id = asked.find.byName.get(stem!)!
  const count = asked.values(id).length
  return { id, at: Array.from({ length: count }, (_, at) => at).find((at) => asked.label(id, at) === name)! }
}

function close(kept: number): unknown {
  return expect.toSatisfy(
    (got: number) => Math.abs(got - kept) <= 1e-9 * Math.max(1e-3, Math.abs(kept)),
    `about ${kept}`,
  )
}

/** The kept ladder with its numbers as what they must come close to. */
function expected({ value, because, ...words }: KeptRung): object {
  return { ...words, value: close(value), because: because.map(expected) }
}

function unfolded({ name, question, value, formula, claim, principle, below }: Rung, depth: number): object {
  const because = depth > 0 ? below().map((rung) => unfolded(rung, depth - 1)) : []
  return { name, question, value, formula, claim, principle, because }
}

describe.each(cases)('$name', (kept) => {
  const asked = played(kept)

  it.each(kept.ladders)('says why $name as Python does', (ladder) => {
    expect(unfolded(why(asked, elementOf(asked, ladder.name)), 2)).toEqual(expected(ladder))
  })

  it.each(kept.nudges)('nudges $name by $epsilon as Python does', (nudge) => {
    const found = new Nudger(asked, elementOf(asked, nudge.name)).nudge(nudge.epsilon)
    expect(found.loss).toEqual(close(nudge.loss))
    expect(found.plus).toEqual(close(nudge.plus))
    expect(found.minus).toEqual(close(nudge.minus))
    if (nudge.gradient === null) expect(found.gradient).toBeNull()
    else expect(found.gradient).toEqual(close(nudge.gradient))
    expect(kinkNames(asked, found)).toEqual(nudge.kinks)
  })

  it.each(kept.paths)('finds the paths from $name that Python finds', (paths) => {
    const found = pathsOf(asked, elementOf(asked, paths.name), 5) as Paths
    expect(found.gradient).toEqual(close(paths.gradient))
    expect(found.count).toBe(paths.count)
    expect(found.share).toEqual(close(paths.share))
    expect(found.rest).toEqual(close(paths.rest))
    expect(
      found.listed.map(({ through, factors, product }) => ({
        through: through.map(({ id, at }) => asked.label(id, at)),
        factors,
        product,
      })),
    ).toEqual(
      paths.listed.map(({ through, factors, product }) => ({
        through,
        factors: factors.map(({ name, value }) => ({ name, value: close(value) })),
        product: close(product),
      })),
    )
  })
})

it('a nudge leaves the page its numbers', () => {
  const asked = played(cases[0]!)
  const before = asked.tape.values.map(({ id }) => [...asked.values(id)])
  new Nudger(asked, elementOf(asked, 'w1')).nudge(1)
  expect(asked.tape.values.map(({ id }) => [...asked.values(id)])).toEqual(before)
})
