// Epochs per second of the browser's player: `node web/bench/player.mjs`, after `make install`.
// With `--json` the last line is a list of `{layers, compiled, plain}`.
//
// Two tanh networks learn 250 spiral points in batches of 10, with squared error. TensorFlow
// Playground's own network code, measured under Node on the same machine, is what to compare with.

import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { build } from 'vite'

const SECONDS = 2
const ROUNDS = 5

const here = (path) => fileURLToPath(new URL(path, import.meta.url))

// The player as the page has it: bundled, types gone.
const [{ output }] = await build({
  configFile: false,
  logLevel: 'warn',
  build: {
    write: false,
    target: 'es2022',
    lib: { entry: here('entry.ts'), formats: ['es'] },
  },
})
const source = Buffer.from(output[0].code).toString('base64')
const { Player, readLeaves, lookups } = await import(`data:text/javascript;base64,${source}`)

const python = process.env.PYTHON ?? here('../../.venv/bin/python')
const { batch, x, t, networks } = JSON.parse(
  execFileSync(python, [here('tapes.py')], { maxBuffer: 2 ** 26 }),
)
const chunks = (rows) =>
  Array.from({ length: rows.length / batch }, (_, n) =>
    Float64Array.from(rows.slice(n * batch, (n + 1) * batch).flat()),
  )
const xs = chunks(x)
const ts = chunks(t)

/** Epochs per second, the median of some rounds, the first of which warms up too. */
function rate(tape, leaves) {
  const player = new Player(tape, readLeaves(leaves))
  const { byName } = lookups(tape)
  const [xId, tId] = [byName.get('x'), byName.get('t')]
  const feed = (n) => {
    player.set(xId, xs[n % xs.length])
    player.set(tId, ts[n % ts.length])
  }
  const rates = Array.from({ length: ROUNDS }, () => {
    const start = performance.now()
    let epochs = 0
    while (performance.now() - start < (1000 * SECONDS) / ROUNDS) {
      player.train(10 * xs.length, feed)
      epochs += 10
    }
    return (1000 * epochs) / (performance.now() - start)
  })
  return Math.round(rates.sort((a, b) => a - b)[ROUNDS >> 1])
}

const found = []
for (const { layers, tape, leaves } of networks) {
  const compiled = rate(tape, leaves)
  // what is left where a content security policy forbids making functions from text
  const { Function } = globalThis
  globalThis.Function = undefined
  const plain = rate(tape, leaves)
  globalThis.Function = Function
  found.push({ layers, compiled, plain })
}
if (process.argv.includes('--json')) console.log(JSON.stringify(found))
else
  for (const { layers, compiled, plain } of found)
    console.log(`${layers.join('-')}: ${compiled} epochs/s compiled, ${plain} without`)
