// Colours as a canvas needs them: those that the page's tokens come to, light or dark.

import { createSubscriber } from 'svelte/reactivity'

/** Heard when the page turns light or dark, by the system or by hand. */
const subscribe = createSubscriber((update) => {
  const system = matchMedia('(prefers-color-scheme: dark)')
  const byHand = new MutationObserver(update)
  byHand.observe(document, { subtree: true, attributeFilter: ['data-theme'] })
  system.addEventListener('change', update)
  return () => {
    byHand.disconnect()
    system.removeEventListener('change', update)
  }
})

/** What an element is drawn with and on; who reads it in an effect is run again when it changes. */
export function coloursOf(element: Element): { readonly ink: string; readonly ground: string } {
  subscribe()
  const { color, backgroundColor } = getComputedStyle(element)
  return { ink: color, ground: backgroundColor }
}
