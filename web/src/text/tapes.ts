// Whole tapes that Python recorded, played and ready to be explained, for tests.

import opsJson from '../../../tests/conformance/ops.json'
import tapesJson from '../../../tests/conformance/tapes.json'
import type { Formula } from '../player/formula'
import { Player } from '../player/player'
import { elementLabel, label, lookups, type Run, type Tape } from '../player/tape'
import type { OpInfo } from '../wire'
import type { Scene } from './explain'
import { formulaOf } from './expression'
import type { Play } from './play'

const ops = Object.fromEntries(
  (opsJson as unknown as { op: string; formula: Formula }[]).map(({ op, formula }) => [op, { formula }]),
) as unknown as Readonly<Record<string, OpInfo>>
export const tapes = tapesJson as unknown as { name: string; tape: Tape; run: Run }[]

export function sceneOf(tape: Tape, run: Run, fold: boolean): Play & Scene {
  const player = new Player(tape, run)
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
    symbol: (name) => name,
  }
  return {
    ...play,
    latex: (name) => String.raw`\mathit{${name}}`,
    formula: (id, at) => formulaOf(play, id, at, fold),
  }
}
