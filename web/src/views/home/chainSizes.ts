// Where the drawing of a chain puts its parts, in the units of its viewBox.

export interface Layout {
  readonly width: number
  readonly height: number
  readonly node: { readonly width: number; readonly height: number; readonly top: number }
  readonly gap: number
  /** Parameters and targets, above the value they enter: beside each other, or one above the other. */
  readonly beside: { readonly width: number; readonly height: number }
  readonly stacked: boolean
  /** How far the ways back swing out and down. */
  readonly bend: number
  readonly dip: number
  /** The baseline of what is written at them. */
  readonly label: number
  readonly plate: {
    readonly width: number
    readonly height: number
    readonly top: number
    /** Of one letter of an equation. */
    readonly letter: number
    /** How far it reaches past the middle of the value whose parameter it is about. */
    readonly overhang: number
  }
}

export const WIDE: Layout = {
  width: 1120,
  height: 250,
  node: { width: 116, height: 66, top: 88 },
  gap: 135,
  beside: { width: 96, height: 46 },
  stacked: false,
  bend: 44,
  dip: 40,
  label: 212,
  plate: { width: 252, height: 46, top: 199, letter: 10.3, overhang: 40 },
}

export const NARROW: Layout = {
  width: 358,
  height: 252,
  node: { width: 62, height: 52, top: 102 },
  gap: 12,
  beside: { width: 62, height: 36 },
  stacked: true,
  bend: 12,
  dip: 30,
  label: 194,
  plate: { width: 236, height: 44, top: 204, letter: 8.5, overhang: 40 },
}
