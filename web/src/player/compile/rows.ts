// Steps as rows: an output of R rows of C columns is computed row by row, columns written out.

import { countBy } from '../kernels/elementwise'
import { numberOf, type Site } from '../kernels/kernel'
import { type Sum, SUMS } from '../kernels/reduce'
import { countOf, positions, type Shape, spread, type View } from '../layout'
import type { Params } from '../tape'
import type { Body, Column, Grid } from './body'

/** How a step is written for one row. */
export interface Rows {
  readonly rows: number
  readonly columns: number
  /** What is read in each row, and how many columns of it. */
  readonly reads: readonly (Grid & { readonly columns: number })[]
  /** How many operations one row takes. */
  readonly terms: number
  readonly write: (body: Body) => void
}

/** Operations that are written out in one function: V8 takes long to optimize long ones. */
export const MOST_TERMS = 300
/** Operations in one row of one step that are written out; of more, a loop over columns is made. */
const MOST_UNROLLED = 256

type Expression = (x: readonly string[], params: Params) => string

/** Ops of one element, as text: the same arithmetic as in the table of kernels. */
const EXPRESSIONS: Readonly<Record<string, Expression>> = {
  copy: ([x]) => x!,
  neg: ([x]) => `-${x}`,
  square: ([x]) => `${x} * ${x}`,
  exp: ([x]) => `Math.exp(${x})`,
  log: ([x]) => `Math.log(${x})`,
  sqrt: ([x]) => `Math.sqrt(${x})`,
  abs: ([x]) => `Math.abs(${x})`,
  relu: ([x]) => `Math.max(${x}, 0)`,
  sigmoid: ([x]) => `1 / (1 + Math.exp(-${x}))`,
  add: ([a, b]) => `${a} + ${b}`,
  sub: ([a, b]) => `${a} - ${b}`,
  mul: ([a, b]) => `${a} * ${b}`,
  div: ([a, b]) => `${a} / ${b}`,
  maximum: ([a, b]) => `Math.max(${a}, ${b})`,
  minimum: ([a, b]) => `Math.min(${a}, ${b})`,
  gt: ([a, b]) => `${a} > ${b} ? 1 : 0`,
  ge: ([a, b]) => `${a} >= ${b} ? 1 : 0`,
  eq: ([a, b]) => `${a} === ${b} ? 1 : 0`,
  where: ([test, a, b]) => `${test} ? ${a} : ${b}`,
  heaviside: ([x], params) => `${x} <= 0 ? (${x} === 0 ? ${numberOf(params, 'at_zero')} : 0) : 1`,
  leaky_relu: ([x], params) => `${x} > 0 ? ${x} : ${x} * ${numberOf(params, 'negative_slope')}`,
}

/** A step as rows, or null if it cannot be written so, or not shortly. */
export function rowsOf(op: string, site: Site): Rows | null {
  if (!site.output.data.length) return null
  const found = byOp(op, site)
  return found && found.terms <= MOST_TERMS ? found : null
}

function byOp(op: string, site: Site): Rows | null {
  if (op === 'tanh') return tanhRows(site)
  if (op === 'matmul') return matmulRows(site)
  if (op === 'divide_by_count') {
    const divided: Expression = ([x]) => `${x} / ${countBy(site)}`
    return elementRows({ ...site, inputs: site.inputs.slice(0, 1) }, divided)
  }
  const sum = Object.hasOwn(SUMS, op) ? SUMS[op] : undefined
  if (sum) return sumRows(site, sum(site))
  const expression = Object.hasOwn(EXPRESSIONS, op) ? EXPRESSIONS[op] : undefined
  return expression ? elementRows(site, expression) : null
}

function elementRows({ inputs, output, ...site }: Site, expression: Expression): Rows | null {
  const grids = inputs.map((view) => gridOf(spread(view, output.shape)))
  const from = grids.filter((grid) => grid !== null)
  if (from.length < grids.length) return null
  return rowsBy(output, from, 2, (body, to, j) => {
    const x = from.map((grid) => body.read(grid, j))
    body.write(to, j, expression(x, site.params))
  })
}

