// Any other tape: its named values, laid out by dagre.

import { graphlib, layout } from '@dagrejs/dagre'
import type { Session } from '../session.svelte'
import { type Box, boundsOf, type Direction, type Drawing, type GraphEdge, type GraphNode, type Kind } from './drawing'
import { CARD, foldedGrid } from './measures'
import { arched, through } from './paths'
import { madeValues, stepWords } from './structure'

const BOX = { width: 96, height: 64 }
/** Values with more numbers are drawn as heat maps. */
const SINGLE = 1

export function drawGeneral(session: Session, direction: Direction): Drawing {
  const graph = new graphlib.Graph({ multigraph: true })
  const right = direction === 'right'
  graph.setGraph({ rankdir: right ? 'LR' : 'TB', ranksep: right ? 72 : 54, nodesep: right ? 46 : 20, edgesep: 24 })
  const made = madeValues(session)
  const titles = new Map(made.map(({ step }) => [step.value, stepWords(session, step)]))
  const values = new Set(made.flatMap(({ step, inputs }) => [...inputs, step.value]))
  for (const value of values) graph.setNode(`${value}`, { ...sizeOf(session, value) })
  const uses = made.flatMap(({ step, inputs }) =>
    inputs.map((from, n) => ({ from, to: step.value, name: `${n}` })),
  )
  for (const { from, to, name } of uses) graph.setEdge({ v: `${from}`, w: `${to}`, name }, {})
  layout(graph)
  const nodes = [...values].map((value): GraphNode => {
    const { x, y } = graph.node(`${value}`) as Box
    const kind = kindOf(session, value)
    return { key: `${value}`, kind, value, unit: 0, title: titles.get(value) ?? leafWords(session, value), x, y, ...sizeOf(session, value) }
  })
  const byValue = new Map(nodes.map((node) => [node.value, node]))
  const edges = uses.map(({ from, to, name }): GraphEdge => {
    const [a, b] = [byValue.get(from)!, byValue.get(to)!]
    const { points } = graph.edge({ v: `${from}`, w: `${to}`, name }) as { points: { x: number; y: number }[] }
    const inLine = right ? Math.abs(a.y - b.y) < 2 : Math.abs(a.x - b.x) < 2
    const ways = inLine && points.length <= 3 ? arched(a, b, direction) : through(points, direction)
    const quiet = a.kind === 'parameter'
    return { key: `${from}-${to}-${name}`, from: a, to: b, weight: null, label: null, quiet, ...ways }
  })
  const titled = nodes.map(({ x, y, height, title }) => ({ x, y: y - height / 2 - 12, width: title.length * 8, height: 20 }))
  const rates = edges.map(({ rate }) => ({ ...rate, width: 90, height: 44 }))
  return { direction, nodes, edges, matrices: [], headings: [], bounds: boundsOf([...nodes, ...titled, ...rates]) }
}

function kindOf(session: Session, value: number): Kind {
  if (value === session.tape.loss) return 'loss'
  if (session.values(value).length > SINGLE) return 'folded'
  const { role } = session.tape.values[value]!
  return role === 'parameter' ? 'parameter' : role === 'intermediate' ? 'unit' : 'input'
}

function sizeOf(session: Session, value: number): { width: number; height: number } {
  const kind = kindOf(session, value)
  if (kind === 'parameter') return { width: CARD.width, height: CARD.height }
  return kind === 'folded' ? foldedGrid(session.values(value).length) : BOX
}

function leafWords(session: Session, value: number): string {
  const { name, role } = session.tape.values[value]!
  if (role === 'parameter') return ''
  return name ? `${role} ${session.symbol(name)}` : role
}
