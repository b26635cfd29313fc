// What Python answers (scripts/make_conformance.py): the browser says the same.

import { describe, expect, it } from 'vitest'
import { cases, played } from './fixtures'
import { expected, isClose, unfolded } from './kept'
import { why } from './ladder'
import { kinkNames, Nudger } from './nudge'
import { type Paths, pathsOf } from './paths'

function close(kept: number): unknown {
  return expect.toSatisfy((got: number) => isClose(got, kept), `about ${kept}`)
}

describe.each(cases)('$name', (kept) => {
  const { play, element } = played(kept.name)

  it.each(kept.ladders)('says why $name as Python does', (ladder) => {
    expect(unfolded(why(play, element(ladder.name!)), 2)).toEqual(expected(ladder))
  })

  it.each(kept.nudges)('nudges $name by $epsilon as Python does', (nudge) => {
    const found = new Nudger(play, element(nudge.name)).nudge(nudge.epsilon)
    expect(found.loss).toEqual(close(nudge.loss))
    expect(found.plus).toEqual(close(nudge.plus))
    expect(found.minus).toEqual(close(nudge.minus))
    if (nudge.gradient === null) expect(found.gradient).toBeNull()
    else expect(found.gradient).toEqual(close(nudge.gradient))
    expect(kinkNames(play, found)).toEqual(nudge.kinks)
  })

  it.each(kept.paths)('finds the paths from $name that Python finds', (paths) => {
    const found = pathsOf(play, element(paths.name), 5) as Paths
    expect(found.gradient).toEqual(close(paths.gradient))
    expect(found.count).toBe(paths.count)
    expect(found.share).toEqual(close(paths.share))
    expect(found.rest).toEqual(close(paths.rest))
    expect(
      found.listed.map(({ through, factors, product }) => ({
        through: through.map(({ id, at }) => play.label(id, at)),
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
  const { play, element } = played('flow')
  const before = play.tape.values.map(({ id }) => [...play.values(id)])
  new Nudger(play, element('w1')).nudge(1)
  expect(play.tape.values.map(({ id }) => [...play.values(id)])).toEqual(before)
})

it('the paths of an update are those of what it updates; an input has none', () => {
  const { play, element } = played('flow')
  expect(pathsOf(play, element('w1_new'))).toEqual(pathsOf(play, element('w1')))
  expect(pathsOf(play, element('x'))).toBeNull()
})
