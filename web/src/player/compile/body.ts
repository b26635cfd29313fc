// The text of one function: a loop over rows in which several steps are written out.

import { tanhInto } from '../kernels/tanh'

/** Element (i, j) of an array of rows and columns lies at `offset + i·row + j·column`. */
export interface Grid {
  readonly data: Float64Array
  readonly offset: number
  readonly row: number
  readonly column: number
}

/** A column that is written out, or the variable of a loop over columns. */
export type Column = number | 'j'

/** What a text calls the arrays it reads and writes. */
export class Arrays {
  readonly #names = new Map<Float64Array, string>()

  name(data: Float64Array): string {
    const name = this.#names.get(data) ?? `a${this.#names.size}`
    this.#names.set(data, name)
    return name
  }

  /** The function that a text makes, which may name the arrays, `tanhInto` and what is given. */
  make(text: string, given: Readonly<Record<string, unknown>> = {}): unknown {
    const make = new Function('tanhInto', ...this.#names.values(), ...Object.keys(given), text)
    return make(tanhInto, ...this.#names.keys(), ...Object.values(given))
  }
}

/** Gathers text. It holds numbers and names made up here: nothing of it comes from the tape. */
export class Body {
  readonly #rows: number
  readonly #lines: string[] = []
  readonly #arrays: Arrays
  /** Where row i begins, by the length of a row. */
  readonly #starts = new Map<number, string>()
  /** Elements that are in a variable, by their text as array elements. */
  readonly #known = new Map<string, string>()
  #variables = 0

  constructor(rows: number, arrays: Arrays) {
    this.#rows = rows
    this.#arrays = arrays
  }

  /** Writes out what is done for every column; or a loop over them. */
  each(columns: number, looped: boolean, write: (j: Column) => void): void {
    if (!looped) {
      for (let j = 0; j < columns; j++) write(j)
      return
    }
    const before = new Set(this.#known.keys())
    this.#lines.push(`for (let j = 0; j < ${columns}; j++) {`)
    write('j')
    this.#lines.push('}')
    for (const element of this.#known.keys()) if (!before.has(element)) this.#known.delete(element)
  }

  /** The text of an element that is read. */
  read(grid: Grid, j: Column): string {
    const element = this.#element(grid, j)
    const known = this.#known.get(element)
    if (known) return known
    // what is the same in every row is read where it is needed: there are more than registers
    return grid.row || j === 'j' ? this.#variable(element, element) : element
  }

  /** Puts the number that an expression gives in an element. */
  write(grid: Grid, j: Column, expression: string): void {
    const element = this.#element(grid, j)
    this.#lines.push(`${element} = ${this.#variable(element, expression)}`)
  }

  /** Puts tanh of `count` elements that lie side by side in others. */
  tanh(from: Grid, to: Grid, count: number): void {
    const places = [from, to].map((grid) => `${this.#arrays.name(grid.data)}, ${this.#place(grid, 0)}`)
    this.#lines.push(`tanhInto(${places.join(', ')}, ${count})`)
  }

  /** The text of the loop over the rows. */
  get text(): string {
    const starts = [...this.#starts].map(([row, name]) => `const ${name} = i * ${row}`)
    const lines = [...starts, ...this.#lines].join('\n')
    return `for (let i = 0; i < ${this.#rows}; i++) {\n${lines}\n}`
  }

  #variable(element: string, expression: string): string {
    const name = `x${this.#variables++}`
    this.#lines.push(`const ${name} = ${expression}`)
    this.#known.set(element, name)
    return name
  }

  #element(grid: Grid, j: Column): string {
    return `${this.#arrays.name(grid.data)}[${this.#place(grid, j)}]`
  }

  #place(grid: Grid, j: Column): string {
    const parts = [String(grid.offset + (j === 'j' ? 0 : j * grid.column))]
    if (j === 'j' && grid.column) parts.push(`j * ${grid.column}`)
    if (this.#rows > 1 && grid.row) parts.push(this.#start(grid.row))
    return parts.join(' + ')
  }

  #start(row: number): string {
    const start = this.#starts.get(row) ?? `row${this.#starts.size}`
    this.#starts.set(row, start)
    return start
  }

}
