import { svelte } from '@sveltejs/vite-plugin-svelte'
import type { BuildOptions, Plugin } from 'vite'
import { defineConfig } from 'vitest/config'

// The page, for the server: what a first visit can do without is left in chunks.
const page: BuildOptions = { emptyOutDir: true }

// The module, for a notebook and for a file on disk: they can fetch nothing that lies beside it.
const module: BuildOptions = {
  emptyOutDir: false,
  assetsInlineLimit: () => true,
  lib: { entry: 'src/hosts/widget.ts', formats: ['es'], fileName: 'whygrad' },
  rolldownOptions: { output: { codeSplitting: false, minify: true } },
}

// KaTeX names each font three times, for old browsers too; woff2 alone is a quarter of the bytes.
const woff2Only: Plugin = {
  name: 'woff2-only',
  enforce: 'pre',
  transform: {
    filter: { id: /katex.*\.css/ },
    handler: (css) => css.replaceAll(/,\s*url\([^)]*\) format\(["'](woff|truetype)["']\)/g, ''),
  },
}

export default defineConfig(({ mode }) => ({
  base: './',
  plugins: [woff2Only, svelte({ configFile: false })],
  // The server knows what trains by its folder, and gives it out under a policy of its own.
  worker: { rolldownOptions: { output: { entryFileNames: 'trainer/[name]-[hash].js' } } },
  build: {
    outDir: '../src/whygrad/app/static',
    target: 'es2022',
    ...(mode === 'module' ? module : page),
  },
  // Components under test mount in jsdom, as they do in a browser.
  resolve: mode === 'test' ? { conditions: ['browser'] } : {},
  // What is checked against Python as it stands is run by a test there, with what it wrote.
  test: {
    environment: 'jsdom',
    // no test judges how fast it is: this ends one that hangs
    testTimeout: 300_000,
    include: [
      process.env['WHYGRAD_TAPES']
        ? 'src/**/*.check.ts'
        : process.env['WHYGRAD_GRADED']
          ? 'src/**/*.agree.ts'
          : 'src/**/*.test.ts',
    ],
  },
}))
