// Writes what the browser runs for `whygrad bench playground`, bundled as for the page, on standard
// output.

import { fileURLToPath } from 'node:url'
import { build } from 'vite'

const [{ output }] = await build({
  configFile: false,
  logLevel: 'warn',
  build: {
    write: false,
    target: 'es2022',
    lib: { entry: fileURLToPath(new URL('playground.ts', import.meta.url)), formats: ['es'] },
  },
})
process.stdout.write(output[0].code)
