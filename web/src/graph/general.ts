// Any other tape: its named values, laid out by dagre.

import { graphlib, layout } from '@dagrejs/dagre'
import { countOf } from '../player/layout'
import {
  type Box,
  boundsOf,
  type Direction,
  type Drawing,
  type GraphEdge,
  type GraphNode,
  type Kind,
} from './drawing'
import { foldedGrid } from './measures'
import { arched, through } from './routes'
import { formulaWords, madeValues, type Structure } from './structure'

const BOX = { width: 100, height: 66 }
/** Free space between ranks; rates are written there. */
const BETWEEN = { right: 92, down: 84 }
/** Values with more numbers are drawn as heat maps. */
const SINGLE = 1

export function drawGeneral(structure: Structure, direction: Direction): Drawing {
  const graph = new graphlib.Graph({ multigraph: true })
  const right = direction === 'right'
  graph.setGraph({
    rankdir: right ? 'LR' : 'TB',
    ranksep: BETWEEN[direction],
    nodesep: right ? 56 : 24,
    edgesep: 36,
  })
  const made = madeValues(structure)
  const titles = new Map(made.map(({ step }) => [step.value, formulaWords(structure, step)]))
  const isShown = (value: number): boolean => structure.tape.values[value]!.name !== ''
  const values = new Set(
    made.flatMap(({ step, inputs }) => [...inputs.filter(isShown), step.value]),
  )
  for (const value of values) graph.setNode(`${value}`, { ...sizeOf(structure, value) })
  const uses = made.flatMap(({ step, inputs }) =>
    inputs.filter(isShown).map((from, n) => ({ from, to: step.value, name: `${n}` })),
  )
  for (const { from, to, name } of uses) graph.setEdge({ v: `${from}`, w: `${to}`, name }, {})
  layout(graph)
  const nodes = [...values].map((value): GraphNode => {
    const { x, y } = graph.node(`${value}`) as Box
    const kind = kindOf(structure, value)
    return {
      key: `${value}`,
      kind,
      value,
      unit: 0,
      title: titles.get(value) ?? leafWords(structure, value),
      x,
      y,
      ...sizeOf(structure, value),
    }
  })
  const byValue = new Map(nodes.map((node) => [node.value, node]))
  const edges = uses.map(({ from, to, name }): GraphEdge => {
    const [a, b] = [byValue.get(from)!, byValue.get(to)!]
    const { points } = graph.edge({ v: `${from}`, w: `${to}`, name }) as {
      points: { x: number; y: number }[]
    }
    const inLine = right ? Math.abs(a.y - b.y) < 2 : Math.abs(a.x - b.x) < 2
    const ways = inLine && points.length <= 3 ? arched(a, b, direction) : through(points, direction)
    return {
      key: `${from}-${to}-${name}`,
      from: a,
      to: b,
      weight: null,
      label: null,
      quiet: false,
      ...ways,
    }
  })
  const titled = nodes.map(({ x, y, height, title }) => ({
    x,
    y: y - height / 2 - 12,
    width: title.length * 8,
    height: 20,
  }))
  const rates = edges.map(({ rate, anchor }) => {
    const aside = { start: 60, middle: 0, end: -60 }[anchor]
    return { x: rate.x + aside, y: rate.y, width: 110, height: 44 }
  })
  return {
    direction,
    nodes,
    edges,
    matrices: [],
    headings: [],
    bounds: boundsOf([...nodes, ...titled, ...rates]),
  }
}

function kindOf(structure: Structure, value: number): Kind {
  if (value === structure.tape.loss) return 'loss'
  if (countOf(structure.shape(value)) > SINGLE) return 'folded'
  const { role } = structure.tape.values[value]!
  return role === 'intermediate' ? 'unit' : 'input'
}

function sizeOf(structure: Structure, value: number): { width: number; height: number } {
  return kindOf(structure, value) === 'folded' ? foldedGrid(countOf(structure.shape(value))) : BOX
}

function leafWords(structure: Structure, value: number): string {
  const { name, role } = structure.tape.values[value]!
  return `${role} ${structure.symbol(name)}`
}
