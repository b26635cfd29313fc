// Products of several arrays, added up over axes that letters name.

import { equationOf, letterSizes } from '../equation'
import { positions, type View } from '../layout'
import type { Computing } from './kernel'

const einsum: Computing = {
  shape(shapes, params) {
    const equation = equationOf(params)
    const sizes = letterSizes(equation, shapes)
    return [...equation.result].map((letter) => sizes.get(letter)!)
  },
  bind({ inputs, output, params }) {
    const { terms, result, summed } = equationOf(params)
    const sizes = letterSizes(
      { terms, result, summed },
      inputs.map((input) => input.shape),
    )
    /** How far an input's elements lie apart along each letter's axis: 0 if it has no such axis. */
    const along = (input: View, n: number, letters: string, offset: number): Int32Array =>
      positions({
        data: input.data,
        offset,
        shape: [...letters].map((letter) => sizes.get(letter)!),
        strides: [...letters].map((letter) => input.strides[terms[n]!.indexOf(letter)] ?? 0),
      })
    const places = inputs.map((input, n) => along(input, n, result, input.offset))
    const steps = inputs.map((input, n) => along(input, n, summed, 0))
    const many = steps[0]?.length ?? 1
    const out = output.data
    return () => {
      for (let o = 0; o < out.length; o++) {
        let sum = 0
        for (let k = 0; k < many; k++) {
          let product = 1
          for (let n = 0; n < inputs.length; n++)
            product *= inputs[n]!.data[places[n]![o]! + steps[n]![k]!]!
          sum += product
        }
        out[o] = sum
      }
    }
  },
}

export const EINSUM: Readonly<Record<string, Computing>> = { einsum }
