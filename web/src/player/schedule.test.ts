import { describe, expect, it } from 'vitest'
import json from '../../../tests/conformance/schedules.json'
import { plateau, share, type Schedule } from './schedule'

interface Case extends Schedule {
  losses: number[]
  shares: number[]
}

const cases = json as unknown as Case[]

describe('the cases shared with Python', () => {
  it.each(cases)('$name with $options', (kept) => {
    kept.shares.forEach((wanted, i) => {
      expect(Math.abs(share(kept, i, kept.losses) - wanted)).toBeLessThanOrEqual(1e-12)
    })
  })
})

describe('plateau', () => {
  it('goes on from an earlier answer', () => {
    const { options, losses } = cases.findLast((one) => one.name === 'plateau')!
    const early = plateau(options, losses.slice(0, 5))
    expect(plateau(options, losses.slice(5), early)).toEqual(plateau(options, losses))
  })
})

describe('what is refused', () => {
  it('an unknown name', () => {
    expect(() => share({ name: 'cosin', options: {}, total: 1 }, 0)).toThrow(/unknown schedule/)
  })

  it('a missing option', () => {
    expect(() => share({ name: 'step', options: {}, total: 1 }, 0)).toThrow(/no option 'gamma'/)
  })
})
