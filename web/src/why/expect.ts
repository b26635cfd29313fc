// Asking before telling: what a person is asked to expect of a number, and what then is so.

import { formulaOf } from '../text/expression'
import { type Element, ofGradient, type Play } from '../text/play'
import { type Named, type Said, say, textOf, textsOf } from '../text/said'
import { Ladder } from './ladder'
import { usesOf } from './uses'

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
  const named = (element: Element): Named => ({
    name: symbol(element),
    number: play.number(element.id, element.at),
  })
  const name = symbol(element)
  const before = tape.carries.find(([, after]) => after === element.id)?.[0]
  if (before !== undefined) {
    const old = { id: before, at: element.at }
    const slope = play.find.gradients.get(before)
    const value = play.number(before, element.at)
    const known =
      slope === undefined
        ? say('expect.update', { old: named(old) })
        : say('expect.update_by', {
            old: named(old),
            gradient: named({ id: slope, at: element.at }),
          })
    return { element, name, known: textOf(known), reference: { name: symbol(old), value }, update: true }
  }
  const isGradient = tape.values[element.id]!.gradient_of !== undefined
  const found =
    isGradient && makers.has(element.id)
      ? usesOf(play, formulaOf(play, element.id, element.at))
      : []
  if (!found.length)
    return { element, name, known: '', reference: null, update: false }
  const most = found.reduce((a, b) => (Math.abs(b.arrives) > Math.abs(a.arrives) ? b : a))
  const reference = { name: symbol(most.upstream), value: most.arrives }
  const gradient = named(most.upstream)
  const known =
    found.length === 1
      ? say('expect.one', { y: symbol(ofGradient(play, most.upstream)), gradient })
      : say('expect.many', { count: found.length, gradient })
  return { element, name, known: textOf(known), reference, update: false }
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
  const x = { name, number: play.number(element.id, element.at) }
  const same = answer.size === truth.size && answer.sign === truth.sign && answer.way === truth.way
  const so = words(truth, reference?.name)
  const is = same
    ? say('expect.right', { x, truth: so })
    : say('expect.wrong', { x, truth: so, answer: words(answer) })
  return `${textOf(is)} ${reasonOf(play, element)}`
}

/** Why it is so, in one sentence. */
function reasonOf(play: Play, element: Element): string {
  const ladder = new Ladder(play)
  const of = ofGradient(play, element)
  const isGradient = play.tape.values[element.id]!.gradient_of !== undefined
  if (isGradient && play.find.makers.has(element.id)) {
    const found = usesOf(play, formulaOf(play, element.id, element.at))
    if (found.length === 1) return textsOf(ladder.flow(of, found[0]!).says)
  }
  return ladder.element(element).claim
}

const SIZES = { larger: 'larger', 'as large': 'as_large', smaller: 'smaller' } as const
const AGAINST = { larger: 'larger_than', 'as large': 'as_large_as', smaller: 'smaller_than' } as const

function words({ size, sign, way }: Answer, reference?: string): Said {
  if (way) return say(`expect.${way}`)
  if (!size) return say(`expect.${sign!}`)
  const compared =
    size === 'zero'
      ? say('expect.zero')
      : reference === undefined
        ? say(`expect.${SIZES[size]}`)
        : say(`expect.${AGAINST[size]}`, { y: reference })
  return sign ? say('expect.and_sign', { size: compared, sign: say(`expect.${sign}`) }) : compared
}

function sizeOf(value: number, reference: number): Size {
  if (value === 0) return 'zero'
  const [a, b] = [Math.abs(value), Math.abs(reference)]
  if (Math.abs(a - b) <= 1e-9 * Math.max(a, b)) return 'as large'
  return a > b ? 'larger' : 'smaller'
}
