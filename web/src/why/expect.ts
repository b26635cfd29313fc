// Asking before telling: what a person is asked to expect of a number, and what then is so.

import { formulaOf } from '../text/expression'
import { format } from '../text/numbers'
import { type Element, ofGradient, type Play } from '../text/play'
import { Ladder } from './ladder'
import { contributionsOf } from './uses'

export type Size = 'larger' | 'as large' | 'smaller' | 'zero'
export type Sign = 'positive' | 'negative'
export type Way = 'rises' | 'falls' | 'stays'

/** What is asked of a number before it is shown. */
export interface Question {
  readonly element: Element
  /** "∂L/∂z₁" */
  readonly name: string
  /** What is known already, in a sentence. */
  readonly known: string
  /** What its size is compared with; null where only its sign is asked for. */
  readonly reference: { readonly name: string; readonly value: number } | null
  /** Whether it is an update: it rises, falls or stays. */
  readonly update: boolean
}

export interface Answer {
  readonly size?: Size
  readonly sign?: Sign
  readonly way?: Way
}

export function questionOf(play: Play, element: Element): Question {
  const { tape, find: { makers } } = play
  const symbol = ({ id, at }: Element): string => play.symbol(play.label(id, at))
  const name = symbol(element)
  const before = tape.carries.find(([, after]) => after === element.id)?.[0]
  if (before !== undefined) {
    const old = { id: before, at: element.at }
    const slope = play.find.gradients.get(before)
    const gradient =
      slope === undefined
        ? ''
        : ` and ${symbol({ id: slope, at: element.at })} = ${format(play.number(slope, element.at))}`
    const value = play.number(before, element.at)
    const known = `${symbol(old)} = ${format(value)}${gradient}.`
    return { element, name, known, reference: { name: symbol(old), value }, update: true }
  }
  const isGradient = tape.values[element.id]!.gradient_of !== undefined
  const found =
    isGradient && makers.has(element.id)
      ? contributionsOf(play, formulaOf(play, element.id, element.at))
      : []
  if (!found.length)
    return { element, name, known: '', reference: null, update: false }
  const most = found.reduce((a, b) => (Math.abs(b.arrives) > Math.abs(a.arrives) ? b : a))
  const reference = { name: symbol(most.upstream), value: most.arrives }
  const arrives = `${reference.name} = ${format(reference.value)}`
  const at = symbol(ofGradient(play, most.upstream))
  const known =
    found.length === 1
      ? `What arrives at ${at} is ${arrives}.`
      : `${found.length} gradients arrive; the largest is ${arrives}.`
  return { element, name, known, reference, update: false }
}

/** What is so. */
export function truthOf(play: Play, { element, reference, update }: Question): Answer {
  const value = play.number(element.id, element.at)
  if (update) {
    const moved = value - reference!.value
    return { way: moved > 0 ? 'rises' : moved < 0 ? 'falls' : 'stays' }
  }
  const sign: Sign | undefined = value > 0 ? 'positive' : value < 0 ? 'negative' : undefined
  if (!reference) return sign ? { sign } : { size: 'zero' }
  return { size: sizeOf(value, reference.value), ...(sign && { sign }) }
}

/** One line: what it is, against what was expected, and why. */
export function told(play: Play, question: Question, answer: Answer): string {
  const { element, name, reference } = question
  const truth = truthOf(play, question)
  const is = `${name} = ${format(play.number(element.id, element.at))}`
  const same = words(answer) === words(truth)
  const expected = same ? ', as you expected' : `; you expected ${words(answer)}`
  return `${is}: ${words(truth, reference?.name)}${expected}. ${reasonOf(play, element)}`
}

/** Why it is so, in one sentence. */
function reasonOf(play: Play, element: Element): string {
  const ladder = new Ladder(play)
  const of = ofGradient(play, element)
  const isGradient = play.tape.values[element.id]!.gradient_of !== undefined
  if (isGradient && play.find.makers.has(element.id)) {
    const found = contributionsOf(play, formulaOf(play, element.id, element.at))
    if (found.length === 1) return ladder.flow(of, found[0]!)
  }
  return ladder.element(element).claim
}

function words({ size, sign, way }: Answer, reference?: string): string {
  if (way) return { rises: 'a rise', falls: 'a fall', stays: 'no change' }[way]
  const compared = size && reference && size !== 'zero'
  const against = compared ? ` ${size === 'as large' ? 'as' : 'than'} ${reference}` : ''
  return [size && size + against, sign].filter(Boolean).join(', ')
}

function sizeOf(value: number, reference: number): Size {
  if (value === 0) return 'zero'
  const [a, b] = [Math.abs(value), Math.abs(reference)]
  if (Math.abs(a - b) <= 1e-9 * Math.max(a, b)) return 'as large'
  return a > b ? 'larger' : 'smaller'
}
