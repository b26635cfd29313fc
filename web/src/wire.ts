// The messages that the server, a static page and a notebook give the page.
// Written by scripts/make_wire_types.py from src/whygrad/wire/messages.py; do not edit.

import type { Declared, Formula, Test } from './player/formula'
import type { Numbers, Phase, Tape } from './player/tape'

export const VERSION = 1

/** A spec that comes with the package. */
export interface PresetInfo {
  readonly name: string
  readonly title: string
  readonly description: string
}

/** One step of the worked example, at either grain (see `worked.WorkedStep`). */
export interface StepInfo {
  readonly value: number
  readonly name: string
  readonly phase: Phase
  readonly part: readonly string[]
  readonly title: string
  readonly steps: readonly number[]
}

/**
 * Why an output moves as it does when one input moves: a sentence with slots (`op.Reason`).
 * `when` is a test on numbers in slots; of several reasons the first whose test holds is given.
 */
export interface ReasonInfo {
  readonly says: string
  readonly principle: string
  readonly when: Test | null
}

/**
 * A row of the table of ops: how it reads, what it is for, its formula and reasons as data.
 */
export interface OpInfo {
  readonly name: string
  readonly title: string
  readonly reads: string
  readonly kinks: string
  /**
   * the test that says on which side of its corner an element is; the branches that its local
   * derivatives take; or null where there is no corner to cross.
   */
  readonly side: Declared | readonly ['branches'] | null
  /** its inputs broadcast against each other, element by element. */
  readonly aligned: boolean
  /** it passes numbers on as they are, so that another op on the way has more to say. */
  readonly silent: boolean
  /** what it is for in a network. */
  readonly purpose: string
  /** for each input, why the local derivative is what it is; null where there is none. */
  readonly reasons: readonly (readonly ReasonInfo[] | null)[]
  readonly formula: Formula
}

/** A likeness that helps, and where it breaks. */
export interface AnalogyInfo {
  readonly like: string
  readonly breaks: string
}

/** A fact about how changes travel, and the principles it rests on. */
export interface PrincipleInfo {
  readonly name: string
  readonly says: string
  readonly see: string
  readonly rests_on: readonly string[]
  readonly analogy: AnalogyInfo | null
}

/** How a value's name is written: in text, and in LaTeX. */
export interface Notation {
  readonly text: string
  readonly latex: string
}

/** Inputs and targets, one row per sample. */
export interface Samples {
  readonly x: readonly (readonly number[])[]
  readonly y: readonly (readonly number[])[]
}

/**
 * What a network learns from. `flipped` says which labels are wrong on purpose; `evaluation` are
 * samples to judge it by, where they are others than those it learns from.
 */
export interface DatasetInfo {
  readonly name: string
  readonly task: string
  readonly train: Samples
  readonly feature_names: readonly string[]
  readonly target_names: readonly string[]
  readonly flipped: readonly boolean[] | null
  readonly evaluation: Samples | null
  readonly classes: readonly string[] | null
  readonly note: string
}

/** The order of samples: `batchIndices(n, batch, iteration, seed, shuffle)` gives it. */
export interface Visits {
  readonly batch: number
  readonly seed: number
  readonly shuffle: boolean
}

/** All the page needs to step, play, edit and train, without a server. */
export interface TraceMessage {
  /** of this format. */
  readonly version: number
  /** what the spec is called. */
  readonly name: string
  /** its title. */
  readonly title: string
  /** one line about it. */
  readonly description: string
  /** the spec with every default filled in, as its TOML would say it. */
  readonly spec: Readonly<Record<string, unknown>>
  /** the tape (`whygrad-tape/1`). */
  readonly tape: Tape
  /** the numbers that no step makes, as nested lists by value id. */
  readonly leaves: Readonly<Record<string, Numbers>>
  /** the worked steps, in teaching order. */
  readonly worked: readonly StepInfo[]
  /** every primitive step. */
  readonly unfolded: readonly StepInfo[]
  /** the ops on this tape, by name. */
  readonly ops: Readonly<Record<string, OpInfo>>
  /** what every reason rests on, by name. */
  readonly principles: Readonly<Record<string, PrincipleInfo>>
  /** how each name is written. */
  readonly symbols: Readonly<Record<string, Notation>>
  /** what it learns from; null for a formula. */
  readonly dataset: DatasetInfo | null
  /** the order of samples; null where every iteration sees the recorded inputs. */
  readonly visits: Visits | null
  /** how long the spec trains. */
  readonly iterations: number
  /** a regression output counts as right within this share of the targets' spread. */
  readonly tolerance: number
  /** a yes-or-no output says yes above this. */
  readonly boundary: number
}

