// The computation and the reasons read one formula in one way.

import { expect, test } from 'vitest'
import { contributionsIn, isSumOfContributions } from '../text/contributions'
import { explain } from '../text/explain'
import { sceneOf, tapes } from '../text/tapes'
import { usesOf } from './uses'

/** Of a large value so many elements are read, spread over it. */
const ELEMENTS = 3

test.each(tapes)('what is computed and what is given as reason: $name', ({ tape, run }) => {
  const scene = sceneOf(tape, run, true)
  const isGradient = (id: number): boolean => tape.values[id]!.role === 'gradient'
  let merged = 0
  for (const { output } of tape.steps) {
    if (!isGradient(output)) continue
    const count = scene.values(output).length
    for (let at = 0; at < count; at += Math.ceil(count / ELEMENTS)) {
      const tree = scene.formula(output, at)
      if (!isSumOfContributions(tree, isGradient)) continue
      const uses = usesOf(scene, tree)
      const { lines, details } = explain(scene, output, at)
      const through = [...lines, ...(details?.lines ?? [])].filter(({ caption }) => caption.startsWith('through '))
      expect(through.length || 1).toBe(uses.length)
      through.forEach(({ tex, caption }, n) => {
        const { upstream, product } = uses[n]!
        const of = tape.values[upstream.id]!.gradient_of ?? upstream.id
        expect(caption).toBe(`through ${scene.label(of, upstream.at)}`)
        const shown = Number(/= (\S+)$/.exec(tex)![1]!.replace(/\\mathrm\{e\}\{(-?\d+)\}/, 'e$1'))
        expect(Math.abs(shown - product)).toBeLessThanOrEqual(1e-3 * Math.abs(product))
      })
      if (contributionsIn(tree, isGradient).some(({ ways }) => ways.length > 1)) merged++
    }
  }
  expect(merged, 'gradients that arrive in several ways through one element').toBeGreaterThan(0)
})
