// KaTeX, in a chunk of its own: import it with `typeset`.

import 'katex/dist/katex.min.css'
import katex from 'katex'
import { type Tone, TONES } from '../text/tex'

const COLOURS: Readonly<Record<Tone, string>> = {
  upstream: 'var(--backward)',
  local: 'var(--forward)',
}

/** Draws LaTeX into an element. It builds nodes, not text with style attributes, as CSP asks. */
export function draw(tex: string, element: HTMLElement): void {
  katex.render(tex, element, {
    output: 'htmlAndMathml', // the MathML is for screen readers
    throwOnError: false,
  })
  const coloured = element.querySelectorAll<HTMLElement>('.katex-html [style*="color"]')
  for (const part of coloured) {
    const tone = TONE_OF.get(part.style.color)
    if (tone) part.style.color = COLOURS[tone]
  }
}

/** Tones by their stand-in colours, as a browser writes those. */
const TONE_OF = new Map(
  Object.entries(TONES).map(([tone, colour]) => {
    const probe = document.createElement('i')
    probe.style.color = colour
    return [probe.style.color, tone as Tone]
  }),
)