/** A mistake that fits a tape, and the tape on which it is made (see `whatif.Mistake`). */
export interface MistakeInfo {
  readonly name: string
  readonly title: string
  /** why people make it. */
  readonly people: string
  /** what goes wrong then. */
  readonly breaks: string
  /** how to notice it. */
  readonly notice: string
  /** the question that tells it from others with the same number. */
  readonly asks: string
  /** the whole iteration, with the mistake made. */
  readonly tape: Tape
  /** the numbers of those leaves of it that the right tape has not, by value id. */
  readonly leaves: Readonly<Record<string, Numbers>>
  /** of every other leaf, the same leaf's id on the right tape. */
  readonly origins: Readonly<Record<string, number>>
}

/** The mistakes that fit a trace. */
export interface MistakesMessage {
  readonly mistakes: readonly MistakeInfo[]
  /** the ops on their tapes, by name. */
  readonly ops: Readonly<Record<string, OpInfo>>
}

/** What was wrong, and where if that is known. */
export interface ErrorMessage {
  readonly message: string
  readonly source: string | null
  readonly line: number | null
}

/** A column of an uploaded CSV file. */
export interface ColumnInfo {
  readonly name: string
  readonly numeric: boolean
  readonly distinct: number
  readonly examples: readonly string[]
}

/** What an uploaded CSV file holds, and which columns are likely targets. */
export interface CsvInfo {
  readonly name: string
  readonly rows: number
  readonly columns: readonly ColumnInfo[]
  readonly target: readonly string[]
}

/** What an exercise can be about. */
export interface FeatureInfo {
  readonly name: string
  readonly says: string
}

/** What exercises can be about, from easy to hard, and how difficult they can be. */
export interface PracticeInfo {
  readonly features: readonly FeatureInfo[]
  readonly difficulties: readonly number[]
}

/** An element's name, and a number for it. */
export interface NumberInfo {
  readonly name: string
  readonly number: number
}

/** What is asked (see `practice.Ask`). */
export interface AskInfo {
  readonly name: string
  readonly prompt: string
  readonly choices: readonly string[]
}

/** The losses of a training without a planted mistake and with it; null for no number. */
export interface LossesInfo {
  readonly right: readonly (number | null)[]
  readonly wrong: readonly (number | null)[]
}

/** An exercise, and the tape it is about. */
export interface ExerciseMessage {
  /** says everything about it; the same id makes the same exercise anywhere. */
  readonly id: string
  readonly kind: string
  readonly feature: string
  readonly fading: string
  readonly difficulty: number
  readonly seed: number
  /** what there is to practise. */
  readonly says: string
  /** what has to be known besides the formulas and numbers. */
  readonly notes: readonly string[]
  /** which iteration of the trace it is about, from 1. */
  readonly iteration: number
  /** numbers that are told of those that are worked out, right or wrong. */
  readonly told: readonly NumberInfo[]
  readonly asks: readonly AskInfo[]
  /** of a remedy to choose, how training goes. */
  readonly losses: LossesInfo | null
  readonly trace: TraceMessage
}

/** A mistake that gives a typed number, in words (see `whatif.Mistake`). */
export interface SlipInfo {
  readonly name: string
  readonly title: string
  readonly people: string
  readonly breaks: string
  readonly notice: string
  readonly asks: string
}

/** A graded answer (see `practice.Mark`). */
export interface MarkMessage {
  readonly name: string
  readonly symbol: string
  readonly typed: string
  /** null where it cannot be said. */
  readonly correct: boolean | null
  readonly expected: number | string
  /** those that give the learner's number, the likeliest first. */
  readonly mistakes: readonly SlipInfo[]
  readonly feedback: string
  readonly carried: boolean
  /** of a wrong number, the right step, which the feedback ends with. */
  readonly step: string
}

/** A line of someone's homework: what came of it, or why it could not be graded. */
export interface LineMessage {
  readonly typed: string
  readonly mark: MarkMessage | null
  readonly trouble: string
}

