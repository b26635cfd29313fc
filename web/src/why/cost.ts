// Why backpropagation is cheap, counted and timed on this very tape: every gradient by nudging each
// number, against every gradient by one walk back.

import type { Play } from '../text/play'
import { say, textOf, textsOf } from '../text/said'
import { Scratch } from './scratch'

export interface Cost {
  /** How many weights and biases there are. */
  readonly parameters: number
  /** Forward passes for the gradients by nudging: one for each, and one more. */
  readonly passes: number
  /** Milliseconds of one pass. */
  readonly forward: number
  readonly backward: number
  /** Milliseconds of all forward passes: played, or one pass times their number. */
  readonly nudging: number
  /** Whether all of them were played. */
  readonly played: boolean
}

/** More forward passes than this are not played one by one. */
const MOST_PASSES = 2_000
/** Milliseconds for each time that is taken: browsers' clocks are coarse. */
const LONG_ENOUGH = 20
const TURNS = 3

export function costOf(play: Play): Cost {
  const { steps, values } = play.tape
  const isForward = ({ phase }: { phase: string }): boolean => phase === 'forward' || phase === 'loss'
  const forwards = new Scratch(play, steps.filter(isForward))
  const backwards = new Scratch(play, steps.filter(({ phase }) => phase === 'backward'))
  const parameters = values
    .filter(({ role }) => role === 'parameter')
    .reduce((sum, { id }) => sum + play.values(id).length, 0)
  const passes = parameters + 1
  const forward = timed(() => forwards.play())
  const backward = timed(() => backwards.play())
  const played = passes <= MOST_PASSES
  const nudging = played
    ? timed(() => {
        for (let n = 0; n < passes; n++) forwards.play()
      })
    : forward * passes
  return { parameters, passes, forward, backward, nudging, played }
}

/** How many weights and biases GPT-3 has (Brown et al. 2020). */
const OF_GPT3 = 175e9
/** Times that are nearer to each other than this factor are about the same. */
const NEAR = 1.5

/** Which way is faster here, and how the cost of both grows with the number of parameters. */
export function costWords({ forward, backward, nudging, passes }: Cost): string {
  const back = forward + backward
  const ratio = nudging / back
  const count = (passes: number): string => passes.toLocaleString('en')
  const key = ratio >= NEAR ? 'cost.faster' : ratio > 1 / NEAR ? 'cost.alike' : 'cost.slower'
  const often = { number: key === 'cost.slower' ? 1 / ratio : ratio, digits: 2 }
  return textsOf([
    say(key, key === 'cost.alike' ? {} : { ratio: often }),
    say('cost.grows', {
      passes: count(passes),
      gpt3: count(OF_GPT3 + 1),
      back: { number: back / forward, digits: 2 },
    }),
  ])
}

/** A network's cost by both ways, in forward passes: all as powers of ten. */
export interface Growth {
  /** Of the number of weights and biases. */
  readonly power: number
  readonly nudgingPower: number
  readonly backPower: number
  /** Whether it was measured; what was not is reckoned from what was. */
  readonly measured: boolean
  readonly words: string
}

/** The cost of both ways for this network, and for GPT-3's number of parameters. */
export function growthOf({ parameters, forward, backward, nudging, played }: Cost): [Growth, Growth] {
  const back = (forward + backward) / forward
  const backPower = Math.log10(back)
  const told = { number: back, digits: 2 }
  const few = nudging / forward
  return [
    {
      power: Math.log10(Math.max(1, parameters)),
      nudgingPower: Math.log10(few),
      backPower,
      measured: played,
      words: textOf(say('cost.here', { parameters: parameters.toLocaleString('en'), passes: { number: few, digits: 3 }, back: told })),
    },
    {
      power: Math.log10(OF_GPT3),
      nudgingPower: Math.log10(OF_GPT3 + 1),
      backPower,
      measured: false,
      words: textOf(
        say('cost.reckoned', { parameters: OF_GPT3.toLocaleString('en'), passes: (OF_GPT3 + 1).toLocaleString('en'), back: told }),
      ),
    },
  ]
}

/** Milliseconds of one call, over as many calls as can be timed: the least of several times. */
function timed(call: () => void): number {
  // the first calls are slow: they are not compiled yet
  return Math.min(...Array.from({ length: TURNS }, () => once(call)))
}

function once(call: () => void): number {
  let calls = 1
  while (true) {
    const start = performance.now()
    for (let n = 0; n < calls; n++) call()
    const spent = performance.now() - start
    if (spent >= LONG_ENOUGH) return spent / calls
    calls *= 2
  }
}
