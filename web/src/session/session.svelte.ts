// One opened trace: where in its training the person stands, and every number there. The state
// that all views read; it computes nothing itself but plays the tape.

import type { Placed } from '../player/formula'
import type { Shape } from '../player/layout'
import { elementLabel, label, type Lookups, lookups, type Tape } from '../player/tape'
import { formulaOf } from '../text/expression'
import type { Element, Play } from '../text/play'
import { type Curve, History, type Series } from '../training/history'
import { type Dead, Judge, type Judgement } from '../training/judge'
import { Remote, type WorkerLike } from '../training/remote'
import type { StepInfo, TraceMessage } from '../wire'
import { faultWords, sampleWords } from './words'

export type Grain = 'worked' | 'unfolded'

/** How fast it plays: so many steps, or whole iterations, a second. */
export interface Speed {
  readonly words: string
  readonly steps?: number
  readonly iterations?: number
}

export const SPEEDS: readonly Speed[] = [
  { words: '1 step every 2 s', steps: 0.5 },
  { words: '1 step a second', steps: 1 },
  { words: '3 steps a second', steps: 3 },
  { words: '10 steps a second', steps: 10 },
  { words: '2 iterations a second', iterations: 2 },
  { words: '20 iterations a second', iterations: 20 },
  { words: 'as fast as it goes', iterations: Number.POSITIVE_INFINITY },
]
const DEFAULT_SPEED = 1
/** So many iterations a second can be followed number by number. */
const READABLE = 2
/** Milliseconds of training between two looks at the page, to keep it responsive. */
const SLICE = 12
/** While numbers rush by, dead units are looked for once in so many pictures. */
const FRAMES_A_LOOK = 15
/** Pictures a second; what plays faster shows only some of its iterations. */
const MOST_FRAMES = 60

export class Session implements Play {
  readonly trace: TraceMessage
  readonly tape: Tape
  readonly find: Lookups
  /** What the person clicked, or null. */
  selected = $state.raw<Element | null>(null)
  /** Which row of the batch the graph shows. */
  row = $state(0)
  /** Asked before a step is revealed; the step waits where it returns true. */
  gate: (() => boolean) | null = null
  /** An index into SPEEDS. */
  speed = $state(DEFAULT_SPEED)

  /** The value that takes a carried one's place in the next iteration. */
  readonly afters: ReadonlyMap<number, number>

  readonly #history: History
  readonly #judge: Judge
  /** Trains what is trained as fast as it goes; null where there is no worker. */
  readonly #remote: Remote | null
  /** Whether the worker has come further than what is shown. */
  #ahead = false
  /** Goes on with a training that waits for the worker. */
  #resume: () => void = () => {}
  #grain = $state<Grain>('worked')
  #position = $state(0)
  #iteration = $state(0)
  /** How many samples the iteration sees: shapes follow from it, and change with nothing else. */
  #batch = $state(0)
  /** Counts the changes of the numbers; whoever reads a number depends on it. */
  #frame = $state(0)
  /** Counts the times at which units are looked over for dead ones. */
  #look = $state(0)
  #unlooked = 0
  #training = $state(false)
  /** Tells a training from one that was started after it. */
  #runs = 0
  #timer = $state.raw<ReturnType<typeof setTimeout> | null>(null)
  /** Copies of what was read of this frame, for views must not see numbers change under them. */
  #read = new Map<number, Float64Array>()

