// What the page says about a session in words.

import { label } from '../player/tape'
import { format } from '../text/numbers'
import type { Session } from './session.svelte'

const MOST_NAMED = 6

/** "example 3 of 4: x = (1, 0), t = 1", "mean over 10 of 200 examples". */
export function sampleWords(session: Session, seen: readonly number[] | null): string {
  const { dataset } = session.trace
  if (!dataset) return inputWords(session)
  const count = dataset.train.x.length
  const indices = seen ?? dataset.train.x.map((_, n) => n)
  const [only] = indices
  if (indices.length > 1)
    return `mean over ${indices.length < count ? `${indices.length} of ${count}` : count} examples`
  const which = count > 1 ? `example ${only! + 1} of ${count}` : 'one example'
  return `${which}: ${rowWords(session, 0)}`
}

/** The inputs and targets of a row of the batch: "x = (1, 0), t = 1". */
export function rowWords(session: Session, row: number): string {
  return ['x', 't']
    .flatMap((name) => {
      const id = session.find.byName.get(name)
      if (id === undefined) return []
      const width = session.shape(id)[1] ?? 1
      const numbers = [...session.values(id).subarray(row * width, (row + 1) * width)].map((x) =>
        format(x),
      )
      return `${name} = ${numbers.length > 1 ? `(${numbers.join(', ')})` : numbers[0]}`
    })
    .join(', ')
}

function inputWords(session: Session): string {
  return session.tape.values
    .filter(({ role, name }) => role === 'input' && name)
    .map(({ id, name }) => {
      const numbers = [...session.values(id)].map((x) => format(x))
      return `${session.symbol(name)} = ${numbers.length > 1 ? `(${numbers.join(', ')})` : numbers[0]}`
    })
    .join(', ')
}

/** That the page is more precise than what the spec asks for, or null. */
export function precisionWords(session: Session): string | null {
  const { dtype } = (session.trace.spec.train ?? {}) as { dtype?: string }
  return dtype === 'float32' ? 'played here in float64, not float32' : null
}

/** Where a NaN or infinity arose, and what usually helps. */
export function faultWords(session: Session, iteration: number, fault: number | null): string {
  const when = `Iteration ${iteration + 1}`
  if (fault === null) return `${when}: the numbers given already hold a NaN or infinity.`
  const { op, output } = session.tape.steps[fault]!
  const named = session.tape.values[output]!.name
  // as the timeline counts them; what has no name is on the way to what the worked steps show
  const position = session.steps.findIndex(({ steps }) => steps.includes(fault))
  const goal = named || session.steps[position]?.name
  const made = goal
    ? `${named ? 'making' : 'on the way to'} ${session.symbol(goal)}`
    : 'making a number'
  return (
    `${when}: step ${position + 1} of ${session.steps.length} (${op}, ${made}) is the first to make ` +
    `a NaN or infinity from finite numbers. Try a smaller learning rate.`
  )
}

/** "a₁[2] is dead: z ≤ 0 on all 200 examples, so no gradient passes.", or null. */
export function deadWords(session: Session): string | null {
  const names: string[] = []
  let why = ''
  for (const [value, units] of session.dead) {
    if (session.find.makers.get(value)?.op !== 'relu') continue // its input is listed too
    for (const [unit, note] of units) {
      const name = session.symbol(label(session.tape, value))
      names.push((session.shape(value).at(-1) ?? 1) > 1 ? `${name}[${unit}]` : name)
      why = note
    }
  }
  if (!names.length) return null
  const few = names.length > MOST_NAMED ? `${names.length} units` : names.join(', ')
  return `${few} ${names.length > 1 ? 'are' : 'is'} ${why}.`
}
