import { flushSync, mount, tick, unmount } from 'svelte'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Refusal } from '../contract/refusal'
import type { TraceApi, TraceRequest } from '../contract/traces'
import type { CsvInfo, TraceMessage } from '../wire'
import Opener from './Opener.svelte'

const info: CsvInfo = {
  name: 'my.csv',
  rows: 4,
  columns: ['a', 'b', 'y'].map((name) => ({ name, numeric: true, distinct: 2, examples: ['0', '1'] })),
  target: ['y'],
}
const trace = { name: 'flow' } as TraceMessage
const traces = {
  initial: vi.fn<TraceApi['initial']>(),
  presets: vi.fn<TraceApi['presets']>(),
  trace: vi.fn<TraceApi['trace']>(),
  csv: vi.fn<TraceApi['csv']>(),
  mistakes: vi.fn<TraceApi['mistakes']>(),
  swapped: vi.fn<TraceApi['swapped']>(),
}
const open = vi.fn()
let opener: ReturnType<typeof mount>

beforeEach(async () => {
  traces.presets.mockResolvedValue([{ name: 'flow', title: 'Flow', description: 'One number.' }])
  traces.trace.mockResolvedValue(trace)
  traces.csv.mockResolvedValue(info)
  opener = mount(Opener, { target: document.body, props: { traces, open } })
  await settled()
})

afterEach(async () => {
  await unmount(opener)
  vi.resetAllMocks()
})

async function settled(): Promise<void> {
  for (let n = 0; n < 5; n++) await tick()
  flushSync()
}

function button(name: RegExp): HTMLButtonElement {
  return [...document.querySelectorAll('button')].find(({ textContent }) => name.test(textContent!))!
}

async function upload(file: File): Promise<void> {
  const input = document.querySelector<HTMLInputElement>('input[type=file]')!
  Object.defineProperty(input, 'files', { value: [file], configurable: true })
  input.dispatchEvent(new Event('change', { bubbles: true }))
  await new Promise((resolve) => setTimeout(resolve, 20)) // a file is read in the background
  await settled()
}

test('an example opens', async () => {
  button(/Flow/).click()
  await settled()
  expect(traces.trace).toHaveBeenCalledWith({ preset: 'flow' })
  expect(open).toHaveBeenCalledWith(trace)
})

test('a table is described, chosen from, and opened with its text', async () => {
  await upload(new File(['a,b,y\n0,0,0\n'], 'my.csv'))
  expect(document.body.textContent).toContain('my.csv: 4 rows, 3 columns.')
  button(/^Open$/).click()
  await settled()
  const [asked] = traces.trace.mock.calls[0] as [TraceRequest & { spec: object }]
  expect(asked).toMatchObject({
    spec: { network: { layers: [2, 4, 1] }, data: { csv: 'my.csv', target: ['y'], task: 'binary' } },
    files: { 'my.csv': 'a,b,y\n0,0,0\n' },
  })
  expect(open).toHaveBeenCalledWith(trace)
})

test('what cannot be opened says why in place, and keeps what was chosen', async () => {
  await upload(new File(['a,b,y\n0,0,0\n'], 'my.csv'))
  const hidden = document.querySelector<HTMLInputElement>('input.text')!
  hidden.value = '8, 3'
  hidden.dispatchEvent(new Event('input', { bubbles: true }))
  traces.trace.mockRejectedValue(new Refusal({ message: 'an empty cell', source: 'my.csv', line: 3 }))
  button(/^Open$/).click()
  await settled()
  expect(document.querySelector('[role=alert]')?.textContent).toBe('my.csv, line 3: an empty cell')
  expect(document.querySelector<HTMLInputElement>('input.text')!.value).toBe('8, 3')
  expect(open).not.toHaveBeenCalled()
})

test('a file that is too large is refused without being read', async () => {
  const file = new File(['x'], 'large.csv')
  Object.defineProperty(file, 'size', { value: 11_000_000 })
  const text = vi.spyOn(file, 'text')
  await upload(file)
  expect(document.querySelector('[role=alert]')?.textContent).toMatch(/large\.csv has 11 MB/)
  expect(text).not.toHaveBeenCalled()
  expect(traces.csv).not.toHaveBeenCalled()
})
