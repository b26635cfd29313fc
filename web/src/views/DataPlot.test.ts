import { flushSync, mount, unmount } from 'svelte'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { Session } from '../session/session.svelte'
import DataPlot from './DataPlot.svelte'

let plot: ReturnType<typeof mount>
const predict = vi.fn((rows: readonly (readonly number[])[]) => rows.map(() => [0.5]))

beforeEach(() => {
  vi.useFakeTimers()
  predict.mockClear()
  vi.stubGlobal('ResizeObserver', class { observe(): void {} unobserve(): void {} disconnect(): void {} })
  vi.spyOn(HTMLCanvasElement.prototype, 'getContext').mockReturnValue(null)
})

afterEach(async () => {
  await unmount(plot)
  vi.useRealTimers()
})

/** The plot of two samples, in a page that lays nothing out: it has no width. */
function drawn(features: number): void {
  const x = [Array<number>(features).fill(0), Array<number>(features).fill(1)]
  const feature_names = x[0]!.map((_, n) => `x${n}`)
  const session = {
    trace: { dataset: { task: 'binary', feature_names, target_names: ['t'], train: { x, y: [[0], [1]] } }, boundary: 0.5 },
    tape: { loss: 0 },
    sample: { indices: [0, 1] },
    evaluation: null,
    number: () => 0,
    predict,
  } as unknown as Session
  plot = mount(DataPlot, { target: document.body, props: { session } })
  flushSync()
  vi.advanceTimersByTime(100)
  flushSync()
}

test('where no plot can be drawn, the network is not asked for one', () => {
  drawn(3)
  expect(document.body.textContent).toContain('A plot needs one or two features; this network takes 3.')
  expect(predict).not.toHaveBeenCalled()
})

test.each([1, 2])('a plot of %d features without room for it has no size below 0', (features) => {
  drawn(features)
  expect(predict).toHaveBeenCalled()
  const sizes = [...document.querySelectorAll('svg, svg *')].flatMap((element) =>
    ['width', 'height'].flatMap((name) => element.getAttribute(name) ?? []),
  )
  expect(sizes).not.toEqual([])
  expect(sizes.map(Number).filter((size) => !(size >= 0))).toEqual([])
})
