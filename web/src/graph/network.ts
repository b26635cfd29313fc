// A layered network: a column for each named value, a box for each unit, a line for each weight.

import { type Column, columnsOf, type Placed } from './columns'
import {
  boundsOf,
  type Box,
  type Direction,
  type Drawing,
  type GraphNode,
  type Heading,
  type Matrix,
  type Point,
} from './drawing'
import { CARD, foldedGrid, matrixCell, type Measures, measures, TAB } from './measures'
import { between } from './routes'
import type { Structure } from './structure'
import { cardEdge, joined } from './wires'

/** Free space between the loss and what stands beside it; a rate is written there. */
// room for the rate that comes back from the loss, clear of the target and its name
const BESIDE_LOSS = { right: 104, down: 62 } as const
const BELOW_LOSS = { right: 0, down: 44 } as const

/** Where along the network, and where across it. */
type Spot = (main: number, cross: number) => Point

/** Draws the network of a trace; layers whose value is in `folded` are heat maps. */
export function drawNetwork(
  structure: Structure,
  direction: Direction,
  folded: ReadonlySet<number>,
): Drawing {
  const columns = columnsOf(structure, folded)
  const sizes = measures(direction, Math.max(...columns.map((c) => (c.folded ? 1 : c.units))))
  const placed = placedColumns(structure, columns, direction, sizes)
  const find = (value: number): Placed | undefined =>
    placed.find((column) => column.value === value)
  const cards = placed.flatMap((column) => parameterNodes(column, find, direction))
  const nodes = [...placed.flatMap((column) => column.nodes), ...cards]
  const edges = [
    ...placed.flatMap((column) =>
      column.parents.flatMap((parent) => joined(find(parent)!, column, direction)),
    ),
    ...cards
      .filter(({ kind }) => kind === 'parameter')
      .map((card) => cardEdge(card, placed, direction)),
  ]
  const matrices = placed.flatMap((column) => matrixOf(column, find))
  const tabs = new Set(cards.filter(({ kind }) => kind === 'tab').map(({ value }) => value))
  const headings = placed.map((column) => heading(column, tabs.has(column.bias ?? -1), direction))
  const boxes: Box[] = [...nodes, ...matrices]
  for (const { x, y, text, anchor } of headings)
    boxes.push({
      x: anchor === 'start' ? x + text.length * 4 : x,
      y,
      width: text.length * 8,
      height: 20,
    })
  for (const { rate, to } of edges)
    boxes.push({
      ...rate,
      width: direction === 'right' && to.kind !== 'loss' ? 150 : 40,
      height: 40,
    })
  return { direction, nodes, edges, matrices, headings, bounds: boundsOf(boxes) }
}

/** Columns along the network; the target, and what the loss does not use, beside the loss. */
function placedColumns(
  structure: Structure,
  columns: readonly Column[],
  direction: Direction,
  sizes: Measures,
): Placed[] {
  const spot: Spot = direction === 'right' ? (x, y) => ({ x, y }) : (y, x) => ({ x, y })
  const used = new Set(columns.flatMap(({ parents }) => parents))
  const isBeside = ({ kind, value }: Column): boolean =>
    kind === 'target' || (kind !== 'loss' && !used.has(value))
  const line = columns.filter((column) => !isBeside(column))
  const found = new Map<number, Placed>()
  let main = 0
  line.forEach((column, n) => {
    const before = line[n - 1]
    const depth = depthOf(column, direction, sizes)
    if (before) main += gapBefore(column, before, direction, sizes) + depth / 2
    found.set(column.value, { ...column, nodes: nodesOf(column, main, 0, spot, sizes) })
    main += depth / 2
  })
  const loss = found.get(structure.tape.loss)!
  const end = direction === 'right' ? loss.nodes[0]!.x : loss.nodes[0]!.y
  const across = direction === 'right' ? sizes.height : sizes.width
  for (const column of columns.filter(isBeside)) {
    const side = column.kind === 'target' ? 1 : -1
    const away = across / 2 + BESIDE_LOSS[direction] + spanOf(column, direction, sizes) / 2
    const main = end + (column.kind === 'target' ? BELOW_LOSS[direction] : 0)
    found.set(column.value, { ...column, nodes: nodesOf(column, main, side * away, spot, sizes) })
  }
  return columns.map(({ value }) => found.get(value)!)
}

