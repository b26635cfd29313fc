// The weight of what a first visit downloads: what index.html names, gzipped. Chunks come later.
import { readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'

const LIMIT_KB = 200
const root = new URL('../../src/whygrad/app/static/', import.meta.url)
const page = readFileSync(new URL('index.html', root), 'utf8')
const files = [...page.matchAll(/(?:src|href)="\.\/([^"]+\.(?:js|css))"/g)].map(([, path]) => path)
if (files.length === 0) throw new Error('index.html names no script and no stylesheet')

let total = 0
for (const file of files) {
  const kb = gzipSync(readFileSync(new URL(file, root))).length / 1000
  total += kb
  console.log(`${kb.toFixed(1).padStart(8)} KB  ${file}`)
}
console.log(`${total.toFixed(1).padStart(8)} KB  first visit, gzipped (at most ${LIMIT_KB})`)
if (total > LIMIT_KB) process.exit(1)
