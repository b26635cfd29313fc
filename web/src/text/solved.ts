// What a network gets right and what it does not, in words.

import type { Judgement } from '../training/judge'
import type { DatasetInfo } from '../wire'
import { format } from './numbers'

const MOST_NAMED = 3
const MOST_COORDINATES = 3
const DIGITS = 3

/** "3 of 4 corners; (0, 0) is wrong: output 0.64, target 0." */
export function solvedWords(judgement: Judgement, dataset: DatasetInfo): string {
  const { samples, outputs, solved } = judgement
  const count = solved.length
  const thing = isXor(samples.x) ? 'corner' : 'example'
  const wrong = solved.flatMap((right, n) => (right ? [] : [n]))
  if (!wrong.length) return count === 1 ? `The ${thing} is right.` : `All ${count} ${thing}s are right.`
  const share = `${count - wrong.length} of ${count} ${thing}s`
  const named = wrong.slice(0, MOST_NAMED).map((n) => {
    const given = gives(dataset, outputs[n]!, samples.y[n]!)
    return `${place(samples.x[n]!, n)} is wrong: ${given}`
  })
  const more = wrong.length - named.length
  return `${[share, ...named].join('; ')}${more ? `; and ${more} more` : ''}.`
}

/** The four inputs of XOR are called corners, for so they lie. */
function isXor(x: readonly (readonly number[])[]): boolean {
  return x.length === 4 && x.every((row) => row.length === 2 && row.every((bit) => bit === 0 || bit === 1))
}

function place(x: readonly number[], n: number): string {
  if (x.length > MOST_COORDINATES) return `example ${n + 1}`
  const numbers = x.map((value) => format(value, DIGITS)).join(', ')
  return x.length > 1 ? `(${numbers})` : `x = ${numbers}`
}

function gives({ task, classes }: DatasetInfo, output: readonly number[], target: readonly number[]): string {
  if (task === 'classes' && classes) {
    const largest = (numbers: readonly number[]): string =>
      classes[numbers.indexOf(Math.max(...numbers))]!
    return `output ${largest(output)}, target ${largest(target)}`
  }
  const list = (numbers: readonly number[]): string =>
    numbers.map((value) => format(value, DIGITS)).join(', ')
  return `output ${list(output)}, target ${list(target)}`
}
