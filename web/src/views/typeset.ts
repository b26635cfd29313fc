import type { Attachment } from 'svelte/attachments'

type Draw = (tex: string, element: HTMLElement) => void

let draw: Draw | null = null
let loading: Promise<Draw> | null = null

/** Attaches a formula to an element; KaTeX is fetched when the first one is shown. */
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
  loading ??= import('./katex').then((module) => (draw = module.draw))
  return loading
}
