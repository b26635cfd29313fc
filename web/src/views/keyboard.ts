// Arrows step, space plays, with Shift arrows go by iterations, ? asks why; fields keep their own keys.

import type { Study } from '../explore/study.svelte'

const TYPED_IN = 'input:not([type=checkbox]), textarea, select, [contenteditable]'
const PRESSED = 'button, a, summary, input, [role=button], [role=tab], [role=radio]'

/** Acts on a key; says whether it did. */
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
    case '?':
      asking.call(target)
      return true
    default:
      return false
  }
}
