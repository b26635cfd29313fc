import { expect, it } from 'vitest'
import { played } from './fixtures'
import { pathsOf } from './paths'
import { hiddenLayer, lastOf, strengthsOf } from './strengths'

const once = ({ play }: ReturnType<typeof played>) => (id: number, at: number) => ({
  every: 1,
  values: [play.number(id, at)],
})

it('finds the hidden layer of xor, and none where there are no matrices', () => {
  const xor = played('xor')
  const layer = hiddenLayer(xor.play)!
  expect([layer.inputs, layer.units, layer.outputs]).toEqual([2, 4, 1])
  expect(layer.activation.op).toBe('relu')
  expect(hiddenLayer(played('fanout').play)).toBeNull()
})

it('a path is as strong as its weights multiplied, and with its gate as its factors', () => {
  const xor = played('xor')
  const { play, element } = xor
  const found = strengthsOf(play, hiddenLayer(play)!, 0, once(xor))
  expect(found).toHaveLength(8)
  const one = found.find(({ input, unit }) => input === 0 && unit === 2)!
  const number = (name: string): number => play.number(element(name).id, element(name).at)
  expect(lastOf(one.plain)).toBe(number('W1[0,2]') * number('W2[2,0]'))
  expect(lastOf(one.gated)).toBe(lastOf(one.plain)) // its ReLU is open here
  const shut = found.find(({ input, unit }) => input === 0 && unit === 0)!
  expect(lastOf(shut.plain)).not.toBe(0)
  expect(lastOf(shut.gated)).toBeCloseTo(0, 15)
  const paths = pathsOf(play, element('z1[0,2]'))
  expect(paths !== 'too many' && paths?.count).toBe(1)
})
