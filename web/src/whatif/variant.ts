// A tape that does something differently, and where the numbers of its leaves come from. The twin
// of src/whygrad/whatif/rewrite.py, as far as a page rewrites tapes itself.

import { countOf } from '../player/layout'
import { shapesAt } from '../player/sizes'
import { lookups, type Step, type Tape, type Value } from '../player/tape'

export interface Variant {
  readonly tape: Tape
  /** The numbers of the leaves that are its own, at the recorded sizes, by value id. */
  readonly leaves: ReadonlyMap<number, Float64Array>
  /** Of every other leaf, the same leaf's id on the right tape. */
  readonly origins: ReadonlyMap<number, number>
}

/** One element of a named value, held at a number. */
export interface Held {
  readonly name: string
  readonly at: number
  readonly value: number
}

/** A tape as it is. */
export function unchanged(tape: Tape): Variant {
  const origins = new Map(lookups(tape).leaves.map(({ id }): [number, number] => [id, id]))
  return { tape, leaves: new Map(), origins }
}

/** The same, with other numbers in one of its leaves. */
export function withLeaf(variant: Variant, id: number, numbers: Float64Array): Variant {
  const origins = new Map(variant.origins)
  origins.delete(id)
  return { ...variant, leaves: new Map(variant.leaves).set(id, numbers), origins }
}

/**
 * Elements of values that steps make, held at numbers wherever they are used. What is held does not
 * hear its inputs: with `blocks`, no gradient passes down to them either.
 */
export function holding(variant: Variant, held: readonly Held[], { blocks = false } = {}): Variant {
  if (!held.length) return variant
  const { tape } = variant
  const { byName, makers } = lookups(tape)
  const shapes = shapesAt(tape, tape.sizes)
  const writer = new Writer(variant)
  const masks = new Map<number, { mask: number; maker: number }>()
  for (const step of tape.steps) {
    const own = held.filter(({ name }) => byName.get(name) === step.output)
    const passes = blocks && step.reverses
    const blocked = passes && [...masks.values()].find(({ maker }) => maker === passes.step)
    if (own.length) {
      const { shape } = tape.values[step.output]!
      const keep = new Float64Array(countOf(shapes[step.output]!)).fill(1)
      const fixed = keep.map(() => 0)
      for (const { at, value } of own) {
        keep[at] = 0
        fixed[at] = value
      }
      const mask = writer.leaf(keep, shape)
      const rest = writer.emit(step, 'mul', [writer.again(step), mask], shape)
      writer.finish(step, 'add', [rest, writer.leaf(fixed, shape)])
      masks.set(step.output, { mask, maker: makers.get(step.output)!.id })
    } else if (blocked && step.inputs.includes(passes.upstream)) {
      const { shape } = tape.values[passes.upstream]!
      const passed = writer.emit(step, 'mul', [writer.id(passes.upstream), blocked.mask], shape)
      const inputs = step.inputs.map((id) => (id === passes.upstream ? passed : writer.id(id)))
      writer.finish(step, step.op, inputs)
    } else writer.copy(step)
  }
  return writer.variant()
}

/** The forward pass alone: what it gives can be asked for any number of samples. */
export function forwardOf(variant: Variant): Variant {
  const writer = new Writer(variant)
  for (const step of variant.tape.steps)
    if (step.phase === 'forward' || step.phase === 'loss') writer.copy(step)
  return writer.variant({ carries: false })
}

/** Writes a tape anew, step by step; names stay, so that tapes can be compared by them. */
class Writer {
  readonly #old: Variant
  readonly #values: Value[] = []
  readonly #steps: Step[] = []
  readonly #leaves = new Map<number, Float64Array>()
  readonly #origins = new Map<number, number>()
  readonly #ids = new Map<number, number>()

  constructor(old: Variant) {
    this.#old = old
  }

  /** The new id of an old value; one that no step has made by now is a leaf. */
  id(old: number): number {
    const known = this.#ids.get(old)
    if (known !== undefined) return known
    const value = this.#old.tape.values[old]!
    const of = value.gradient_of
    const gradient = of === undefined ? {} : { gradient_of: this.id(of) }
    const id = this.#add({ ...value, ...gradient })
    this.#ids.set(old, id)
    const origin = this.#old.origins.get(old)
    if (origin === undefined) this.#leaves.set(id, this.#old.leaves.get(old)!)
    else this.#origins.set(id, origin)
    return id
  }

  leaf(numbers: Float64Array, shape: Value['shape']): number {
    const id = this.#add({ id: 0, name: '', shape, dtype: 'float64', role: 'constant' })
    this.#leaves.set(id, numbers)
    return id
  }

  copy(step: Step): void {
    this.finish(step, step.op, step.inputs.map((id) => this.id(id)))
  }

  /** The step as it was done, on the way to what `finish` will make. */
  again(step: Step): number {
    const { shape } = this.#old.tape.values[step.output]!
    return this.emit(step, step.op, step.inputs.map((id) => this.id(id)), shape, step.params)
  }

  emit(like: Step, op: string, inputs: readonly number[], shape: Value['shape'], params: Step['params'] = {}): number {
    const output = this.#add({ id: 0, name: '', shape, dtype: 'float64', role: 'intermediate' })
    this.#write({ ...like, op, inputs, output, params })
    return output
  }

  /** The step that makes the old step's value, under its name. */
  finish(step: Step, op: string, inputs: readonly number[]): void {
    const value = this.#old.tape.values[step.output]!
    const of = value.gradient_of
    const gradient = of === undefined ? {} : { gradient_of: this.id(of) }
    const output = this.#add({ ...value, ...gradient })
    this.#ids.set(step.output, output)
    this.#write({ ...step, op, inputs, output, params: op === step.op ? step.params : {} })
  }

  variant({ carries = true } = {}): Variant {
    const { tape } = this.#old
    const pairs = carries ? tape.carries : []
    const carried = pairs.map(([a, b]) => [this.id(a), this.id(b)] as const)
    return {
      tape: { ...tape, values: this.#values, steps: this.#steps, loss: this.id(tape.loss), carries: carried },
      leaves: this.#leaves,
      origins: this.#origins,
    }
  }

  #add(value: Value): number {
    const id = this.#values.length
    this.#values.push({ ...value, id })
    return id
  }

  #write({ reverses: _, ...step }: Step): void {
    // what a step reverses is asked of the right tape only
    this.#steps.push({ ...step, id: this.#steps.length })
  }
}
