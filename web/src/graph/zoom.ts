// Zooming and panning by wheel, drag and pinch, in a way that leaves a page's own scrolling alone.

import { select } from 'd3-selection'
import { zoom, type ZoomBehavior, zoomIdentity } from 'd3-zoom'
import type { Transform } from './frame'

export interface Zooming {
  /** Sets the transform, which is not reported back; the same one again costs nothing. */
  set(transform: Transform): void
  by(factor: number): void
  stop(): void
}

/**
 * Makes an SVG zoom.
 *
 * @param scrolls whether the page scrolls under it: the wheel then zooms only with Ctrl or ⌘, and
 *   one finger scrolls
 */
export function zooming(
  svg: SVGSVGElement,
  scrolls: () => boolean,
  changed: (transform: Transform) => void,
): Zooming {
  let silent = false
  let known: Transform | null = null
  const behavior: ZoomBehavior<SVGSVGElement, unknown> = zoom<SVGSVGElement, unknown>()
    .scaleExtent([0.1, 6])
    .extent(() => [
      [0, 0],
      [svg.clientWidth, svg.clientHeight],
    ])
    .filter((event: WheelEvent | MouseEvent | TouchEvent) => {
      if (event.type === 'wheel')
        return !scrolls() || event.ctrlKey || (event as WheelEvent).metaKey
      if ('touches' in event) return !scrolls() || event.touches.length > 1
      return !event.ctrlKey && (event as MouseEvent).button === 0
    })
    .on('zoom', ({ transform: { k, x, y } }: { transform: Transform }) => {
      known = null
      if (!silent) changed({ k, x, y })
    })
  const selection = select(svg).call(behavior).on('dblclick.zoom', null)
  return {
    set(transform) {
      if (known && isSame(known, transform)) return
      const { k, x, y } = transform
      silent = true
      selection.call(behavior.transform, zoomIdentity.translate(x, y).scale(k))
      silent = false
      known = transform
    },
    by: (factor) => void selection.call(behavior.scaleBy, factor),
    stop: () => void selection.on('.zoom', null),
  }
}

function isSame(a: Transform, b: Transform): boolean {
  return a.k === b.k && a.x === b.x && a.y === b.y
}
