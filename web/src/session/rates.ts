// What is written beside the ways back: the gradient that arrives and the local rate it is
// multiplied with, read off the gradient's own formula.

import type { Drawing, GraphEdge } from '../graph/drawing'
import { evaluate } from '../player/formula'
import { label } from '../player/tape'
import { type Contribution, contributionsIn, isSumOfContributions } from '../text/contributions'
import { format } from '../text/numbers'
import { elementOf } from './focus'
import type { Session } from './session.svelte'
import { elementAt, shortName } from './touch'

export interface Rate {
  /** "∂L/∂a₁ = −1.75"; null beside ways that are done with. */
  readonly arrives: string | null
  /** "∂a₁/∂z₁ = 1", or "1" beside ways that are done with. */
  readonly local: string
}

/** More ways than this into one number, and rates are left to the panel. */
const MOST = 6
/** On graphs with more nodes, only the active step's rates are written. */
const FEW_NODES = 12

/** The rates to write, by the edge they belong to. */
export function ratesOf(session: Session, { nodes, edges }: Drawing): Map<string, Rate> {
  const found = new Map<string, Rate>()
  const active = session.active?.phase === 'backward' ? session.active.value : null
  if (nodes.length <= FEW_NODES)
    for (const { value } of nodes) {
      const gradient = session.find.gradients.get(value)
      if (gradient === undefined || gradient === active) continue
      if (session.find.makers.has(gradient) && session.revealed(gradient))
        write(session, edges, gradient, 0, found, false)
    }
  if (active !== null) write(session, edges, active, elementOf(session, active), found, true)
  return found
}

function write(
  session: Session,
  edges: readonly GraphEdge[],
  gradient: number,
  at: number,
  found: Map<string, Rate>,
  active: boolean,
): void {
  const { tape } = session
  const of = tape.values[gradient]!.gradient_of
  if (of === undefined) return
  const tree = session.formula(gradient, at, { fold: true })
  const isGradient = (id: number): boolean => tape.values[id]!.role === 'gradient'
  if (!isSumOfContributions(tree, isGradient)) return
  const here = contributionsIn(tree, isGradient).flatMap(({ upstream, local }) => {
    const edge = edgeOf(session, edges, of, at, upstream)
    return edge ? [{ edge, upstream, local }] : []
  })
  if (here.length > MOST) return
  const read = (id: number, i: number): number => session.number(id, i)
  for (const { edge, upstream, local } of here) {
    const known = found.get(edge.key)
    if (known && !active) continue
    const rate = format(evaluate(local, read))
    const [, id, i] = upstream
    const into = tape.values[id]!.gradient_of!
    const above = shortName(session, into, i)
    found.set(
      edge.key,
      active
        ? {
            arrives: `∂${session.symbol(label(tape, tape.loss))}/∂${above} = ${format(read(id, i))}`,
            local: `∂${above}/∂${shortName(session, of, at)} = ${rate}`,
          }
        : { arrives: null, local: rate },
    )
  }
}

/** The edge along which a gradient arrives at an element, if it is on the graph. */
function edgeOf(
  session: Session,
  edges: readonly GraphEdge[],
  of: number,
  at: number,
  [, id, i]: Contribution['upstream'],
): GraphEdge | undefined {
  const into = session.tape.values[id]!.gradient_of
  const arriving = edges.filter(
    ({ to }) => to.kind !== 'folded' && to.value === into && elementAt(session, to) === i,
  )
  return (
    arriving.find(({ from }) => from.value === of && elementAt(session, from) === at) ??
    arriving.find(({ weight }) => weight?.value === of && weight.at === at)
  )
}
