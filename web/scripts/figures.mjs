// Writes the gallery's figures into web/figures: `npm run figures`, then look at what changed.

import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'vite'

const folder = new URL('../figures/', import.meta.url)
const vite = await createServer({ mode: 'test', server: { middlewareMode: true }, appType: 'custom', logLevel: 'error' })
try {
  const { FIGURES, kept } = await vite.ssrLoadModule('/src/views/gallery/figures.ts')
  mkdirSync(folder, { recursive: true })
  for (const file of readdirSync(folder)) rmSync(new URL(file, folder))
  for (const [name, figure] of Object.entries(FIGURES)) writeFileSync(new URL(`${name}.html`, folder), kept(figure()))
  console.log(`${Object.keys(FIGURES).length} figures`)
} finally {
  await vite.close()
}