/** Rows whose columns are all made alike, of the same column of what is read. */
function rowsBy(
  output: View,
  from: readonly Grid[],
  termsOfColumn: number,
  write: (body: Body, to: Grid, j: Column) => void,
): Rows {
  const { rows, columns } = extent(output.shape)
  const to = gridOf(output)!
  const looped = columns * termsOfColumn > MOST_UNROLLED
  return {
    rows,
    columns,
    reads: from.map((grid) => ({ ...grid, columns })),
    terms: looped ? termsOfColumn : columns * termsOfColumn,
    write: (body) => body.each(columns, looped, (j) => write(body, to, j)),
  }
}

function tanhRows({ inputs, output }: Site): Rows | null {
  const from = gridOf(inputs[0]!)
  const { rows, columns } = extent(output.shape)
  if (!from || (from.column !== 1 && columns > 1)) return null
  const to = gridOf(output)!
  if (from.row === columns && rows > 1) {
    const count = rows * columns // all at once: the pieces would be short
    return {
      rows: 1,
      columns: count,
      reads: [{ ...from, columns: count }],
      terms: 1,
      write: (body) => body.tanh(from, to, count),
    }
  }
  return {
    rows,
    columns,
    reads: [{ ...from, columns }],
    terms: 1,
    write: (body) => body.tanh(from, to, columns),
  }
}

function matmulRows({ inputs: [left, right], output }: Site): Rows | null {
  const from = gridOf(spread(left!, [...output.shape.slice(0, -2), ...left!.shape.slice(-2)]))
  const inner = left!.shape.at(-1)!
  if (!from || !inner || countOf(right!.shape) !== inner * output.shape.at(-1)!) return null
  const [down, across] = right!.strides.slice(-2) as [number, number]
  // row k of the second matrix, column by column
  const others = Array.from({ length: inner }, (_, k) => ({
    data: right!.data,
    offset: right!.offset + k * down,
    row: 0,
    column: across,
  }))
  const rows = rowsBy(output, others, inner, (body, to, j) => {
    const terms = others.map((row, k) => `${body.read(from, k)} * ${body.read(row, j)}`)
    body.write(to, j, terms.join(' + '))
  })
  return {
    ...rows,
    reads: [...rows.reads, { ...from, columns: inner }],
    write(body) {
      others.forEach((_, k) => body.read(from, k)) // once, before a loop over columns
      rows.write(body)
    },
  }
}

function sumRows({ inputs: [input], output }: Site, { axes, divisor, dropped }: Sum): Rows | null {
  const { data, offset, shape, strides } = input!
  const lead = shape.length - output.shape.length
  // the first element that each element of the sum adds up, and the way from there to the others
  const first = gridOf({
    data,
    offset,
    shape: output.shape,
    strides: dropped
      ? strides.filter((_, axis) => !axes.has(axis))
      : strides.slice(lead).map((stride, i) => (axes.has(i + lead) ? 0 : stride)),
  })
  const sizes = shape.map((size, axis) => (axes.has(axis) ? size : 1))
  const steps = [...positions({ data, offset: 0, shape: sizes, strides })]
  if (!first || !steps.length) return null
  const added = steps.map((step) => ({ ...first, offset: offset + step }))
  return rowsBy(output, added, added.length, (body, to, j) => {
    const sum = added.map((grid) => body.read(grid, j)).join(' + ')
    body.write(to, j, divisor === 1 ? sum : `(${sum}) / ${divisor}`)
  })
}

function extent(shape: Shape): { rows: number; columns: number } {
  return { rows: countOf(shape.slice(0, -1)), columns: shape.at(-1) ?? 1 }
}

/** A view as rows of columns, or null if its rows do not follow one another at one distance. */
function gridOf(view: View): Grid | null {
  const lead = view.shape.slice(0, -1)
  let row = 0
  let size = 1
  for (let axis = lead.length - 1; axis >= 0; axis--) {
    if (lead[axis] === 1) continue
    if (size === 1) row = view.strides[axis]!
    else if (view.strides[axis] !== row * size) return null
    size *= lead[axis]!
  }
  return { data: view.data, offset: view.offset, row, column: view.strides.at(-1) ?? 0 }
}
