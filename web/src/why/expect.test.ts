import { describe, expect, it } from 'vitest'
import { questionOf, told, truthOf } from './expect'
import { played } from './fixtures'

describe('on flow', () => {
  const { play, element } = played('flow')

  it('asks of a gradient against what arrives', () => {
    const question = questionOf(play, element('dL/dz1'))
    expect(question.known).toBe('What arrives at a₁ is ∂L/∂a₁ = −1.75.')
    expect(truthOf(play, question)).toEqual({ size: 'as large', sign: 'negative' })
  })

  it('says in one line what is so, what was expected, and why', () => {
    const question = questionOf(play, element('dL/da1'))
    expect(told(play, question, { size: 'larger', sign: 'negative' })).toBe(
      '∂L/∂a₁ = −1.75: smaller than ∂L/∂ŷ, negative; you expected larger, negative. ' +
        'What arrives at ŷ is −3.5; each unit of a₁ moves ŷ by 0.5.',
    )
    expect(told(play, question, { size: 'smaller', sign: 'negative' })).toContain(
      'as you expected.',
    )
  })

  it('asks of an update which way it goes', () => {
    const question = questionOf(play, element('w1_new'))
    expect(question.known).toBe('w₁ = 0.5 and ∂L/∂w₁ = −1.75.')
    expect(truthOf(play, question)).toEqual({ way: 'rises' })
    expect(told(play, question, { way: 'falls' })).toMatch(/a rise; you expected a fall\. w₁′ = /)
  })

  it('asks of a forward value its sign alone', () => {
    const question = questionOf(play, element('z1'))
    expect(question.reference).toBeNull()
    expect(truthOf(play, question)).toEqual({ sign: 'positive' })
  })
})

it('compares with the largest of several gradients that arrive', () => {
  const { play, element } = played('fanout')
  const question = questionOf(play, element('dL/dx'))
  expect(question.known).toMatch(/^2 gradients arrive; the largest is /)
})

it('knows a shut gate: nothing passes', () => {
  const { play, element } = played('xor')
  const shut = element('dL/dW1[0,0]')
  expect(truthOf(play, questionOf(play, shut))).toEqual({ size: 'zero' })
})
