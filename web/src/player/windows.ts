// Which elements meet where a window slides over an array: in pooling and in convolution. The twin
// of src/whygrad/engine/windows.py, with the same params.

import { numbersOf } from './kernels/kernel'
import { PlayError, type Shape } from './layout'
import type { Params } from './tape'

type Index = readonly number[]

/** How a window slides along each of the last axes. */
export interface Slide {
  readonly stride: readonly number[]
  /** How far windows reach beyond the array, before and after it. */
  readonly padding: readonly (readonly [number, number])[]
  readonly dilation: readonly number[]
}

export function slideOf(params: Params): Slide {
  const stride = numbersOf(params, 'stride')
  const padding = sidesOf(params)
  return {
    stride,
    padding,
    dilation: 'dilation' in params ? numbersOf(params, 'dilation') : stride.map(() => 1),
  }
}

/** A number stands for both sides of an axis. */
function sidesOf(params: Params): [number, number][] {
  const found = params['padding']
  const each = Array.isArray(found) ? (found as unknown[]) : []
  const sides = each.map((one) => (Array.isArray(one) ? (one as unknown[]) : [one, one]))
  if (!each.length || !sides.every((pair) => pair.length === 2 && pair.every(Number.isInteger)))
    throw new PlayError(`padding: ${JSON.stringify(found)} is not a list of whole numbers or pairs`)
  return sides as [number, number][]
}

/** How many windows fit along an axis. */
export function slid(size: number, kernel: number, { stride, padding, dilation }: Slide, axis = 0) {
  const free = size + padding[axis]![0] + padding[axis]![1] - dilation[axis]! * (kernel - 1) - 1
  return Math.floor(free / stride[axis]!) + 1
}

/** The elements of an array that the window at `at` takes, in order. */
export function window(shape: Shape, params: Params, at: Index): Index[] {
  const kernel = numbersOf(params, 'kernel_size')
  const slide = slideOf(params)
  const lead = at.slice(0, at.length - kernel.length)
  const place = at.slice(lead.length)
  const sizes = shape.slice(shape.length - kernel.length)
  return everyIndex(kernel)
    .map((tap) => touched(place, tap, slide))
    .filter((index) => inside(index, sizes))
    .map((index) => [...lead, ...index])
}

/** The windows that take the element `at`; `count` is how many there are. */
export function covering(count: Shape, params: Params, at: Index): Index[] {
  const kernel = numbersOf(params, 'kernel_size')
  const slide = slideOf(params)
  const lead = at.slice(0, at.length - kernel.length)
  const place = at.slice(lead.length)
  const sizes = count.slice(count.length - kernel.length)
  return everyIndex(kernel)
    .map((tap) => windowOf(place, tap, slide, sizes))
    .filter((found) => found !== null)
    .map((found) => [...lead, ...found])
}

export type Role = 'x' | 'w' | 'y'

/** Where an element of x meets a weight w to add to an element of y. */
export type Tap = Readonly<Record<Role, Index>>

/** All that meets in a convolution where one of its three arrays is at `at`. */
export function taps(
  shapes: Readonly<Record<Role, Shape>>,
  params: Params,
  role: Role,
  at: Index,
): Tap[] {
  const slide = slideOf(params)
  const [samples, , ...inner] = shapes.x as [number, number, ...number[]]
  const [units, channels, ...kernel] = shapes.w as [number, number, ...number[]]
  const outer = shapes.y.slice(2)
  const perGroup = units / Number(params['groups'])
  const [first, second] = at as [number, number]
  const place = at.slice(2)
  const upTo = (n: number): number[] => Array.from({ length: n }, (_, i) => i)
  if (role === 'w') {
    const channel = Math.floor(first / perGroup) * channels + second
    return everyIndex([samples, ...outer]).flatMap(([sample, ...window]): Tap[] => {
      const index = touched(window, place, slide)
      const [x, y] = [
        [sample!, channel, ...index],
        [sample!, first, ...window],
      ]
      return inside(index, inner) ? [{ x, w: at, y }] : []
    })
  }
  return everyIndex(kernel).flatMap((tap): Tap[] => {
    if (role === 'y') {
      const index = touched(place, tap, slide)
      if (!inside(index, inner)) return []
      const start = Math.floor(second / perGroup) * channels
      return upTo(channels).map((c) => ({
        x: [first, start + c, ...index],
        w: [second, c, ...tap],
        y: at,
      }))
    }
    const found = windowOf(place, tap, slide, outer)
    if (!found) return []
    const start = Math.floor(second / channels) * perGroup
    return upTo(perGroup).map((u) => ({
      x: at,
      w: [start + u, second % channels, ...tap],
      y: [first, start + u, ...found],
    }))
  })
}

/** The element that one tap of a window touches; it may lie in the padding. */
function touched(place: Index, tap: Index, { stride, padding, dilation }: Slide): Index {
  return place.map((i, n) => i * stride[n]! - padding[n]![0] + tap[n]! * dilation[n]!)
}

/** The window whose tap touches an element, or null if there is none. */
function windowOf(
  place: Index,
  tap: Index,
  { stride, padding, dilation }: Slide,
  count: Shape,
): Index | null {
  const found = place.map((i, n) => (i + padding[n]![0] - tap[n]! * dilation[n]!) / stride[n]!)
  return found.every((i, n) => Number.isInteger(i) && i >= 0 && i < count[n]!) ? found : null
}

function inside(index: Index, sizes: Shape): boolean {
  return index.every((i, n) => i >= 0 && i < sizes[n]!)
}

/** Every index of a shape, the last axis running fastest. */
export function everyIndex(shape: Shape): Index[] {
  return shape.reduce<Index[]>(
    (found, size) =>
      found.flatMap((index) => Array.from({ length: size }, (_, i) => [...index, i])),
    [[]],
  )
}
