// Reading numbers that a person types.

export type Typed = { readonly value: number } | { readonly message: string }

const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i
const AMBIGUOUS = /^[+-]?[1-9]\d{0,2}(,\d{3})+$/

/** Reads 0.3, 3/4, 1e-3, −0.5 and 0,3; of anything else it says what would do. */
export function readNumber(text: string): Typed {
  const plain = text.trim().replaceAll(/[−–]/g, '-')
  if (!plain) return { message: 'Write a number, such as 0.3.' }
  if (AMBIGUOUS.test(plain)) {
    const [whole] = plain.split(',')
    return { message: `Write ${plain.replaceAll(',', '')}, or ${whole}.${plain.split(',')[1]} for a fraction.` }
  }
  const [above, below, ...rest] = plain.split('/').map(plainNumber)
  if (rest.length || above === undefined || above === null || below === null)
    return { message: `“${text.trim()}” is not a number. Write it as 0.3, 3/4 or 1e-3.` }
  const value = above / (below ?? 1)
  if (below === 0) return { message: 'Nothing can be divided by 0.' }
  if (!Number.isFinite(value)) return { message: 'That is too large; at most about 1e308 is possible.' }
  return { value: value + 0 }
}

/** A number a little larger or smaller: one in its second digit. */
export function nudged(value: number, direction: 1 | -1, coarse = false): number {
  const power = value === 0 ? -1 : Math.floor(Math.log10(Math.abs(value)))
  const step = 10 ** (power - (coarse ? 0 : 1))
  const almost = 1e-9 // 0.29 / 0.01 is a little less than 29
  const at = value / step
  const steps = direction > 0 ? Math.floor(at + almost) + 1 : Math.ceil(at - almost) - 1
  return Number((steps * step).toPrecision(12))
}

function plainNumber(text: string): number | null {
  const plain = text.trim().replace(/^([+-]?\d*),(\d+)/, '$1.$2')
  return NUMBER.test(plain) ? Number(plain) : null
}
