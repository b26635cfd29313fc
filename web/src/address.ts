// Where the person stands, as the part of an address after "#", so that it can be shared.

import type { Place } from './hosts/widget'

/** In the address, iterations are written from 1, as on the page. */
export interface Address extends Place {
  readonly preset: string | null
}

export function readAddress(hash: string): Address {
  const asked = new URLSearchParams(hash.replace(/^#/, ''))
  return {
    preset: asked.get('preset'),
    iteration: whole(asked.get('iteration'), 1) - 1,
    position: whole(asked.get('step'), 0),
  }
}

export function writeAddress({ preset, iteration, position }: Address): string {
  const said = new URLSearchParams()
  if (preset) said.set('preset', preset)
  if (iteration) said.set('iteration', `${iteration + 1}`)
  if (position) said.set('step', `${position}`)
  return said.size ? `#${said}` : ''
}

function whole(text: string | null, least: number): number {
  const number = Number(text ?? least)
  return Number.isInteger(number) && number >= least ? number : least
}
