// Sizes on the graph, in pixels at full scale.

import type { Direction } from './drawing'

export interface Measures {
  readonly width: number
  readonly height: number
  /** Between the centres of units side by side. */
  readonly apart: number
  /** Free space between two layers. */
  gap(many: boolean, weighted: boolean): number
}

export const TAB = { width: 84, height: 20 }
export const CARD = { width: 104, height: 58 }
/** More units than this side by side, and boxes get smaller. */
const ROOMY = 4

export function measures(direction: Direction, mostUnits: number): Measures {
  const roomy = mostUnits <= ROOMY
  if (direction === 'right') {
    const height = roomy ? 62 : 46
    return {
      width: roomy ? 92 : 84,
      height,
      apart: height + TAB.height + (roomy ? 18 : 13),
      gap: (many, weighted) => (!many ? (roomy ? 66 : 54) : weighted ? 112 : 40),
    }
  }
  return {
    width: roomy ? 84 : 78,
    height: roomy ? 58 : 46,
    apart: roomy ? 91 : 84,
    gap: (many, weighted) => (!many ? 44 : weighted ? 76 : 40),
  }
}

const CELL = 12
const GAP = 8

/** How a folded layer's heat maps lie: values, and gradients beside them. */
export function foldedGrid(units: number): {
  rows: number
  columns: number
  cell: number
  width: number
  height: number
} {
  const rows = Math.max(Math.min(units, 8), Math.ceil(Math.sqrt(units)))
  const columns = Math.ceil(units / rows)
  const cell = rows > 16 ? 6 : CELL
  return { rows, columns, cell, width: 2 * columns * cell + GAP + 16, height: rows * cell + 16 }
}

/** The size of a cell in a heat map of weights. */
export function matrixCell(rows: number, columns: number): number {
  return Math.max(2, Math.min(10, Math.floor(112 / Math.max(rows, columns))))
}

/** How thick a weight is drawn: by its size, the same at every iteration, to a tenth of a pixel. */
export function thickness(weight: number): number {
  const thick = Number.isFinite(weight) ? 1 + 4 * Math.tanh(Math.abs(weight) / 2) : 5
  return Math.round(10 * thick) / 10
}
