// Visits that were begun, so that one who looks elsewhere comes back to where they were.

import type { ClinicApi } from '../contract/patients'
import type { ClinicInfo } from '../wire'
import { Visit } from './visit.svelte'

/** Visits kept; the oldest are left out. */
const MOST = 20
/** Where a first visit may begin. */
const FIRST = 69

const visits = new Map<number, Visit>()
let last: number | null = null

/** The visit to a patient: the one that was begun, or a new one. */
export function visited(seed: number, info: ClinicInfo, api: ClinicApi): Visit {
  const visit = visits.get(seed) ?? new Visit(seed, info, api)
  visits.delete(seed)
  visits.set(seed, visit)
  for (const old of [...visits.keys()].slice(0, -MOST)) visits.delete(old)
  last = seed
  return visit
}

/** Whom to begin with, where none is asked for: the patient visited last, or any. */
export function begun(chance = Math.random()): number {
  return last ?? Math.floor(chance * FIRST)
}

/** The seed that an address asks for; null where it asks for none. */
export function seedOf(asked: Readonly<Record<string, string>>): number | null {
  const text = asked['seed']
  if (text === undefined) return null
  const seed = Number(text)
  return Number.isSafeInteger(seed) && text.trim() !== '' ? seed : -1 // which the server refuses
}
