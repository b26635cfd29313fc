// How a value's elements lie in rows and columns, and which of them a key leads to.

/** A value as a matrix: leading axes become rows, and a single column lies down to save room. */
export interface Grid {
  readonly rows: number
  readonly columns: number
}

export function gridOf(shape: readonly number[]): Grid {
  const columns = shape.at(-1) ?? 1
  const rows = shape.slice(0, -1).reduce((product, size) => product * size, 1)
  return columns === 1 ? { rows: 1, columns: rows } : { rows, columns }
}

/** Which rows and columns to show around an element where all would be too many. */
export function windowAround(
  { rows, columns }: Grid,
  at: number,
  most: number,
): { readonly rows: number[]; readonly columns: number[] } {
  return {
    rows: stretch(rows, Math.floor(at / columns), most),
    columns: stretch(columns, at % columns, most),
  }
}

function stretch(size: number, middle: number, most: number): number[] {
  const count = Math.min(size, most)
  const start = Math.max(0, Math.min(middle - Math.floor(count / 2), size - count))
  return Array.from({ length: count }, (_, n) => start + n)
}

/** The element that a key leads to from another; null for other keys. */
export function moved(key: string, { rows, columns }: Grid, at: number): number | null {
  const row = Math.floor(at / columns)
  const column = at % columns
  const place = (r: number, c: number): number =>
    Math.max(0, Math.min(r, rows - 1)) * columns + Math.max(0, Math.min(c, columns - 1))
  switch (key) {
    case 'ArrowLeft':
      return place(row, column - 1)
    case 'ArrowRight':
      return place(row, column + 1)
    case 'ArrowUp':
      return place(row - 1, column)
    case 'ArrowDown':
      return place(row + 1, column)
    case 'Home':
      return place(row, 0)
    case 'End':
      return place(row, columns - 1)
    default:
      return null
  }
}
