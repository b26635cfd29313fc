// The presets that Python's answers are about (tests/conformance/why.json), played in the browser.

import whyJson from '../../../tests/conformance/why.json'
import { Player } from '../player/player'
import { elementLabel, label, lookups, type Numbers, readLeaves, type Tape } from '../player/tape'
import type { Element, Play } from '../text/play'
import type { OpInfo } from '../wire'

/** A sentence's key, and what fills its slots: names, numbers, or both. */
export interface KeptSaid {
  key: string
  slots: Record<string, unknown>
}

export interface KeptRung {
  /** Of an element; null where something else is explained. */
  name: string | null
  asks: KeptSaid
  value: number
  says: KeptSaid[]
  principle: string
  because: KeptRung[]
}

export interface KeptNudge {
  name: string
  value: number
  epsilon: number
  loss: number
  plus: number
  minus: number
  gradient: number | null
  kinks: string[]
}

export interface KeptPaths {
  name: string
  gradient: number
  count: number
  listed: { through: string[]; factors: { name: string; value: number }[]; product: number }[]
  rest: number
  share: number
}

export interface Case {
  name: string
  tape: Tape
  leaves: Record<string, Numbers>
  ops: Record<string, OpInfo>
  symbols: Record<string, string>
  ladders: KeptRung[]
  nudges: KeptNudge[]
  paths: KeptPaths[]
}

export const cases = whyJson as unknown as Case[]

/** A preset's first iteration, and how its elements are found by name. */
export function played(preset: string): { play: Play; element: (name: string) => Element } {
  return playedCase(cases.find(({ name }) => name === preset)!)
}

/** A case's numbers, as its leaves give them. */
export function playedCase({ tape, leaves, ops, symbols }: Pick<Case, 'tape' | 'leaves' | 'ops' | 'symbols'>): {
  play: Play
  element: (name: string) => Element
} {
  const player = new Player(tape, readLeaves(leaves))
  player.play()
  const find = lookups(tape)
  const play: Play = {
    tape,
    ops,
    find,
    shape: (id) => player.shapes[id]!,
    number: (id, at) => player.values[id]![at]!,
    values: (id) => player.values[id]!,
    label: (id, at) => elementLabel(label(tape, id), player.shapes[id]!, at),
    symbol: (name) => {
      const [stem, ...index] = name.split('[')
      return [symbols[stem!] ?? stem, ...index].join('[')
    },
  }
  return { play, element: (name) => elementOf(play, name) }
}

function elementOf(play: Play, name: string): Element {
  const id = play.find.byName.get(name.split('[')[0]!)!
  const at = [...play.values(id).keys()].find((each) => play.label(id, each) === name)
  return { id, at: at! }
}