function nodesOf(
  column: Column,
  main: number,
  cross: number,
  spot: Spot,
  sizes: Measures,
): GraphNode[] {
  const { value, kind, units, names, folded } = column
  if (folded) {
    const { width, height } = foldedGrid(units)
    return [
      {
        key: `${value}`,
        kind: 'folded',
        value,
        unit: 0,
        title: '',
        ...spot(main, cross),
        width,
        height,
      },
    ]
  }
  const { width, height, apart } = sizes
  return Array.from({ length: units }, (_, unit) => ({
    key: `${value}.${unit}`,
    kind,
    value,
    unit,
    title: names[unit] ?? '',
    ...spot(main, cross + (unit - (units - 1) / 2) * apart),
    width,
    height,
  }))
}

/** A weight and a bias for one unit get cards; biases of several units sit on their boxes. */
function parameterNodes(
  { nodes, weight, bias, units, folded, parents }: Placed,
  find: (value: number) => Placed | undefined,
  direction: Direction,
): GraphNode[] {
  if (weight === null || folded) return []
  const [first] = nodes
  if (units === 1 && find(parents[0]!)!.units === 1) {
    const shown = [weight, ...(bias === null ? [] : [bias])]
    return shown.map((value, n) => {
      const side = shown.length === 1 ? 0 : n - 0.5
      const place =
        direction === 'right'
          ? { x: first!.x + side * 112, y: first!.y - first!.height / 2 - 92 }
          : { x: first!.x - first!.width / 2 - 84, y: first!.y + side * 66 }
      return { key: `${value}.0`, kind: 'parameter', value, unit: 0, title: '', ...place, ...CARD }
    })
  }
  if (bias === null) return []
  return nodes.map(({ x, y, width, height, unit }) => ({
    key: `${bias}.${unit}`,
    kind: 'tab',
    value: bias,
    unit,
    title: '',
    x,
    y: y - height / 2 - TAB.height / 2,
    width: Math.min(width, TAB.width),
    height: TAB.height,
  }))
}

function matrixOf(column: Placed, find: (value: number) => Placed | undefined): Matrix[] {
  const before = find(column.parents[0] ?? -1)
  if (column.weight === null || !before || !(column.folded || before.folded)) return []
  const cell = matrixCell(before.units, column.units)
  const a = middle(before.nodes)
  const b = middle(column.nodes)
  return [
    {
      key: `${column.weight}`,
      value: column.weight,
      rows: before.units,
      columns: column.units,
      ...between(a, b, 0.5),
      width: column.units * cell,
      height: before.units * cell,
    },
  ]
}

function middle(nodes: readonly GraphNode[]): Point {
  return between(nodes[0]!, nodes.at(-1)!, 0.5)
}

function gapBefore(column: Column, before: Column, direction: Direction, sizes: Measures): number {
  const gap = sizes.gap(before.units * column.units > 1, column.weight !== null)
  if (column.weight === null || !(column.folded || before.folded)) return gap
  const cell = matrixCell(before.units, column.units)
  return Math.max(gap, (direction === 'right' ? column.units : before.units) * cell + 40)
}

/** How much of the way along the network a column takes. */
function depthOf(column: Column, direction: Direction, sizes: Measures): number {
  if (column.folded) return foldedGrid(column.units)[direction === 'right' ? 'width' : 'height']
  if (direction === 'right') return sizes.width
  return column.weight !== null
    ? sizes.height + (column.units === 1 ? 64 : 2 * TAB.height)
    : sizes.height
}

/** How much room a column takes across the network. */
function spanOf({ folded, units }: Column, direction: Direction, sizes: Measures): number {
  if (folded) return foldedGrid(units)[direction === 'right' ? 'height' : 'width']
  return (units - 1) * sizes.apart + (direction === 'right' ? sizes.height : sizes.width)
}

function heading(column: Placed, tabbed: boolean, direction: Direction): Heading {
  const { value, text, folded, units, nodes, names } = column
  const top = Math.min(...nodes.map(({ y, height }) => y - height / 2))
  const above = tabbed || names.length ? TAB.height + 10 : 11
  const left = Math.min(...nodes.map(({ x, width }) => x - width / 2))
  const place =
    direction === 'right'
      ? { x: nodes[0]!.x, y: top - above, anchor: 'middle' as const }
      : { x: left, y: top - above, anchor: 'start' as const }
  return { ...place, text, value, folded, foldable: units > 4 }
}
