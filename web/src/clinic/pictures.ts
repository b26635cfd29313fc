// What is drawn of a run, and of an examination's pictures.

import type { ClinicCourse, ClinicPicture } from '../wire'

/** One curve: where it is no number, it breaks off. */
export interface Line {
  readonly name: string
  readonly points: readonly (readonly [x: number, y: number])[]
  /** Drawn dashed, behind the others. */
  readonly aside?: boolean
}

export function trainingLine({ at, losses }: ClinicCourse): Line {
  return { name: 'training loss', points: joined(at, losses) }
}

export function validationLine({ epochs, validation }: ClinicCourse): Line {
  return { name: 'validation loss', points: joined(epochs, validation), aside: true }
}

export function scoreLine({ epochs, scores }: ClinicCourse, name: string): Line {
  return { name, points: joined(epochs, scores) }
}

/** Two runs in one picture: as it was, and with the remedy. */
export function beside(before: Line, after: Line): Line[] {
  return [
    { ...before, name: 'as it was', aside: true },
    { ...after, name: 'with the remedy', aside: false },
  ]
}

export function pictureLines({ series }: ClinicPicture): Line[] {
  return series.map(({ name, values }, n) => ({
    name,
    points: joined([...values.keys()], values),
    aside: n > 0,
  }))
}

/** At most so many rows of a table, evenly taken, the first and the last among them. */
export function rowsOf(count: number, most = 12): number[] {
  if (count <= most) return [...Array(count).keys()]
  return [...Array(most).keys()].map((n) => Math.round((n * (count - 1)) / (most - 1)))
}

function joined(xs: readonly number[], ys: readonly (number | null)[]): [number, number][] {
  return ys.map((y, n) => [xs[n] ?? n, y ?? NaN])
}
