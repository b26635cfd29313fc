import { flushSync, mount, unmount } from 'svelte'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import NumberField from './NumberField.svelte'

const apply = vi.fn()
let field: ReturnType<typeof mount>
let input: HTMLInputElement

beforeEach(() => {
  const check = (value: number) => (value > 0 ? null : 'Write a number above 0.')
  field = mount(NumberField, { target: document.body, props: { label: 'Learning rate', value: 1 / 3, apply, check } })
  flushSync()
  input = document.querySelector('input')!
})

afterEach(async () => {
  await unmount(field)
  apply.mockReset()
})

function type(text: string): void {
  input.value = text
  input.dispatchEvent(new Event('input', { bubbles: true }))
  flushSync()
}

function press(key: string, options = {}): void {
  input.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true, ...options }))
  flushSync()
}

function message(): string {
  return document.querySelector('[role=alert]')?.textContent ?? ''
}

test('shows four digits, and all of them while it is edited', () => {
  expect(input.value).toBe('0.3333')
  input.dispatchEvent(new FocusEvent('focus'))
  flushSync()
  expect(input.value).toBe('0.3333333333333333')
})

test('Enter applies what was typed, once', () => {
  type('−3/4')
  press('Enter')
  expect(message()).toBe('Write a number above 0.')
  type('3/4')
  press('Enter')
  input.dispatchEvent(new FocusEvent('blur'))
  expect(apply.mock.calls).toEqual([[0.75]])
  expect(message()).toBe('')
})

test('what is no number is refused, not lost, and no form is sent with it', () => {
  type('abc')
  input.dispatchEvent(new FocusEvent('blur'))
  flushSync()
  expect(message()).toMatch(/“abc” is not a number/)
  expect(input.value).toBe('abc')
  expect(input.getAttribute('aria-invalid')).toBe('true')
  expect(input.checkValidity()).toBe(false)
  expect(apply).not.toHaveBeenCalled()
})

test('Escape puts the number back', () => {
  type('abc')
  press('Enter')
  press('Escape')
  expect(input.value).toBe('0.3333')
  expect(message()).toBe('')
  expect(input.checkValidity()).toBe(true)
})

test('arrows nudge, and no key reaches the page', () => {
  const heard = vi.fn()
  window.addEventListener('keydown', heard)
  press('ArrowUp')
  press('ArrowDown', { shiftKey: true })
  press(' ')
  window.removeEventListener('keydown', heard)
  expect(apply.mock.calls).toEqual([[0.34], [0.3]])
  expect(heard).not.toHaveBeenCalled()
})
