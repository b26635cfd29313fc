// Formulas on the page: KaTeX is fetched when the first one is shown, with the faces it writes in.

import type { Attachment } from 'svelte/attachments'

type Draw = (tex: string, element: HTMLElement) => void

/** The faces that most formulas are written in; the others come when they are asked for. */
const FACES = ['1em KaTeX_Main', 'bold 1em KaTeX_Main', 'italic 1em KaTeX_Math', '1em KaTeX_Size1', '1em KaTeX_Size2']

/** How a formula becomes HTML where there is no page to build it on; null in a browser. */
export const onServer: { render: ((tex: string) => string) | null } = { render: null }

let draw: Draw | null = null
let loading: Promise<Draw> | null = null
let settled = $state(false)

/**
 * Whether formulas appear at once and as large as they stay: before that, what stands around them
 * would move. Asking fetches what is missing; if it cannot be had, the page goes on without.
 */
export function isTypesetting(): boolean {
  if (onServer.render) return true
  if (!settled) void load().catch(() => (settled = true))
  return settled
}

/** Attaches a formula to an element. */
export function typeset(tex: string): Attachment<HTMLElement> {
  return (element) => {
    if (draw) {
      draw(tex, element)
      return
    }
    let wanted = true
    load()
      .then((found) => wanted && found(tex, element))
      .catch(() => wanted && (element.textContent = tex)) // LaTeX is better than nothing
    return () => {
      wanted = false
    }
  }
}

function load(): Promise<Draw> {
  loading ??= fetched()
  return loading
}

async function fetched(): Promise<Draw> {
  const module = await import('./katex')
  // a face that cannot be had is replaced by another
  await Promise.allSettled(FACES.map((face) => document.fonts?.load(face)))
  draw = module.draw
  settled = true
  return module.draw
}
