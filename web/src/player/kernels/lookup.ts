// Ops that look numbers up by index, and those that add them back where they came from.

import { countOf, positions, type Shape, type View } from '../layout'
import type { Params } from '../tape'
import { type Apply, type Computing, numberOf, type Site } from './kernel'

/** Whether the index names one place for all of a row, or one for each element. */
type Index = 'rows' | 'elements'

/**
 * Pairs each place (o, j, q) of a small array with place (o, index, q) of a large one: `o` runs
 * over the axes before the one that is looked up along, `q` over those after it.
 */
function bindPairs(
  site: Site,
  small: Shape,
  large: Shape,
  index: View,
  names: Index,
  each: (small: number, large: number) => void,
): Apply {
  const axis = (numberOf(site.params, 'axis') + large.length) % large.length
  const inner = large.slice(axis + 1).reduce((product, size) => product * size, 1)
  const outer = large.slice(0, axis).reduce((product, size) => product * size, 1)
  const many = names === 'rows' ? countOf(index.shape) : small[axis]!
  const size = large[axis]!
  const indexAt = positions(index)
  return () => {
    for (let o = 0, p = 0; o < outer; o++)
      for (let j = 0; j < many; j++)
        for (let q = 0; q < inner; q++, p++) {
          const found = index.data[indexAt[names === 'rows' ? j : p]!]! % size
          each(p, (o * size + (found < 0 ? found + size : found)) * inner + q)
        }
  }
}

/** A kernel that reads from its first input where the second says. */
function reading(names: Index, shape: Computing['shape']): Computing {
  return {
    shape,
    bind(site) {
      const [x, index] = site.inputs as [View, View]
      const out = site.output.data
      const at = positions(x)
      return bindPairs(site, site.output.shape, x.shape, index, names, (small, large) => {
        out[small] = x.data[at[large]!]!
      })
    },
  }
}

/** A kernel that adds its first input up where the second says, in the shape of the third. */
const adding = (names: Index): Computing => ({
  shape: ([, , like]) => like!,
  bind(site) {
    const [g, index] = site.inputs as [View, View]
    const out = site.output.data
    const at = positions(g)
    const add = bindPairs(site, g.shape, site.output.shape, index, names, (small, large) => {
      out[large]! += g.data[at[small]!]!
    })
    return () => {
      out.fill(0)
      add()
    }
  },
})

function selected([x, index]: readonly Shape[], params: Params): Shape {
  const axis = (numberOf(params, 'axis') + x!.length) % x!.length
  return x!.toSpliced(axis, 1, ...index!)
}

export const LOOKUP: Readonly<Record<string, Computing>> = {
  index_select: reading('rows', selected),
  index_add_like: adding('rows'),
  gather: reading('elements', ([, index]) => index!),
  scatter_add_like: adding('elements'),
}
