// Some steps of a tape, bound to arrays of their own: they can be played with other numbers while
// the page goes on showing what it shows.

import type { Apply } from '../player/kernels/kernel'
import { countOf, positions, type Shape, type View, whole } from '../player/layout'
import { kernelOf } from '../player/sizes'
import type { Step } from '../player/tape'
import type { Play } from '../text/play'

export class Scratch {
  readonly #views = new Map<number, View>()
  readonly #steps: readonly Apply[]
  readonly #play: Play

  /**
   * @param play gives the numbers that the steps read and do not make themselves
   * @param own values to copy, so that they may be written
   */
  constructor(play: Play, steps: readonly Step[], own: readonly number[] = []) {
    this.#play = play
    for (const id of own) this.#views.set(id, whole(play.values(id).slice(), play.shape(id)))
    this.#steps = steps.map((step) => this.#bind(step))
  }

  play(): void {
    for (const apply of this.#steps) apply()
  }

  /** A value's numbers, as the last play left them. */
  values(id: number): Float64Array {
    return this.view(id).data
  }

  view(id: number): View {
    let view = this.#views.get(id)
    if (!view) {
      view = whole(this.#play.values(id), this.#play.shape(id))
      this.#views.set(id, view)
    }
    return view
  }

  #bind({ op, inputs: ids, output, params }: Step): Apply {
    const kernel = kernelOf(op)
    const shape = this.#play.shape(output)
    const inputs = ids.map((id) => this.view(id))
    const made = allocated(shape)
    this.#views.set(output, made)
    if ('bind' in kernel) return kernel.bind({ inputs, output: made, params })
    // every array here lies in order, so there is always a view; it is copied in order too
    const from = kernel.view(inputs[0]!, shape, params)!
    const places = positions(from)
    return () => places.forEach((place, i) => (made.data[i] = from.data[place]!))
  }
}

function allocated(shape: Shape): View {
  return whole(new Float64Array(countOf(shape)), shape)
}
