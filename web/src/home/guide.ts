// What to look at in each step of the preset `flow`: one sentence a step, its numbers from the tape.

import type { Session } from '../session/session.svelte'
import { format } from '../text/numbers'
import { textsOf } from '../text/said'
import { inParentheses } from '../text/say'
import { changeOf, happened } from '../why/change'

/** The preset that the guide goes through. */
export const GUIDED = 'flow'
/** A change small enough to follow, for "raise it by so much". */
const SMALL = 0.01

type Sentence = (tell: Tell) => string

/** By the name of the value that a step makes. */
const SENTENCES: Readonly<Record<string, Sentence>> = {
  z1: ({ is }) => `The input, ${is('x')}, is multiplied by the weight, ${is('w1')}, and the bias, ${is('b1')}, is added.`,
  a1: ({ is, of }) =>
    of('z1') > 0
      ? `A ReLU passes what is above 0 and makes everything else 0. ${is('z1')} is above 0, so it passes unchanged.`
      : `A ReLU passes what is above 0 and makes everything else 0. ${is('z1')} is not above 0, so 0 comes out.`,
  yhat: ({ is }) => `The second layer does the same with its own weight and bias. ${is('yhat')} is the answer of the network.`,
  L: ({ is, number }) =>
    `The answer should have been ${number('t')}. The loss is the square of what is missing: ${is('L')}. ` +
    `Training changes the parameters to make this one number smaller.`,
  'dL/dyhat': ({ number, of, name }) =>
    `Now back. Raise ${name('yhat')} by ${SMALL} and L moves by about ${SMALL} × ${inParentheses(of('dL/dyhat'))} = ` +
    `${format(SMALL * of('dL/dyhat'))}: the gradient ${name('dL/dyhat')} is ${number('dL/dyhat')} per unit.`,
  'dL/dw2': ({ name, is, number }) =>
    `${name('w2')} reaches ${name('yhat')} multiplied by ${is('a1')}, so ${name('yhat')} moves by ${number('a1')} per unit of it. ` +
    `Rates along a way multiply.`,
  'dL/db2': ({ name, number }) =>
    `${name('b2')} is added as it is: ${name('yhat')} moves by 1 per unit of it, and ${number('dL/dyhat')} arrives unchanged.`,
  'dL/da1': ({ name, is }) =>
    `One value further back: ${name('a1')} reaches ${name('yhat')} multiplied by ${is('w2')}, and what arrives is multiplied by that.`,
  'dL/dz1': ({ is, of }) =>
    of('z1') > 0
      ? `${is('z1')} is above 0, so the ReLU is open: its rate is 1, and the gradient passes unchanged.`
      : `${is('z1')} is not above 0, so the ReLU is shut: its rate is 0, and no gradient passes.`,
  'dL/dw1': ({ name, is }) =>
    `The rule has not changed: what arrives at ${name('z1')}, times what ${name('w1')} was multiplied with, ${is('x')}.`,
  'dL/db1': ({ name }) => `And ${name('b1')}. Now every parameter knows how the loss moves with it.`,
  w1_new: ({ number, is, of }) =>
    `The update goes against the gradient, by ${is('learning_rate')} of it. ${number('dL/dw1')} per unit means that ` +
    `${of('dL/dw1') < 0 ? 'more of this weight is less loss, so it rises' : 'less of this weight is less loss, so it falls'}.`,
  b1_new: ({ name, number }) => `${name('b1')} moves by the same rule: from ${number('b1')} to ${number('b1_new')}.`,
  w2_new: ({ name, number }) => `So does ${name('w2')}: from ${number('w2')} to ${number('w2_new')}.`,
  b2_new: ({ name, number }) =>
    `And ${name('b2')}, whose gradient is ${number('dL/db2')}: from ${number('b2')} to ${number('b2_new')}.`,
}

/** What a sentence is told of the numbers, by their names on the tape. */
interface Tell {
  of(name: string): number
  name(name: string): string
  number(name: string): string
  /** "z₁ = 0.5" */
  is(name: string): string
}

/** What to look at in the step that is shown; before the first, what there is. */
export function lookAt(session: Session): string {
  const tell = telling(session)
  const name = session.active && session.tape.values[session.active.value]!.name
  if (!name)
    return `A network of two layers, with four parameters. Given ${tell.is('x')}, it should answer ${tell.number('t')}.`
  return SENTENCES[name]!(tell)
}

/** What the iteration's update did to the loss, and why. */
export function whatCameOfIt(session: Session): string {
  const said = textsOf(happened(changeOf(session)!))
  return `${said} Every parameter moved against its gradient; the loss is curved, so it did not follow the straight line to the end.`
}

function telling(session: Session): Tell {
  const idOf = (name: string): number => session.find.byName.get(name)!
  const of = (name: string): number => session.number(idOf(name), 0)
  const name = (name: string): string => session.symbol(name)
  const number = (name: string): string => format(of(name))
  return { of, name, number, is: (label) => `${name(label)} = ${number(label)}` }
}
