import { describe, expect, it } from 'vitest'
import { played } from './fixtures'
import { questionOf, told, truthOf } from './expect'

describe('on flow', () => {
  const { asked, element } = played('flow')

  it('asks of a gradient against what arrives', () => {
    const question = questionOf(asked, element('dL/dz1'))
    expect(question.known).toBe('What arrives at a₁ is ∂L/∂a₁ = −1.75.')
    expect(truthOf(asked, question)).toEqual({ size: 'as large', sign: 'negative' })
  })

  it('says in one line what is so, what was expected, and why', () => {
    const question = questionOf(asked, element('dL/da1'))
    expect(told(asked, question, { size: 'larger', sign: 'negative' })).toBe(
      '∂L/∂a₁ = −1.75: smaller than ∂L/∂ŷ, negative; you expected larger, negative. ' +
        'What arrives at ŷ is −3.5; each unit of a₁ moves ŷ by 0.5.',
    )
    expect(told(asked, question, { size: 'smaller', sign: 'negative' })).toContain(
      'as you expected.',
    )
  })

  it('asks of an update which way it goes', () => {
    const question = questionOf(asked, element('w1_new'))
    expect(question.known).toBe('w₁ = 0.5 and ∂L/∂w₁ = −1.75.')
    expect(truthOf(asked, question)).toEqual({ way: 'rises' })
    expect(told(asked, question, { way: 'falls' })).toMatch(/a rise; you expected a fall\. w₁′ = /)
  })

  it('asks of a forward value its sign alone', () => {
    const question = questionOf(asked, element('z1'))
    expect(question.reference).toBeNull()
    expect(truthOf(asked, question)).toEqual({ sign: 'positive' })
  })
})

it('compares with the largest of several gradients that arrive', () => {
  const { asked, element } = played('fanout')
  const question = questionOf(asked, element('dL/dx'))
  expect(question.known).toMatch(/^2 gradients arrive; the largest is /)
})

it('knows a shut gate: nothing passes', () => {
  const { asked, element } = played('xor')
  const shut = element('dL/dW1[0,0]')
  expect(truthOf(asked, questionOf(asked, shut))).toEqual({ size: 'zero' })
})
