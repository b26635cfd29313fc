/**
 * Schedules: how the learning rate changes over the iterations.
 *
 * The same functions as `whygrad/optim/schedule.py`, held to it by shared cases. An iteration's
 * rate is the optimizer's learning rate times `share(...)`, a pure function of the iteration's number
 * (from 0) and, for "plateau", of the losses so far: going back in time needs no state.
 */

export interface Schedule {
  name: string
  /** Every option of that schedule; the names are Python's. */
  options: Readonly<Record<string, number | boolean>>
  /** How many iterations the whole training has, for options that are 0. */
  total: number
}

type Options = Schedule['options']

/** What the learning rate of an iteration is multiplied by; `losses` are those before it, or more. */
export function share(schedule: Schedule, iteration: number, losses: readonly number[] = []): number {
  const { name, options, total } = schedule
  switch (name) {
    case 'constant':
      return 1
    case 'step':
      return option(options, 'gamma') ** Math.floor(iteration / option(options, 'every'))
    case 'cosine':
      return alongCosine(1, option(options, 'final'), Math.min(iteration / length(options, total), 1))
    case 'warmup': {
      const start = option(options, 'start')
      return start + (1 - start) * Math.min(iteration / option(options, 'iterations'), 1)
    }
    case 'one_cycle':
      return oneCycle(iteration, options, total)
    case 'plateau':
      return plateau(options, losses.slice(0, iteration)).share
    default:
      throw new Error(
        `unknown schedule '${name}'; known: constant, step, cosine, warmup, one_cycle, plateau`,
      )
  }
}

function oneCycle(iteration: number, options: Options, total: number): number {
  const steps = length(options, total)
  const peak = option(options, 'rise') * steps - 1
  if (iteration <= peak) {
    return alongCosine(option(options, 'start'), 1, peak > 0 ? iteration / peak : 1)
  }
  const last = steps - 1
  const down = last > peak ? (iteration - peak) / (last - peak) : 1
  return alongCosine(1, option(options, 'final'), Math.min(down, 1))
}

/** What "plateau" remembers: the best loss, how long ago it was, and the share it is at. */
export interface Plateau {
  readonly share: number
  readonly best: number
  readonly bad: number
  readonly cooling: number
}

const FRESH: Plateau = { share: 1, best: Infinity, bad: 0, cooling: 0 }

/** What "plateau" remembers after `losses`; give `start` to go on from an earlier answer. */
export function plateau(options: Options, losses: readonly number[], start = FRESH): Plateau {
  return losses.reduce((state, loss) => after(state, loss, options), start)
}

/**
 * The shares of a run, read iteration by iteration: a note of how far its losses have been read
 * saves time, and what comes out depends on the losses alone.
 */
export class Rates {
  readonly schedule: Schedule
  #read = 0
  #plateau = FRESH

  constructor(schedule: Schedule) {
    this.schedule = schedule
  }

  share(iteration: number, losses: readonly number[]): number {
    const { name, options } = this.schedule
    if (name !== 'plateau') return share(this.schedule, iteration)
    if (iteration < this.#read) [this.#read, this.#plateau] = [0, FRESH]
    this.#plateau = plateau(options, losses.slice(this.#read, iteration), this.#plateau)
    this.#read = iteration
    return this.#plateau.share
  }
}

function after(state: Plateau, loss: number, options: Options): Plateau {
  const better = loss < state.best * (1 - option(options, 'threshold'))
  const best = better ? loss : state.best
  const cooling = Math.max(state.cooling - 1, 0)
  const bad = better || state.cooling > 0 ? 0 : state.bad + 1
  if (bad <= option(options, 'patience')) return { share: state.share, best, bad, cooling }
  const lower = Math.max(state.share * option(options, 'factor'), option(options, 'final'))
  return { share: lower, best, bad: 0, cooling: option(options, 'cooldown') }
}

function length(options: Options, total: number): number {
  return Math.max(option(options, 'iterations') || total, 1)
}

function alongCosine(start: number, end: number, way: number): number {
  return end + ((start - end) * (1 + Math.cos(Math.PI * way))) / 2
}

function option(options: Options, name: string): number {
  const value = options[name]
  if (value === undefined) throw new Error(`the schedule has no option '${name}'`)
  return Number(value)
}
