// What of a tape a graph shows: the named values of the forward pass, and what each is made from.

import type { Shape } from '../player/layout'
import { readLeaves } from '../player/tape'
import { isShown } from '../text/expression'
import { format } from '../text/numbers'
import type { Play } from '../text/play'
import { ACTIVATIONS, type StepInfo, type TraceMessage } from '../wire'

/**
 * What a drawing is made from: steps, names and shapes. It changes with the trace and with how many
 * samples an iteration sees, never with a number; a Session is one.
 */
export interface Structure extends Pick<Play, 'tape' | 'find' | 'symbol'> {
  readonly trace: TraceMessage
  shape(id: number): Shape
}

const WORDS: Readonly<Record<string, string>> = {
  linear: 'linear',
  ...Object.fromEntries(ACTIVATIONS.map(({ part, words }) => [part, words])),
}

/** A named value of the forward pass and the named values it is made from, in order of use. */
export interface Made {
  readonly step: StepInfo
  readonly inputs: readonly number[]
}

export function madeValues(structure: Structure): Made[] {
  return structure.trace.worked
    .filter(({ phase }) => phase === 'forward' || phase === 'loss')
    .map((step) => ({ step, inputs: shownInputs(structure, step) }))
}

/** What a worked step is made from; a value used twice is named twice. */
function shownInputs(structure: Structure, { steps }: StepInfo): number[] {
  return steps.flatMap((step) =>
    structure.tape.steps[step]!.inputs.filter((id) => isShown(structure, id)),
  )
}

/** What happens at a step, in a word or two, and the name of what it makes. */
export function stepWords(structure: Structure, { value, name, part, title }: StepInfo): string {
  const symbol = structure.symbol(name)
  if (value === structure.tape.loss) return `loss ${symbol}`
  const word = WORDS[part.at(-1) ?? '']
  if (word === 'linear' && name === 'yhat') return `output ${symbol}`
  return word ? `${word} ${symbol}` : title.replace(/: [^:]*$/, ` ${symbol}`).toLowerCase()
}

const INFIX: Readonly<Record<string, string>> = {
  add: '+',
  sub: '−',
  mul: '×',
  div: '/',
  matmul: '@',
  pow: '^',
}

/** How a value is made, as a formula: "a = x + 1", "a = relu(z)". */
export function formulaWords(structure: Structure, step: StepInfo): string {
  if (step.steps.length > 1) return stepWords(structure, step)
  const { op, inputs } = structure.tape.steps[step.steps[0]!]!
  const names = inputs.map((id) => {
    const { name } = structure.tape.values[id]!
    return name ? structure.symbol(name) : format(given(structure, id))
  })
  const made = structure.symbol(step.name)
  if (op === 'identity') return `${made} = ${names[0]}`
  if (op === 'neg') return `${made} = −${names[0]}`
  if (op === 'square') return `${made} = ${names[0]}²`
  return `${made} = ${INFIX[op] ? names.join(` ${INFIX[op]} `) : `${op}(${names.join(', ')})`}`
}

/** The number of a constant, which is the trace's own. */
function given({ trace }: Structure, id: number): number {
  return readLeaves({ [id]: trace.leaves[id]! }).get(id)![0]!
}

/** How many numbers a value has for each sample. */
export function unitsOf(structure: Pick<Structure, 'shape'>, value: number): number {
  return structure.shape(value).at(-1) ?? 1
}
