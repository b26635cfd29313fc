// Writes a page with every figure of the gallery, its styles and its fonts in it: `node scripts/gallery.mjs FILE`.

import { readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, resolve } from 'node:path'
import { compile } from 'svelte/compiler'
import { createServer } from 'vite'

const [file] = process.argv.slice(2)
if (!file) throw new Error('usage: node scripts/gallery.mjs FILE')

const KATEX = dirname(createRequire(import.meta.url).resolve('katex/dist/katex.min.css'))
/** Every machine has these, and no two have the same others. */
const FONTS = "--sans: 'KaTeX_SansSerif'; --mono: 'KaTeX_Typewriter';"

function withFonts(css) {
  return css
    .replaceAll(/,\s*url\([^)]*\)\s*format\(["'](?:woff|truetype)["']\)/g, '')
    .replaceAll(/url\(["']?[^)"']*?(KaTeX_[\w-]+\.woff2)["']?\)/g, (_, name) => {
      return `url(data:font/woff2;base64,${readFileSync(resolve(KATEX, 'fonts', name)).toString('base64')})`
    })
}

const root = resolve(import.meta.dirname, '..')
const read = (path) => readFileSync(resolve(root, path), 'utf8')
const vite = await createServer({ root, mode: 'test', server: { middlewareMode: true }, appType: 'custom', logLevel: 'error' })
try {
  const { FIGURES } = await vite.ssrLoadModule('/src/views/gallery/figures.ts')
  const drawn = Object.entries(FIGURES).map(([name, figure]) => [name, figure()])
  const shared = ['tokens', 'elements', 'parts'].map((name) => read(`src/views/parts/${name}.css`))
  const scoped = [...vite.environments.ssr.moduleGraph.fileToModulesMap.keys()]
    .filter((path) => path.endsWith('.svelte'))
    .sort()
    .map((filename) => compile(read(filename), { filename, rootDir: root }).css?.code ?? '')
  const styles = [...shared, ...scoped]
  const figures = drawn.map(
    ([name, html]) => `<div class="frame ${html.includes('class="canvas') ? 'drawing' : ''}" id="${name}">${html}</div>`,
  )
  writeFileSync(
    file,
    `<!doctype html><meta charset="utf-8"><style>${withFonts(readFileSync(resolve(KATEX, 'katex.min.css'), 'utf8'))}</style>
<style>${styles.join('\n')}</style>
<style>
  html { font-size: 16px }
  body { margin: 0 }
  .whygrad { ${FONTS} color-scheme: light }
  .whygrad .frame { width: 640px; padding: 16px; background: var(--paper); overflow: hidden }
  .whygrad .drawing { display: flex; flex-direction: column; width: 960px; height: 480px }
  .whygrad .drawing > .graph { flex: 1 }
  .whygrad .arriving { visibility: visible }
</style>
<div class="whygrad" data-theme="light">${figures.join('\n')}</div>
`,
  )
  console.log(`${figures.length} figures`)
} finally {
  await vite.close()
}
