// Where the person stands, as the part of an address after "#", so that it can be shared.

interface RoomInfo {
  /** How the header and home name it. */
  readonly label: string
  /** The title of its page. */
  readonly title: string
  /** What is done there, in a few words. */
  readonly description: string
}

/** The rooms of the page. */
export const ROOMS = {
  home: {
    label: 'Home',
    title: 'whygrad: one training step, and why',
    description: 'Every number of a training step of a neural network, and why it is what it is.',
  },
  begin: {
    label: 'Begin',
    title: 'Begin · whygrad',
    description: 'One training step of the smallest network with two layers, number by number.',
  },
  explore: { label: 'Explore', title: 'Explore · whygrad', description: 'One iteration, every number of it' },
  practice: { label: 'Practice', title: 'Practice · whygrad', description: 'Work it out; mistakes are named' },
  clinic: { label: 'Clinic', title: 'Clinic · whygrad', description: 'Sick training runs: say what is wrong' },
} as const satisfies Readonly<Record<string, RoomInfo>>

export type RoomName = keyof typeof ROOMS

/** The rooms that a person comes in by: the header does not name them, and they scroll as one page. */
export const FRONT: ReadonlySet<RoomName> = new Set(['home', 'begin'])

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

/** An address that names no room is of the explorer; one that names nothing is of home. */
export function readRoom(hash: string): Room {
  const { room, ...asked } = Object.fromEntries(parameters(hash))
  if (room !== undefined && Object.hasOwn(ROOMS, room)) return { name: room as RoomName, asked }
  return { name: room === undefined && !Object.keys(asked).length ? 'home' : 'explore', asked }
}

export function writeRoom({ name, asked }: Room): string {
  return name === 'home' ? '' : `#${new URLSearchParams({ room: name, ...asked })}`
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
  return said.size ? `#${said}` : writeRoom({ name: 'explore', asked: {} })
}

function parameters(hash: string): URLSearchParams {
  return new URLSearchParams(hash.replace(/^#/, ''))
}

function whole(text: string | null, least: number): number {
  const number = Number(text ?? least)
  return Number.isInteger(number) && number >= least ? number : least
}
