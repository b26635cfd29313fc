// Binds a tape's steps to arrays: where every value lies, and what to do in which order.

import type { Bound } from './compile'
import { bindCopy } from './kernels/shapes'
import { countOf, inOrder, type Shape, type View, whole } from './layout'
import { kernelOf } from './sizes'
import type { Step, Tape } from './tape'

/** A tape bound to arrays. */
export interface Program {
  /** The numbers of every value in row-major order, by id. */
  readonly values: readonly Float64Array[]
  readonly steps: readonly Bound[]
  /** What makes the values of the forward pass and the loss, and shows them. */
  readonly forward: readonly Bound[]
  /** Copies to `values` of what the steps read elsewhere: only who reads `values` needs them. */
  readonly shown: readonly Bound[]
  readonly carries: readonly Bound[]
  /** Whether the order of the carries matters, for one replaces what another reads. */
  readonly chained: boolean
}

/** Binds a tape to the arrays of its leaves and to new ones. */
export function bindTape(
  tape: Tape,
  shapes: readonly Shape[],
  leaves: ReadonlyMap<number, Float64Array>,
): Program {
  const binder = new Binder(shapes, leaves)
  const last = tape.steps.findLastIndex(({ phase }) => phase === 'forward' || phase === 'loss')
  let forward: Bound[] = []
  tape.steps.forEach((step, n) => {
    binder.bind(step)
    if (n === last) forward = [...binder.steps, ...binder.shown.values()]
  })
  const carries = tape.carries.map(([before, after]) =>
    copy(binder.settled(after), whole(leaves.get(before)!, shapes[before]!)),
  )
  binder.settled(tape.loss) // it is read after every play
  const { values, steps, shown } = binder
  return { values, steps, forward, shown: [...shown.values()], ...inSafeOrder(carries) }
}

/** All that is carried is read before any of it is replaced. */
function inSafeOrder(carries: readonly Bound[]): Pick<Program, 'carries' | 'chained'> {
  const replaced = new Set(carries.map(({ site }) => site.output.data.buffer))
  const chained = carries.some(({ site }) => replaced.has(site.inputs[0]!.data.buffer))
  if (!chained) return { carries, chained }
  const kept = carries.map(({ site: { inputs, output } }) => ({
    from: inputs[0]!,
    between: whole(new Float64Array(output.data.length), output.shape),
    output,
  }))
  const out = kept.map(({ from, between }) => copy(from, between))
  const back = kept.map(({ between, output }) => copy(between, output))
  return { carries: [...out, ...back], chained }
}

function copy(from: View, to: View): Bound {
  return {
    op: 'copy',
    site: { inputs: [from], output: to, params: {} },
    play: bindCopy(from, to),
  }
}

class Binder {
  readonly values: Float64Array[] = []
  readonly steps: Bound[] = []
  readonly shown = new Map<number, Bound>()
  /** Where steps read a value: a transposed or spread one is read where it came from. */
  readonly #views: View[] = []
  readonly #shapes: readonly Shape[]

  constructor(shapes: readonly Shape[], leaves: ReadonlyMap<number, Float64Array>) {
    this.#shapes = shapes
    for (const [id, data] of leaves) this.#keep(id, whole(data, shapes[id]!))
  }

  bind({ op, inputs: ids, output, params }: Step): void {
    const kernel = kernelOf(op)
    const shape = this.#shapes[output]!
    if ('bind' in kernel) {
      const inputs = ids.map((id) => this.#views[id]!)
      const site = { inputs, output: this.#allocated(output), params }
      this.steps.push({ op, site, play: kernel.bind(site) })
      return
    }
    const [first] = ids as [number]
    const view =
      kernel.view(this.#views[first]!, shape, params) ??
      kernel.view(this.settled(first), shape, params)!
    if (inOrder(view)) this.#keep(output, ordered(view))
    else {
      this.shown.set(output, copy(view, this.#allocated(output)))
      this.#views[output] = view
    }
  }

  /** A value in order in an array of its own, from this point of the program on. */
  settled(id: number): View {
    const show = this.shown.get(id)
    if (show) {
      this.shown.delete(id)
      this.steps.push(show)
      this.#keep(id, show.site.output)
    }
    return this.#views[id]!
  }

  #allocated(id: number): View {
    const shape = this.#shapes[id]!
    return this.#keep(id, whole(new Float64Array(countOf(shape)), shape))
  }

  #keep(id: number, view: View): View {
    this.values[id] = view.data
    this.#views[id] = view
    return view
  }
}

/** A view that lies in order, as all of an array. */
function ordered({ data, offset, shape }: View): View {
  const count = countOf(shape)
  return whole(count === data.length ? data : data.subarray(offset, offset + count), shape)
}
