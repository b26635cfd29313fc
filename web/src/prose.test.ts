// @vitest-environment node
// No English in the rooms whose sentences stand in the catalogue: they choose keys and fill slots.

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path/posix'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { expect, test } from 'vitest'

const ROOMS = ['why', 'whatif', 'predict']
/** Two words, one after the other. */
const PROSE = /[A-Za-z’]{2,}[,.;:]? [A-Za-z’]{2,}/
/** What tapes and types are marked with: no person reads it. */
const MARKS = new Set(['optimizer state', 'too many', 'as large'])

function proseIn(text: string): string[] {
  const found: string[] = []
  const visit = (node: ts.Node): void => {
    const literal =
      ts.isStringLiteralLike(node) || ts.isTemplateHead(node) || ts.isTemplateMiddleOrTemplateTail(node)
    if (literal && PROSE.test(node.text) && !MARKS.has(node.text)) found.push(node.text)
    ts.forEachChild(node, visit)
  }
  visit(ts.createSourceFile('it.ts', text, ts.ScriptTarget.Latest, true))
  return found
}

const folder = fileURLToPath(new URL('.', import.meta.url)).replaceAll('\\', '/')
const files = ROOMS.flatMap((room) =>
  readdirSync(join(folder, room), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !/\.(test|check)\.ts$/.test(name))
    .map((name) => join(room, name)),
)

test.each(files)('%s has keys and slots, no sentences', (file) => {
  expect(proseIn(readFileSync(join(folder, file), 'utf8'))).toEqual([])
})

test('a sentence is found where it is planted', () => {
  expect(proseIn("const says = `Each unit of ${x} moves ${y}.`")).toEqual(['Each unit of '])
  expect(proseIn("const says = 'not so simple'")).toEqual(['not so simple'])
  expect(proseIn("// a comment may say what it likes\nconst key = 'flow.moves'")).toEqual([])
})
