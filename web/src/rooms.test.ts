// @vitest-environment node
// The rooms of the page and who may know whom, as import-linter holds it in Python: a file imports
// from its own room and from those below it.

import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path/posix'
import { fileURLToPath } from 'node:url'
import { parse } from 'svelte/compiler'
import ts from 'typescript'
import { describe, expect, test } from 'vitest'

/** From the bottom to the top. A new folder is placed here before it is imported. */
const ROOMS: readonly string[] = [
  'player',
  'wire',
  'learner',
  'contract',
  'training',
  'text',
  'plot',
  'graph',
  'session',
  'why',
  'whatif',
  'predict',
  'explore',
  'home',
  'practice',
  'clinic',
  'views',
  'hosts',
]
/** Tests of the whole page lie in no room. */
const OF_ALL = /^[^/]+\.test\.ts$/

/** Texts of files, by their paths in src. */
type Files = Readonly<Record<string, string>>

function filesOf(folder: string): Files {
  const paths = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  return Object.fromEntries(
    paths
      .map((path) => path.replaceAll('\\', '/'))
      .filter((path) => /\.(ts|svelte|css)$/.test(path) && !OF_ALL.test(path))
      .map((path) => [path, readFileSync(join(folder, path), 'utf8')]),
  )
}

/** What a file imports of its neighbours: values, types, styles, and what is fetched later. */
function importsOf(path: string, text: string): string[] {
  const found = path.endsWith('.svelte') ? ofComponent(text) : path.endsWith('.ts') ? ofModule(text) : []
  return found
    .filter((name) => name.startsWith('.'))
    .map((name) => join(dirname(path), name))
    .filter((target) => !target.startsWith('..'))
}

function ofModule(text: string): string[] {
  return ts.preProcessFile(text, true, true).importedFiles.map(({ fileName }) => fileName)
}

const SOURCED = ['ImportDeclaration', 'ExportNamedDeclaration', 'ExportAllDeclaration', 'ImportExpression']

/** Of the scripts and of the markup, where a component may be fetched too. */
function ofComponent(text: string): string[] {
  const found: string[] = []
  const visit = (node: unknown): void => {
    if (!node || typeof node !== 'object') return
    const { type, source, argument } = node as Record<string, { readonly value?: unknown } | string>
    const named = type === 'TSImportType' ? argument : SOURCED.includes(type as string) ? source : null
    if (named && typeof named === 'object' && typeof named.value === 'string') found.push(named.value)
    Object.values(node).forEach(visit)
  }
  visit(parse(text, { modern: true }))
  return found
}

function roomOf(path: string): string {
  return path.split('/')[0]!.replace(/\.ts$/, '')
}

/** Every import that goes up, and every file outside the rooms. */
function wrongImports(files: Files): string[] {
  return Object.entries(files).flatMap(([path, text]) => {
    const level = ROOMS.indexOf(roomOf(path))
    if (level < 0) return [`${path} lies in no room: put it in one of ${ROOMS.join(', ')}`]
    return importsOf(path, text).flatMap((target) => {
      const room = roomOf(target)
      const above = ROOMS.indexOf(room)
      if (above < 0) return [`${path} imports ${target}, which lies in no room`]
      if (above <= level) return []
      return [
        `${path} imports ${target}: ${room} stands above ${ROOMS[level]}. ` +
          'Move what both need into a room below both.',
      ]
    })
  })
}

/** Files of one name, whatever their room, case and ending: two things would go by it. */
function sharedNames(files: Files): string[] {
  const byName = new Map<string, string[]>()
  for (const path of Object.keys(files)) {
    if (/\.(test\.ts|css)$/.test(path) || path.endsWith('/index.ts')) continue
    const name = path.split('/').at(-1)!.replace(/(\.svelte)?\.ts$|\.svelte$/, '').toLowerCase()
    byName.set(name, [...(byName.get(name) ?? []), path])
  }
  return [...byName.values()]
    .filter((paths) => paths.length > 1)
    .map((paths) => `${paths.join(' and ')} go by one name: rename one after what it holds`)
}

const files = filesOf(fileURLToPath(new URL('.', import.meta.url)))

test('imports go from a room to itself or to one below', () => {
  expect(wrongImports(files)).toEqual([])
})

test('no two files go by one name', () => {
  expect(sharedNames(files)).toEqual([])
})

test('each room has files', () => {
  expect(new Set(Object.keys(files).map(roomOf))).toEqual(new Set(ROOMS))
})

describe('what is planted is found', () => {
  test.each([
    ['a value', 'text/planted.ts', "import { a } from '../views/theme'"],
    ['a type', 'text/planted.ts', "import type { Theme } from '../views/theme'"],
    ['a type in place', 'text/planted.ts', "let theme: import('../views/theme').Theme"],
    ['what is passed on', 'text/planted.ts', "export * from '../views/theme'"],
    ['what is fetched later', 'text/planted.ts', "const later = () => import('../views/theme')"],
    ['styles', 'text/planted.ts', "import '../views/theme.css'"],
    ['a module at the root', 'player/planted.ts', "import { VERSION } from '../wire'"],
    ['a type, in a component', 'views/Planted.svelte', "<script lang=\"ts\">import type { S } from '../hosts/server'</script>"],
    ['a type in place, in a component', 'views/Planted.svelte', "<script lang=\"ts\">let s: import('../hosts/server').S</script>"],
    ['what is fetched in markup', 'views/Planted.svelte', "{#await import('../hosts/server')}{/await}"],
  ])('%s', (_, path, text) => {
    const [found, ...others] = wrongImports({ [path]: text })
    expect(found).toMatch(/planted\.ts imports (views\/theme|wire)|Planted\.svelte imports hosts\/server/)
    expect(found).toMatch(/(views|wire|hosts) stands above (text|player|views)\. Move/)
    expect(others).toEqual([])
  })

  test('among all files', () => {
    const planted = { 'player/planted.ts': "import type { Session } from '../session/session.svelte'" }
    expect(wrongImports({ ...files, ...planted })).toEqual([
      'player/planted.ts imports session/session.svelte: session stands above player. ' +
        'Move what both need into a room below both.',
    ])
  })

  test('a file in no room, and an import of it', () => {
    const stray = { 'stray.ts': '', 'views/planted.ts': "import '../stray'" }
    expect(wrongImports(stray)).toEqual([
      expect.stringMatching(/^stray\.ts lies in no room/),
      expect.stringMatching(/^views\/planted\.ts imports stray, which lies in no room/),
    ])
  })

  test('a file that goes by the name of another', () => {
    expect(sharedNames({ ...files, 'views/Tape.svelte': '' })).toEqual([
      expect.stringMatching(/^player\/tape\.ts and views\/Tape\.svelte go by one name/),
    ])
  })
})

test('imports down, of packages, and in comments are let be', () => {
  const text = "import { a } from '../text/tex'\nimport { b } from 'svelte'\n// import '../hosts/page'\n"
  expect(wrongImports({ 'views/planted.ts': text })).toEqual([])
})
