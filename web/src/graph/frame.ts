// How the drawing is set into the space there is, before a person zooms.

import type { Box, Drawing, Point } from './drawing'

export interface Transform extends Point {
  readonly k: number
}

const LARGEST = 1.25

/**
 * All of the drawing; or, where that would be smaller than `readable`, the part around `focus`.
 */
export function framed(
  { x, y, width, height }: Drawing['bounds'],
  space: { readonly width: number; readonly height: number },
  focus: Point | null,
  readable: number,
): Transform {
  const fit = Math.min(space.width / width, space.height / height, LARGEST)
  const k = Math.max(fit, readable)
  const offset = (start: number, size: number, room: number, at: number | undefined): number => {
    if (size * k <= room) return room / 2 - (start + size / 2) * k
    if (at === undefined) return -start * k
    return Math.min(-start * k, Math.max(room - (start + size) * k, room / 2 - at * k))
  }
  return {
    k,
    x: offset(x, width, space.width, focus?.x),
    y: offset(y, height, space.height, focus?.y),
  }
}

/** The middle of some boxes. */
export function centre(boxes: readonly Box[]): Point | null {
  if (!boxes.length) return null
  const sum = boxes.reduce((total, { x, y }) => ({ x: total.x + x, y: total.y + y }), {
    x: 0,
    y: 0,
  })
  return { x: sum.x / boxes.length, y: sum.y / boxes.length }
}
