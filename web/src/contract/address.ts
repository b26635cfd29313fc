// Where the person stands, as the part of an address after "#", so that it can be shared.

/** The rooms of the page, as the header names them. */
export const ROOMS = { explore: 'Explore', practice: 'Practice', clinic: 'Clinic' } as const

export type RoomName = keyof typeof ROOMS

/** The open room, and what it was asked for. */
export interface Room {
  readonly name: RoomName
  readonly asked: Readonly<Record<string, string>>
}

/** An iteration, from 0, and how many of its steps are revealed. */
export interface Place {
  readonly iteration: number
  readonly position: number
}

/** The last iteration that an address leads to: what lies further takes too long to be trained up to. */
export const MOST_ITERATIONS = 100_000

/** In the address, iterations are written from 1, as on the page. */
export interface Address extends Place {
  readonly preset: string | null
}

export function readRoom(hash: string): Room {
  const { room = 'explore', ...asked } = Object.fromEntries(parameters(hash))
  return { name: Object.hasOwn(ROOMS, room) ? (room as RoomName) : 'explore', asked }
}

export function writeRoom({ name, asked }: Room): string {
  return `#${new URLSearchParams({ room: name, ...asked })}`
}

export function readAddress(hash: string): Address {
  const asked = parameters(hash)
  return {
    preset: asked.get('preset'),
    iteration: Math.min(whole(asked.get('iteration'), 1), MOST_ITERATIONS) - 1,
    position: whole(asked.get('step'), 0),
  }
}

/** The person's own table that an address names, which their browser keeps. */
export function readTable(hash: string): string | null {
  return parameters(hash).get('table')
}

export function writeAddress({ preset, iteration, position }: Address, table: string | null = null): string {
  const said = new URLSearchParams()
  if (preset) said.set('preset', preset)
  if (table) said.set('table', table)
  if (iteration) said.set('iteration', `${iteration + 1}`)
  if (position) said.set('step', `${position}`)
  return said.size ? `#${said}` : ''
}

function parameters(hash: string): URLSearchParams {
  return new URLSearchParams(hash.replace(/^#/, ''))
}

function whole(text: string | null, least: number): number {
  const number = Number(text ?? least)
  return Number.isInteger(number) && number >= least ? number : least
}
