// @vitest-environment node
// Text can be read on every ground, in both themes: 4.5:1, and 3:1 for the edge of what is used.

import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

const css = readFileSync(new URL('./tokens.css', import.meta.url), 'utf8')
const COLOURS = new Map(
  [...css.matchAll(/--([\w-]+): light-dark\((#\w{6}), (#\w{6})\)/g)].map(([, name, ...pair]) => [name!, pair]),
)
const TEXTS = ['ink', 'soft', 'faint', 'forward', 'backward', 'update', 'what-if', 'warning']
const GROUNDS = ['paper', 'card', 'sunk']
const THEMES = ['light', 'dark']

function luminance(colour: string): number {
  const [r, g, b] = [1, 3, 5].map((at) => {
    const part = parseInt(colour.slice(at, at + 2), 16) / 255
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4
  }) as [number, number, number]
  return 0.2126 * r + 0.7152 * g + 0.0722 * b
}

function contrast(a: string, b: string, theme: number): number {
  const [low, high] = [a, b].map((name) => luminance(COLOURS.get(name)![theme]!)).sort((x, y) => x - y)
  return (high! + 0.05) / (low! + 0.05)
}

test.each([...THEMES.entries()])('text, theme %i: %s', (theme) => {
  for (const ground of GROUNDS)
    for (const text of TEXTS) expect(contrast(text, ground, theme), `${text} on ${ground}`).toBeGreaterThanOrEqual(4.5)
  for (const accent of ['forward', 'backward', 'update'])
    expect(contrast('on-accent', accent, theme), `on ${accent}`).toBeGreaterThanOrEqual(4.5)
})

test.each([...THEMES.entries()])('edges, theme %i: %s', (theme) => {
  for (const ground of ['paper', 'card']) expect(contrast('edge', ground, theme), ground).toBeGreaterThanOrEqual(3)
})
