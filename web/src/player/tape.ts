// The record of one iteration as JSON (`whygrad-tape/1`) and the numbers of one play of it. The
// format is described in docs/tape-format.md; Python writes it and checks it.

export type Json = number | string | boolean | null | readonly Json[]

export type Params = Readonly<Record<string, Json>>

export type Phase = 'forward' | 'loss' | 'backward' | 'update'

export type Role =
  | 'input'
  | 'target'
  | 'parameter'
  | 'hyperparameter'
  | 'constant'
  | 'intermediate'
  | 'gradient'
  | 'optimizer state'
  | 'buffer'

export type ParameterKind = 'weight' | 'bias' | 'scale' | 'shift' | 'embedding'

/** An array's place on the tape. A size that may change is given by its name. */
export interface Value {
  readonly id: number
  readonly name: string
  /** What a value without a name is called. */
  readonly label?: string
  readonly shape: readonly (number | string)[]
  readonly dtype: string
  readonly role: Role
  readonly gradient_of?: number
  /** What a parameter does, where that is known. */
  readonly kind?: ParameterKind
}

/** What a backward step passes a gradient through. */
export interface Reversal {
  readonly step: number
  readonly argument: number
  readonly upstream: number
  readonly local: number | null
  readonly contribution: number
}

export interface Source {
  readonly file: string
  readonly line: number
  readonly code: string
}

/** One op applied once. */
export interface Step {
  readonly id: number
  readonly op: string
  readonly inputs: readonly number[]
  readonly output: number
  readonly params: Params
  readonly phase: Phase
  readonly part: readonly string[]
  readonly reverses?: Reversal
  readonly source?: Source
}

export interface Tape {
  readonly format: 'whygrad-tape/1'
  readonly sizes: Readonly<Record<string, number>>
  readonly loss: number
  readonly values: readonly Value[]
  readonly steps: readonly Step[]
  readonly carries: readonly (readonly [before: number, after: number])[]
}

/** Numbers in nested rows; what is not finite is a text: "inf", "-inf" or "nan". */
export type Numbers = number | boolean | string | readonly Numbers[]

/** The numbers of one play, by value id. */
export interface Run {
  readonly values: readonly Numbers[]
}

export interface Use {
  readonly step: Step
  readonly argument: number
}

/** What a reader of a tape looks up, gathered in one walk. */
export interface Lookups {
  /** The step that makes a value; leaves have none. */
  readonly makers: ReadonlyMap<number, Step>
  /** The values no step makes: their numbers must be given. */
  readonly leaves: readonly Value[]
  /** The steps that use a value, and as which input; values that are not used are absent. */
  readonly uses: ReadonlyMap<number, readonly Use[]>
  /** The id of a value's complete gradient. */
  readonly gradients: ReadonlyMap<number, number>
  readonly byName: ReadonlyMap<string, number>
}

export function lookups(tape: Tape): Lookups {
  const makers = new Map(tape.steps.map((step) => [step.output, step]))
  const uses = new Map<number, Use[]>()
  for (const step of tape.steps)
    step.inputs.forEach((id, argument) => {
      const known = uses.get(id)
      if (known) known.push({ step, argument })
      else uses.set(id, [{ step, argument }])
    })
  const gradients = new Map<number, number>()
  const byName = new Map<string, number>()
  for (const value of tape.values) {
    if (value.gradient_of !== undefined) gradients.set(value.gradient_of, value.id)
    if (value.name) byName.set(value.name, value.id)
  }
  const leaves = tape.values.filter((value) => !makers.has(value.id))
  return { makers, leaves, uses, gradients, byName }
}

/** A value's name, or what it is called for want of one ("yhat.sum"). */
export function label(tape: Tape, id: number): string {
  const value = tape.values[id]
  return value?.name || value?.label || `value ${id}`
}

/** An element's name: "W1[0,2]", or the bare name where the value holds one number. */
export function elementLabel(name: string, shape: readonly number[], at: number): string {
  const index: number[] = []
  let rest = at
  for (const size of [...shape].reverse()) {
    index.unshift(rest % size)
    rest = Math.floor(rest / size)
  }
  return shape.every((size) => size === 1) ? name : `${name}[${index.join(',')}]`
}

/** The numbers of nested rows, in row-major order. */
export function flatten(numbers: Numbers): Float64Array {
  const found: number[] = []
  const visit = (item: Numbers): void => {
    if (typeof item === 'object') item.forEach(visit)
    else found.push(typeof item === 'string' ? (TEXTS[item] ?? Number.NaN) : Number(item))
  }
  visit(numbers)
  return Float64Array.from(found)
}

const TEXTS: Readonly<Record<string, number>> = {
  inf: Number.POSITIVE_INFINITY,
  '-inf': Number.NEGATIVE_INFINITY,
  nan: Number.NaN,
}

/** The numbers of a run that were given rather than computed, by value id. */
export function leavesOf(tape: Tape, run: Run): Map<number, Float64Array> {
  const found = new Map<number, Float64Array>()
  for (const { id } of lookups(tape).leaves) {
    const numbers = run.values[id]
    if (numbers !== undefined) found.set(id, flatten(numbers))
  }
  return found
}

/** The numbers that no step makes, as messages carry them: nested rows by value id. */
export function readLeaves(leaves: Readonly<Record<string, Numbers>>): Map<number, Float64Array> {
  return new Map(Object.entries(leaves).map(([id, numbers]) => [Number(id), flatten(numbers)]))
}
