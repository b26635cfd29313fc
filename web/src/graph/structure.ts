// What of a tape a graph shows: the named values of the forward pass, and what each is made from.

import type { Session } from '../study/session.svelte'
import { isShown } from '../text/expression'
import { format } from '../text/numbers'
import { ACTIVATIONS, type StepInfo } from '../wire'

const WORDS: Readonly<Record<string, string>> = {
  linear: 'linear',
  ...Object.fromEntries(ACTIVATIONS.map(({ part, words }) => [part, words])),
}

/** A named value of the forward pass and the named values it is made from, in order of use. */
export interface Made {
  readonly step: StepInfo
  readonly inputs: readonly number[]
}

export function madeValues(session: Session): Made[] {
  return session.trace.worked
    .filter(({ phase }) => phase === 'forward' || phase === 'loss')
    .map((step) => ({ step, inputs: shownInputs(session, step) }))
}

/** What a worked step is made from; a value used twice is named twice. */
function shownInputs(session: Session, { steps }: StepInfo): number[] {
  return steps.flatMap((step) =>
    session.tape.steps[step]!.inputs.filter((id) => isShown(session, id)),
  )
}

/** What happens at a step, in a word or two, and the name of what it makes. */
export function stepWords(session: Session, { value, name, part, title }: StepInfo): string {
  const symbol = session.symbol(name)
  if (value === session.tape.loss) return `loss ${symbol}`
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
export function formulaWords(session: Session, step: StepInfo): string {
  if (step.steps.length > 1) return stepWords(session, step)
  const { op, inputs } = session.tape.steps[step.steps[0]!]!
  const names = inputs.map((id) => {
    const { name } = session.tape.values[id]!
    return name ? session.symbol(name) : format(session.number(id, 0))
  })
  const made = session.symbol(step.name)
  if (op === 'identity') return `${made} = ${names[0]}`
  if (op === 'neg') return `${made} = −${names[0]}`
  if (op === 'square') return `${made} = ${names[0]}²`
  return `${made} = ${INFIX[op] ? names.join(` ${INFIX[op]} `) : `${op}(${names.join(', ')})`}`
}

/** How many numbers a value has for each sample. */
export function unitsOf(session: Session, value: number): number {
  return session.shape(value).at(-1) ?? 1
}
