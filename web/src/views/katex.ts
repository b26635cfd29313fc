// KaTeX, in a chunk of its own: import it with `typeset`.

import 'katex/dist/katex.min.css'
import katex from 'katex'

/** Draws LaTeX into an element. It builds nodes, not text with style attributes, as CSP asks. */
export function draw(tex: string, element: HTMLElement): void {
  katex.render(tex, element, {
    output: 'htmlAndMathml', // the MathML is for screen readers
    throwOnError: false,
    trust: ({ command }) => command === '\\htmlClass',
    strict: (code) => (code === 'htmlExtension' ? 'ignore' : 'warn'),
  })
}
