// The law, on whole tapes: every line that is shown, read as arithmetic, gives what it says.

import { describe, expect, test } from 'vitest'
import { erf } from '../player/erf'
import { explain } from './explain'
import { isShown } from './expression'
import { DIGITS } from './numbers'
import { sceneOf, tapes } from './tapes'

/** Of a large value so many elements are read, spread over it. */
const ELEMENTS = 4

/** LaTeX of arithmetic on numbers as JavaScript; null where it holds a name, or leaves terms out. */
function arithmetic(tex: string): string | null {
  if (/\\mathit|\\cdots|\\ldots|\\partial|\\cdot/.test(tex)) return null
  let text = tex
    .replaceAll(/\\math(?:rm|bf)\{e\}\{(-?\d+)\}/g, 'e$1')
    .replaceAll(String.raw`\operatorname{erf}`, 'erf')
  const group = String.raw`\{([^{}]*)\}` // the innermost groups first
  for (let before = ''; before !== text; ) {
    before = text
    text = text
      .replaceAll(new RegExp(String.raw`\\textcolor\{#\w+\}${group}|\\boldsymbol${group}`, 'g'), '$1$2')
      .replaceAll(new RegExp(String.raw`\\dfrac${group}${group}`, 'g'), '(($1)/($2))')
      .replaceAll(new RegExp(String.raw`\\sqrt${group}`, 'g'), 'Math.sqrt($1)')
      .replaceAll(new RegExp(String.raw`(?<![\d.])e\^${group}`, 'g'), 'Math.exp($1)')
      .replaceAll(new RegExp(String.raw`\^${group}`, 'g'), '**($1)')
  }
  return text
    .replaceAll(String.raw`\times`, '*')
    .replaceAll(String.raw`\,(`, '*(')
    .replaceAll(/\\lvert (.*?)\\rvert/g, 'Math.abs($1)')
    .replaceAll(/\\(max|min|log|tanh)\(/g, 'Math.$1(')
    .replaceAll(/(^|[(,*+/-]\s*)-/g, '$1-1*') // JavaScript has no -a ** 2
}

/** How far a number may lie from what it is rounded to. */
function halfUnit(shown: number): number {
  const [mantissa, power] = shown.toExponential().split('e') as [string, string]
  const digits = Math.max(DIGITS, mantissa.replace(/[-.]/g, '').length)
  const slack = 1 + 1e-9 // halves go either way
  return shown === 0 ? 1e-9 : 0.5 * 10 ** (Number(power) - digits + 1) * slack
}

const read = (text: string): number => new Function('erf', `return ${text}`)(erf) as number

function holds(line: string): void {
  const sides = line.split(' = ').map(arithmetic)
  sides.forEach((side, n) => {
    const result = sides[n + 1]
    if (side === null || result === undefined || result === null) return
    const [value, shown] = [side, result].map((text) => read(text!))
    expect(Math.abs(value! - shown!), line).toBeLessThanOrEqual(halfUnit(shown!))
  })
}

describe.each(tapes)('every line about the tape "$name" holds', ({ tape, run }) => {
  test.each([true, false])('folded: %s', (fold) => {
    const scene = sceneOf(tape, run, fold)
    let checked = 0
    let explained = 0
    for (const { output } of tape.steps) {
      if (fold && !isShown(scene, output)) continue
      const count = scene.shape(output).reduce((product, size) => product * size, 1)
      for (let at = 0; at < count; at += Math.ceil(count / ELEMENTS)) {
        const { lines, details } = explain(scene, output, at)
        explained++
        for (const { tex } of [...lines, ...(details?.lines ?? [])]) {
          holds(tex)
          checked++
        }
      }
    }
    expect(checked).toBeGreaterThanOrEqual(2 * Math.max(1, explained))
  })
})

test('the reading of lines finds one that does not hold', () => {
  expect(() => holds(String.raw`\textcolor{#0b0001}{-1.75} \times 2 = \boldsymbol{-3.6}`)).toThrow()
  expect(() => holds(String.raw`\dfrac{1}{4}\,(2 + e^{0}) = 0.75`)).not.toThrow()
})
