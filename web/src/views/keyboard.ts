// What keys do on the page; fields keep their own keys.

import type { Study } from '../explore/study.svelte'

/** Every key that the page acts on, with what it does. */
export const KEYS: readonly (readonly [keys: string, does: string])[] = [
  ['→', 'Step forward'],
  ['←', 'Step back'],
  ['Shift →', 'Next iteration'],
  ['Shift ←', 'Previous iteration'],
  ['space', 'Play, or pause'],
  ['w', 'Ask why, of the number in focus or the step shown'],
  ['Ctrl K', 'Find a room, a network, a value or a word'],
  ['?', 'Show these keys'],
]

const TYPED_IN = 'input:not([type=checkbox]), textarea, select, [contenteditable]'
const PRESSED = 'button, a, summary, input, [role=button], [role=tab], [role=radio]'

/** Whether a key asks for something of the whole page, and for what. */
export function askedByKey(event: KeyboardEvent): 'find' | 'keys' | null {
  if (event.defaultPrevented || event.altKey) return null
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'k') return 'find'
  const target = event.target instanceof Element ? event.target : document.body
  return event.key === '?' && !event.ctrlKey && !event.metaKey && !target.closest(TYPED_IN) ? 'keys' : null
}

/** Acts on a key in the explorer; says whether it did. */
export function pressed(event: KeyboardEvent, { session, asking }: Study): boolean {
  const target = event.target instanceof Element ? event.target : document.body
  if (event.defaultPrevented || event.altKey || event.ctrlKey || event.metaKey) return false
  if (target.closest(TYPED_IN)) return false
  switch (event.key) {
    case 'ArrowRight':
      if (event.shiftKey) session.nextIteration()
      else session.stepForward()
      return true
    case 'ArrowLeft':
      if (event.shiftKey) session.previousIteration()
      else session.stepBack()
      return true
    case ' ':
      if (target.closest(PRESSED)) return false // space presses it
      if (session.playing) session.pause()
      else session.play()
      return true
    case 'w':
      asking.call(target)
      return true
    default:
      return false
  }
}
