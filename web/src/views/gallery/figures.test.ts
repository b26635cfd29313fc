// @vitest-environment node
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { FIGURES, kept } from './figures'

const FOLDER = fileURLToPath(new URL('../../../figures/', import.meta.url))

test.each(Object.entries(FIGURES))('%s is drawn as it was', (name, figure) => {
  expect(kept(figure())).toBe(readFileSync(`${FOLDER}${name}.html`, 'utf8'))
})

test('each file is of a figure', () => {
  expect(readdirSync(FOLDER).sort()).toEqual(Object.keys(FIGURES).map((name) => `${name}.html`).sort())
})

test('formulas are on the server, too', () => {
  const formula = FIGURES['formula-of-a-gradient']!()
  expect(formula).toContain('class="katex"')
  expect(formula).toContain('<math')
})
