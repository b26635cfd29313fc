// The parts of a network that could be others.

import { ACTIVATIONS } from '../training/spec'
import { LOSSES as ALL } from '../wire'

/** Losses that take the probabilities of a sigmoid. */
const LOSSES: readonly Named[] = ALL.filter(
  ({ outputs }) => !outputs.length || outputs.includes('sigmoid'),
).map(({ name, words }) => [name, words])

type Named = readonly [name: string, words: string]

interface Network {
  readonly activation: readonly string[]
  readonly output: string
}

export interface Part {
  readonly kind: string
  /** The part there is, as the spec names it. */
  readonly used: string
  readonly others: readonly Named[]
}

/** What may be swapped in a spec, and for what; nothing in a formula. */
export function partsOf(spec: Readonly<Record<string, unknown>>): Part[] {
  const network = spec['network'] as Network | undefined
  const loss = (spec['loss'] as { readonly name: string } | undefined)?.name
  if (!network) return []
  const activations = [...new Set(network.activation)].map((used): Part => ({
    kind: 'activation',
    used,
    others: ACTIVATIONS.filter(([name]) => name !== used),
  }))
  // cross-entropy takes probabilities, which a sigmoid gives
  const losses =
    network.output === 'sigmoid' && LOSSES.some(([name]) => name === loss)
      ? [{ kind: 'loss', used: loss!, others: LOSSES.filter(([name]) => name !== loss) }]
      : []
  return [...activations, ...losses]
}
