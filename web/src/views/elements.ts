// Which element of a value is meant, and how a value's elements lie in rows and columns.

import type { Session } from '../session.svelte'

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

/** The position of the number that is largest in size, from `start` up to `end`. */
export function largest(numbers: ArrayLike<number>, start = 0, end = numbers.length): number {
  let found = start
  for (let i = start + 1; i < end; i++)
    if (Math.abs(numbers[i]!) > Math.abs(numbers[found]!)) found = i
  return found
}

/**
 * The element of a value to explain: the selected one, or its counterpart where the selection is
 * the same parameter, its gradient or its update; else the largest, of the sample that is shown.
 */
export function elementOf(session: Session, id: number): number {
  const { selected } = session
  if (selected && ownerOf(session, selected.id) === ownerOf(session, id)) return selected.at
  const values = session.values(id)
  if (!isPerSample(session, id)) return largest(values)
  const width = values.length / session.shape(id)[0]!
  return largest(values, session.row * width, (session.row + 1) * width)
}

/** Whether a value has a row for each sample. */
export function isPerSample(session: Session, id: number): boolean {
  return session.tape.values[id]!.shape[0] === 'batch'
}

/** What a value belongs to: a gradient and an update belong to something else, the rest to itself. */
export function ownerOf({ tape }: Session, id: number): number {
  const of = tape.values[id]!.gradient_of
  if (of !== undefined) return of
  return tape.carries.find(([, after]) => after === id)?.[0] ?? id
}
