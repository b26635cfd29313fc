// Which exercise is asked for: in the address, and in the words of the room.

import type { ExerciseRequest } from '../contract/exercises'

/** The kinds of exercise, as the room names them; those that come half done say how much. */
export const KINDS = {
  next_number: { title: 'Next number', fades: true },
  fill_blanks: { title: 'Fill in the blanks', fades: true },
  find_the_mistake: { title: 'Find the mistake', fades: false },
  order_the_steps: { title: 'Order the steps', fades: false },
  draw_the_graph: { title: 'Draw the graph', fades: false },
  choose_the_remedy: { title: 'Say what is wrong', fades: false },
} as const

export type Kind = keyof typeof KINDS

export const FADING = {
  worked: 'a worked example',
  completion: 'half of it done',
  solo: 'none',
} as const

/** Seeds that are offered; those of addresses may be larger. */
const SEEDS = 10_000
const FIRST = { kind: 'next_number', feature: 'chain', fading: 'worked', difficulty: 1 } as const

type Asked = Readonly<Record<string, string>>

/** The exercise an address asks for; what is no whole number is for the server to refuse. */
export function requestOf(asked: Asked): ExerciseRequest {
  const { seed = '0', difficulty = '1', kind = 'next_number', feature, fading = 'solo' } = asked
  return { seed: whole(seed), difficulty: whole(difficulty), kind, fading, ...(feature === undefined ? {} : { feature }) }
}

/** How an address asks for an exercise. */
export function askedBy({ seed, difficulty, kind, feature, fading }: ExerciseRequest): Asked {
  const fades = !isKind(kind) || KINDS[kind].fades
  return {
    kind,
    ...(feature === undefined ? {} : { feature }),
    ...(fades && fading !== 'solo' ? { fading } : {}),
    ...(difficulty === 1 ? {} : { difficulty: `${difficulty}` }),
    seed: `${seed}`,
  }
}

/** Where a person begins who asked for nothing. */
export function beginning(random = Math.random()): Asked {
  return askedBy({ ...FIRST, seed: Math.floor(random * SEEDS) })
}

export function another(request: ExerciseRequest): ExerciseRequest {
  return { ...request, seed: request.seed + 1 }
}

function whole(text: string): number {
  return /^\d+$/.test(text) ? Number(text) : -1
}

export function isKind(name: string): name is Kind {
  return Object.hasOwn(KINDS, name)
}