/** A cause or a remedy that can be named; remedies stand in groups. */
export interface ClinicChoice {
  readonly key: string
  readonly says: string
  readonly group: string
}

/** An examination that can be ordered: the question it answers, and what is done for it. */
export interface ClinicOffer {
  readonly key: string
  readonly title: string
  readonly asks: string
  readonly does: string
}

/** What can be chosen from; the same for every patient. */
export interface ClinicInfo {
  readonly causes: readonly ClinicChoice[]
  readonly remedies: readonly ClinicChoice[]
  readonly examinations: readonly ClinicOffer[]
  /** what must be installed before a run can be trained; empty where nothing is missing. */
  readonly missing: string
}

/** How a run goes, as its author sees it. */
export interface ClinicCourse {
  /** the iterations of the training losses. */
  readonly at: readonly number[]
  /** mean training loss since the iteration before. */
  readonly losses: readonly (number | null)[]
  /** the last iteration of each epoch. */
  readonly epochs: readonly number[]
  /** the loss on validation rows after each epoch. */
  readonly validation: readonly (number | null)[]
  /** accuracy or R² on validation rows after each epoch. */
  readonly scores: readonly (number | null)[]
  /** the first iteration whose loss is not finite. */
  readonly broke: number | null
}

/** What the author of a run tells. */
export interface PatientMessage {
  readonly seed: number
  /** seeds below this are every case once, in no order. */
  readonly patients: number
  readonly task: string
  readonly rows: string
  /** what the scores are called. */
  readonly score: string
  /** the program that was trained. */
  readonly listing: string
  readonly course: ClinicCourse
}

/** One thing that an examination shows, and what is usual. */
export interface ClinicFact {
  readonly key: string
  readonly says: string
  readonly usual: string
}

/** One row of marks of a picture. */
export interface ClinicSeries {
  readonly name: string
  readonly values: readonly (number | null)[]
}

/** Numbers to look at: `bars` or a `line` for each series, over the labels. */
export interface ClinicPicture {
  readonly title: string
  readonly kind: string
  readonly labels: readonly string[]
  readonly series: readonly ClinicSeries[]
  /** whether sizes are to be compared by their order. */
  readonly logarithmic: boolean
}

/** What came of an examination. */
export interface ExaminationMessage {
  readonly key: string
  readonly title: string
  readonly facts: readonly ClinicFact[]
  readonly pictures: readonly ClinicPicture[]
}

/** A part of an answer, and what is to be said of it. */
export interface ClinicJudged {
  readonly what: string
  readonly verdict: string
  readonly says: readonly string[]
}

/** A remedy that was made to the run; `finds` is the doctor's verdict on that run. */
export interface ClinicMade {
  readonly course: ClinicCourse
  readonly finds: string
  readonly predictions: readonly string[]
}

/** A remedy of the doctor's, what it acts on and what it predicts. */
export interface ClinicRemedy {
  readonly name: string
  readonly why: string
  readonly predicts: string
}

/** A finding of the doctor's; of `under`, each follows from it. */
export interface ClinicFinding {
  readonly cause: string
  readonly where: string
  readonly mechanism: string
  /** causes that look similar, and why it is none of them. */
  readonly not_these: readonly (readonly string[])[]
  readonly remedies: readonly ClinicRemedy[]
  readonly masks: readonly string[]
  readonly under: readonly (readonly string[])[]
  readonly links: readonly string[]
}

/** What is said of an answer. */
export interface GradeMessage {
  /** the causes that are right to name; none for a healthy run. */
  readonly truth: readonly string[]
  readonly cause: ClinicJudged
  readonly evidence: readonly ClinicJudged[]
  /** the facts that point to this cause best, whether they were seen or not. */
  readonly telling: readonly ClinicFact[]
  readonly remedy: ClinicJudged
  /** how the run goes with the remedy. */
  readonly made: ClinicMade | null
  /** the doctor's, in a sentence. */
  readonly verdict: string
  readonly findings: readonly ClinicFinding[]
  /** what the learner wrote. */
  readonly words: string
}

/** An answer is not there yet: what is being done, and the share of it that is done. */
export interface ClinicWait {
  readonly doing: string
  readonly done: number
}
