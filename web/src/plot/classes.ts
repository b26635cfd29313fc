// How samples of each class are drawn: a colour and a shape, so that neither is needed alone.

import {
  symbol,
  symbolCircle,
  symbolCross,
  symbolDiamond,
  symbolSquare,
  symbolStar,
  symbolTriangle,
  type SymbolType,
  symbolWye,
} from 'd3-shape'

const SHAPES: readonly SymbolType[] = [
  symbolCircle,
  symbolSquare,
  symbolTriangle,
  symbolDiamond,
  symbolStar,
  symbolCross,
  symbolWye,
]
/** None of them is a phase's colour; they stay apart for colour-blind readers. */
const COLOURS: readonly string[] = [
  'light-dark(#4257b2, #8fa2f5)',
  'light-dark(#c58a00, #e8bd4f)',
  'light-dark(#7d2e68, #d688be)',
  'light-dark(#5f6b2e, #b3c26a)',
  'light-dark(#4a4a4a, #c9c9c9)',
]

export function shapeOf(kind: number, area: number): string {
  return symbol(SHAPES[kind % SHAPES.length], area)()!
}

export function colourOf(kind: number): string {
  return COLOURS[kind % COLOURS.length]!
}

/** A class's colour on the card, the stronger the clearer the class. */
export function tintOf(kind: number, strength: number): string {
  return `color-mix(in srgb, ${colourOf(kind)} ${Math.round(6 + 40 * strength)}%, var(--card))`
}

/** Which class a target names. */
export function kindOf(task: string, target: readonly number[]): number {
  if (task === 'classes') return target.indexOf(Math.max(...target))
  return task === 'binary' ? Number(target[0]! > 0.5) : 0
}
