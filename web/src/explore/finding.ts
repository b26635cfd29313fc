// What can be found by name: rooms, networks, values of what is open, words of the glossary.

import { type RoomName, ROOMS } from '../contract/address'
import type { Session } from '../session/session.svelte'
import { format } from '../text/numbers'
import { GLOSSARY } from '../text/glossary'
import type { PresetInfo } from '../wire'

export interface Found {
  readonly kind: 'room' | 'network' | 'value' | 'word'
  readonly label: string
  readonly detail: string
  /** The address it leads to; null for a word, whose meaning is its detail, and for a value. */
  readonly address: string | null
  /** The value on the tape; null for all else. */
  readonly value: number | null
}

/** So many are listed. */
const MOST = 12

/** All there is to find. */
export function findable(
  rooms: readonly RoomName[],
  presets: readonly PresetInfo[],
  session: Session | null,
): readonly Found[] {
  return [
    ...rooms.map(
      (name): Found => ({ kind: 'room', label: ROOMS[name].label, detail: ROOMS[name].description, address: `#room=${name}`, value: null }),
    ),
    ...presets.map(
      ({ name, title, description }): Found => ({ kind: 'network', label: title, detail: description, address: `#preset=${name}`, value: null }),
    ),
    ...(session ? valuesOf(session) : []),
    ...Object.entries(GLOSSARY).map(
      ([word, meaning]): Found => ({ kind: 'word', label: word, detail: meaning, address: null, value: null }),
    ),
  ]
}

/** What matches what was typed, the best first: by the start of its name, inside it, then by its detail. */
export function matching(all: readonly Found[], typed: string): readonly Found[] {
  const wanted = plain(typed)
  if (!wanted) return all.filter(({ kind }) => kind === 'room' || kind === 'network').slice(0, MOST)
  const rank = ({ label, detail }: Found): number => {
    const name = plain(label)
    if (name === wanted) return 0
    if (name.startsWith(wanted)) return 1
    if (name.includes(wanted)) return 2
    return plain(detail).includes(wanted) ? 3 : 4
  }
  return all
    .map((found) => ({ found, at: rank(found) }))
    .filter(({ at }) => at < 4)
    .sort((a, b) => a.at - b.at)
    .slice(0, MOST)
    .map(({ found }) => found)
}

function valuesOf(session: Session): Found[] {
  return session.tape.values
    .filter(({ name }) => name)
    .map(({ id, name }) => {
      const numbers = session.values(id)
      const detail = !session.revealed(id)
        ? 'not computed yet'
        : numbers.length === 1
          ? `= ${format(numbers[0]!)}`
          : `${numbers.length} numbers`
      return { kind: 'value', label: session.symbol(name), detail: `${name} ${detail}`, address: null, value: id }
    })
}

/** In small letters, with ₀ to ₉ as digits: "z1" finds z₁. */
function plain(text: string): string {
  return text
    .trim()
    .toLowerCase()
    .normalize('NFKD')
}