  /** The steps of one iteration, at the grain. */
  readonly steps: readonly StepInfo[] = $derived.by(() =>
    this.#grain === 'worked' ? this.trace.worked : this.trace.unfolded,
  )
  /** The position from which on a value is revealed. */
  readonly #reveals = $derived.by(() => {
    const first = new Map<number, number>()
    this.steps.forEach(({ steps }, n) => {
      for (const step of steps) {
        const { output } = this.tape.steps[step]!
        if (!first.has(output)) first.set(output, n + 1)
      }
    })
    return first
  })
  readonly #judgement: Judgement | null = $derived.by(() => {
    void this.#frame
    return this.#judge.judge()
  })
  readonly #dead: Dead = $derived.by(() => {
    void this.#look
    return this.#judge.dead()
  })

  /** @param trainer starts a worker that trains; without one, training is done here, in slices */
  constructor(trace: TraceMessage, trainer?: () => WorkerLike) {
    this.trace = trace
    this.tape = trace.tape
    this.find = lookups(trace.tape)
    this.afters = new Map(trace.tape.carries)
    this.#history = new History(trace)
    this.#judge = new Judge(this.#history, trace)
    this.#remote = trainer ? new Remote(trainer) : null
    this.#show()
  }

  // --- where we are -----------------------------------------------------------------------------

  get grain(): Grain {
    return this.#grain
  }

  /** Changes the grain and stays at the value that was last revealed. */
  set grain(grain: Grain) {
    const value = this.active?.value
    this.#grain = grain
    if (value !== undefined) this.#position = this.#reveals.get(value) ?? 0
  }

  /** How many steps of this iteration are revealed: 0 to `steps.length`. */
  get position(): number {
    return this.#position
  }

  set position(position: number) {
    this.#position = Math.max(0, Math.min(position, this.steps.length))
  }

  /** The step revealed last; null before the first. */
  get active(): StepInfo | null {
    return this.steps[this.#position - 1] ?? null
  }

  /** Which iteration is shown, from 0. */
  get iteration(): number {
    return this.#iteration
  }

  /** The last iteration there is to see: as far as the spec trains, or the person went. */
  get last(): number {
    void this.#frame
    return Math.max(this.trace.iterations, this.#history.losses.length) - 1
  }

  /** Whether any number was changed by hand. */
  get edited(): boolean {
    void this.#frame
    return this.#history.edited
  }

  /** The schedule that makes this iteration's learning rate; null where the rate stays. */
  get schedule(): string | null {
    void this.#frame
    return this.#history.schedule
  }

  /** The samples this iteration sees, and how to say so. */
  get sample(): { readonly indices: readonly number[] | null; readonly words: string } {
    void this.#frame
    const { indices } = this.#history
    return { indices, words: sampleWords(this, indices) }
  }

  /** Whether the step that makes a value has been reached. */
  revealed(id: number): boolean {
    if (id === this.find.gradients.get(this.tape.loss)) return this.revealed(this.tape.loss)
    return !this.find.makers.has(id) || this.#position >= (this.#reveals.get(id) ?? Infinity)
  }

  // --- the numbers ------------------------------------------------------------------------------

  get ops(): TraceMessage['ops'] {
    return this.trace.ops
  }

  /** A value's numbers in this iteration; parameters before its update. */
  values(id: number): Float64Array {
    void this.#frame
    const known = this.#read.get(id)
    if (known) return known
    const copy = this.#history.player.values[id]!.slice()
    this.#read.set(id, copy)
    return copy
  }

  number(id: number, at: number): number {
    return this.values(id)[at]!
  }

  shape(id: number): Shape {
    void this.#batch
    return this.#history.player.shapes[id]!
  }

  /** An element's name as the command line writes it: "dL/dW1[0,2]". */
  label(id: number, at: number): string {
    return elementLabel(label(this.tape, id), this.shape(id), at)
  }

  /** A name or an element's label in text: "∂L/∂W₁[0,2]". */
  symbol(name: string): string {
    const [stem, index] = split(name)
    return (this.trace.symbols[stem]?.text ?? stem) + index
  }

  /** A name or an element's label in LaTeX. */
  latex(name: string): string {
    const [stem, index] = split(name)
    const known = this.trace.symbols[stem]?.latex ?? String.raw`\mathrm{${stem}}`
    return known + index.replaceAll(',', '{,}')
  }

  /** The formula of one element, put together as the worked steps show it. */
  formula(id: number, at: number, { fold = this.#grain === 'worked' } = {}): Placed {
    return formulaOf(this, id, at, fold)
  }

  /** What the network gives for every sample, with the parameters as they stand; null for a formula. */
  get evaluation(): Judgement | null {
    return this.#judgement
  }

  /** The rows of the inputs or targets that training goes through, as they were edited. */
  rows(id: number): Float64Array {
    void this.#frame
    return this.#history.rows(id)
  }

  /** What the network gives for rows of inputs, with the parameters as they stand. */
  predict(x: readonly (readonly number[])[]): number[][] {
    void this.#frame
    return this.#judge.predict(x)
  }

  /** The units that are shut on every sample, by value. */
  get dead(): Dead {
    return this.#dead
  }

  /** Why an element is greyed: "dead: z ≤ 0 on all 4 samples, …", or null. */
  note(id: number, at: number): string | null {
    return this.#dead.get(id)?.get(at % (this.shape(id).at(-1) ?? 1)) ?? null
  }

  /** "iteration 31: step 5 of 15 (…) is the first to make a NaN or infinity …", or null. */
  get fault(): string | null {
    void this.#frame
    const { fault, iteration } = this.#history
    return fault && faultWords(this, iteration, fault.step)
  }

  /** Reads something of the iteration before the one that is shown, which stays the one shown. */
  inIterationBefore<T>(read: () => T): T {
    const iteration = this.#iteration
    this.#history.seek(iteration - 1)
    this.#read.clear()
    try {
      return read()
    } finally {
      this.#history.seek(iteration)
      this.#read.clear()
    }
  }

  // --- going through time -----------------------------------------------------------------------

  /** Reveals the next step, or goes to the next iteration; says whether it did. */
  stepForward(): boolean {
    if (this.#position === this.steps.length) {
      const went = this.#goTo(this.#iteration + 1)
      if (went) this.#position = 0
      return went
    }
    if (this.gate?.()) return false
    this.#position++
    return true
  }

  stepBack(): void {
    if (this.#position > 0) this.#position--
    else if (this.#iteration > 0 && this.#goTo(this.#iteration - 1))
      this.#position = this.steps.length
  }

  nextIteration(): void {
    this.#goTo(this.#iteration + 1)
  }

  previousIteration(): void {
    if (this.#iteration > 0) this.#goTo(this.#iteration - 1)
  }

  /** Everything as it was when the trace was opened. */
  reset(): void {
    this.pause()
    this.#training = false
    this.#history.reset()
    this.#grain = 'worked'
    this.#position = 0
    this.selected = null
    this.row = 0
    this.speed = DEFAULT_SPEED
    this.#show()
  }

  /** Shows an iteration that was played already, or trains up to it. */
  seek(iteration: number, position = this.#position): void {
    const target = Math.max(0, Math.round(iteration))
    this.position = position
    if (target < this.#history.losses.length) this.#goTo(target)
    else void this.trainTo(target)
  }

  /** Trains in slices and shows each; ends early after a NaN or infinity, or when interrupted. */
  async trainTo(iteration: number): Promise<void> {
    const run = ++this.#runs
    this.#handBack()
    this.#training = true
    this.#history.seek(Math.min(iteration, this.#history.losses.length - 1))
    while (this.#training && run === this.#runs) {
      const until = performance.now() + SLICE
      let going = true
      const here = !this.#remote?.working
      while (here && going && this.#history.iteration < iteration && performance.now() < until)
        going = this.#history.next()
      this.#ahead = false
      this.#show()
      if (!going || this.#history.iteration >= iteration) break
      if (!(await this.#trained(iteration))) await new Promise((resolve) => setTimeout(resolve))
    }
    if (run === this.#runs) this.#training = false
    this.#lookOver()
  }

  get training(): boolean {
    return this.#training
  }

  // --- playing ----------------------------------------------------------------------------------

  get playing(): boolean {
    return this.#timer !== null
  }

  /** Whether numbers change faster than they can be read, let alone explained. */
  get rushing(): boolean {
    return this.#training || (this.playing && (SPEEDS[this.speed]!.iterations ?? 0) > READABLE)
  }

  play(): void {
    if (this.playing) return
    this.#settle()
    this.#tick()
  }

  pause(): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = null
    this.#settle()
    this.#lookOver()
  }

  /** Ends a training: what was trained so far stays. */
  #settle(): void {
    this.#training = false
    this.#handBack()
  }

  /** Takes training back from the worker, where it stands; what came last is shown. */
  #handBack(): void {
    this.#remote?.stop()
    const ahead = this.#ahead
    this.#ahead = false
    if (ahead) this.#show()
    this.#resume()
  }

  /** Lets the worker train; false where there is none, or the next iteration is to be played here. */
  #handOver(to: number): boolean {
    const remote = this.#remote
    if (!remote || remote.broken) return false
    if (remote.working) return true
    const job = this.#history.job(to)
    if (!job) return false
    remote.start(job, (frame) => {
      if (frame) {
        this.#history.adopt(frame)
        this.#ahead = true
      }
      this.#resume()
    })
    return !remote.broken
  }

  /** Waits for a frame of the worker's and shows it; false where there is no worker. */
  async #trained(to: number): Promise<boolean> {
    if (!this.#handOver(to)) return false
    await new Promise<void>((resolve) => (this.#resume = resolve))
    this.#resume = () => {}
    return true
  }

  #lookOver(): void {
    this.#unlooked = 0
    this.#look++
  }

  #tick(): void {
    const { steps, iterations } = SPEEDS[this.speed]!
    const wait = 1000 / (steps ?? Math.min(iterations!, MOST_FRAMES))
    this.#timer = setTimeout(() => {
      if (iterations !== Number.POSITIVE_INFINITY) this.#handBack() // it was slowed down
      const waits = steps !== undefined && !this.stepForward()
      if (iterations) this.#rush(iterations)
      const ended = this.#iteration >= this.last && this.#position === this.steps.length
      if (this.fault || ended || waits) this.pause()
      else this.#tick()
    }, wait)
  }

  /** Whole iterations, as many as the speed asks for or a slice of time allows. */
  #rush(iterations: number): void {
    const { last } = this
    this.#position = this.steps.length
    if (iterations > MOST_FRAMES && this.#handOver(last)) {
      if (this.#ahead) this.#show()
      this.#ahead = false
      return
    }
    this.#ahead = false
    const until = performance.now() + SLICE
    while (this.#history.iteration < last && this.#history.next())
      if (iterations <= MOST_FRAMES || performance.now() > until) break
    this.#show()
  }

  // --- changing numbers -------------------------------------------------------------------------

  /** Changes a learning rate, input, target or parameter from the shown iteration on. */
  edit(id: number, at: number, value: number): void {
    this.#settle()
    this.#history.edit(id, at, value)
    this.#show()
  }

  /** The loss of every iteration played so far. */
  get losses(): readonly number[] {
    void this.#frame
    return this.#history.losses
  }

  /** The losses as they are drawn. */
  get curve(): Curve {
    void this.#frame
    return this.#history.curve
  }

  /** A parameter's (or its gradient's, or the loss's) number over the iterations played so far. */
  history(id: number, at: number): Series {
    void this.#frame
    return this.#history.series(id, at)
  }

  #goTo(iteration: number): boolean {
    this.#settle()
    this.#history.seek(iteration)
    this.#show()
    return this.#iteration === iteration
  }

  #show(): void {
    this.#read.clear()
    this.#iteration = this.#history.iteration
    this.#batch = this.#history.indices?.length ?? 0
    this.row = Math.min(this.row, (this.#history.indices?.length ?? Infinity) - 1)
    this.#frame++
    if (!this.rushing || ++this.#unlooked >= FRAMES_A_LOOK) this.#lookOver()
  }
}

function split(name: string): [stem: string, index: string] {
  const at = name.indexOf('[')
  return at < 0 ? [name, ''] : [name.slice(0, at), name.slice(at)]
}
