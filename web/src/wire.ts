// The messages that the server, a static page and a notebook give the page.
// Written by scripts/make_wire_types.py from src/whygrad/wire/; do not edit.

import type { Declared, Formula, Test } from './player/formula'
import type { Numbers, Phase, Tape } from './player/tape'

export const VERSION = 1

/** Activations: as specs name them, as people do, and as a part of a network. */
export const ACTIVATIONS = [
  { name: 'relu', words: 'ReLU', part: 'relu', hidden: true },
  { name: 'tanh', words: 'tanh', part: 'tanh', hidden: true },
  { name: 'sigmoid', words: 'sigmoid', part: 'sigmoid', hidden: true },
  { name: 'leaky_relu', words: 'leaky ReLU', part: 'leakyrelu', hidden: true },
  { name: 'elu', words: 'ELU', part: 'elu', hidden: true },
  { name: 'gelu', words: 'GELU', part: 'gelu', hidden: true },
  { name: 'silu', words: 'SiLU', part: 'silu', hidden: true },
  { name: 'hardtanh', words: 'hard tanh', part: 'hardtanh', hidden: true },
  { name: 'softplus', words: 'softplus', part: 'softplus', hidden: true },
  { name: 'softmax', words: 'softmax', part: 'softmax', hidden: false },
] as const

/** The usual losses, and the last layers they need; none for any. */
export const LOSSES: readonly {
  readonly name: string
  readonly words: string
  readonly outputs: readonly string[]
}[] = [
  { name: 'mse', words: 'mean squared error', outputs: [] },
  { name: 'bce', words: 'binary cross-entropy', outputs: ['sigmoid'] },
  { name: 'bce_with_logits', words: 'binary cross-entropy from logits', outputs: ['linear'] },
  { name: 'cross_entropy', words: 'cross-entropy', outputs: ['softmax', 'linear'] },
]

/** What to trace: a network or a formula, its start, loss, optimizer, data and training. */
export interface PresetInfo {
  readonly name: string
  readonly title: string
  readonly description: string
}

/** One line of the worked example. */
export interface StepInfo {
  /** id of the value it makes. */
  readonly value: number
  /** what that value is called. */
  readonly name: string
  /** forward, loss, backward or update. */
  readonly phase: Phase
  /** where in the network, such as ("layer 1", "relu"). */
  readonly part: readonly string[]
  /** what happens, in a few words. */
  readonly title: string
  /** the tape's steps folded into it, in order. */
  readonly steps: readonly number[]
}

/** Why an output moves as it does when one input moves: a sentence with slots for numbers. */
export interface ReasonInfo {
  /** the sentence. */
  readonly says: string
  /** the named principle it rests on (`explain/principles.py`). */
  readonly principle: string
  /** a test on numbers in slots; of several reasons, the first whose test holds is given. */
  readonly when: Test | null
}

/** A row of the table. */
export interface OpInfo {
  /** PyTorch's name, where it has one. */
  readonly name: string
  /** the name as a person would say it. */
  readonly title: string
  /** how one application reads aloud; `{0}` and `{1}` stand for the inputs. */
  readonly reads: string
  /** where the derivative does not exist and which value is used there. */
  readonly kinks: string
  /**
   * the test that says on which side of its corner an element is, so that a move across one can
   * be told: in an op that works element by element a formula of its inputs; or `BRANCHES`. null
   * where there is no corner, or no other side to cross to.
   */
  readonly side: Declared | readonly ['branches'] | null
  /** inputs broadcast against each other, element by element. */
  readonly aligned: boolean
  /** it passes numbers on as they are, so that another op on the way has more to say. */
  readonly silent: boolean
  /** what it is for in a network. */
  readonly purpose: string
  /**
   * for each input, why the local derivative is what it is; in the order of `pullbacks`, null
   * where there is no derivative.
   */
  readonly reasons: readonly (readonly ReasonInfo[] | null)[]
  /** one element of the output and its local derivatives. */
  readonly formula: Formula
}

/** A likeness that helps, and where it breaks. */
export interface AnalogyInfo {
  readonly like: string
  readonly breaks: string
}

/** A fact about how changes travel. */
export interface PrincipleInfo {
  /** its short name, used everywhere. */
  readonly name: string
  /** what it says. */
  readonly says: string
  /** how to see it for oneself. */
  readonly see: string
  /** the principles it follows from; none for one that is simply looked at. */
  readonly rests_on: readonly string[]
  /** a likeness, if there is a good one. */
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

/** Samples to learn from. Arrays are float64, copied when given, and read-only. */
export interface DatasetInfo {
  readonly name: string
  readonly task: string
  /** inputs and targets alone. */
  readonly train: Samples
  readonly feature_names: readonly string[]
  readonly target_names: readonly string[]
  readonly flipped: readonly boolean[] | null
  /** inputs and targets alone. */
  readonly evaluation: Samples | null
  readonly classes: readonly string[] | null
  readonly note: string
}

/** The order of samples: `batchIndices(n, batch, iteration, seed, shuffle)` gives it. */
export interface BatchOrder {
  readonly batch: number
  readonly seed: number
  readonly shuffle: boolean
}

/** All that is needed to step, play, edit and train, without a server. */
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
  readonly visits: BatchOrder | null
  /** how long the spec trains. */
  readonly iterations: number
  /** a regression output counts as right within this share of the targets' spread. */
  readonly tolerance: number
  /** a yes-or-no output says yes above this. */
  readonly boundary: number
}

/** A mistake that fits a tape, and the tape on which it is made. */
export interface MistakeInfo {
  /** its stable snake_case name. */
  readonly name: string
  /** what is done wrong, in a few words. */
  readonly title: string
  /** what somebody did who made it: "added the gradient in place of subtracting it". */
  readonly done: string
  /** as `done`, with a capital letter. */
  readonly description: string
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

/** The mistakes that fit a tape. */
export interface MistakesMessage {
  readonly mistakes: readonly MistakeInfo[]
  /** the ops on their tapes, by name. */
  readonly ops: Readonly<Record<string, OpInfo>>
}

/** Something given to whygrad cannot be used as it is. */
export interface ErrorMessage {
  readonly message: string
  readonly source: string | null
  readonly line: number | null
}

/** A column of a CSV file: whether all its cells are numbers, and the first different ones. */
export interface ColumnInfo {
  readonly name: string
  readonly numeric: boolean
  readonly distinct: number
  readonly examples: readonly string[]
}

/** What the CSV file `source` holds, and which columns a person most likely wants to learn. */
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

/** One question. */
export interface AskInfo {
  /** the element asked for, or what else is asked ("first wrong step", "order"). */
  readonly name: string
  /** the question in words. */
  readonly prompt: string
  /** what the answer is chosen from or made of; empty where it is typed. */
  readonly choices: readonly string[]
}

/** The losses of a training without a planted mistake and with it; null for no number. */
export interface LossesInfo {
  readonly right: readonly (number | null)[]
  readonly wrong: readonly (number | null)[]
}

/** A mistake that can be played. */
export interface SlipInfo {
  /** its stable snake_case name. */
  readonly name: string
  /** what is done wrong, in a few words. */
  readonly title: string
  /** what somebody did who made it: "added the gradient in place of subtracting it". */
  readonly done: string
  /** as `done`, with a capital letter. */
  readonly description: string
  /** why people make it. */
  readonly people: string
  /** what goes wrong then. */
  readonly breaks: string
  /** how to notice it. */
  readonly notice: string
  /** the question that tells it from others with the same number. */
  readonly asks: string
}

/** One graded answer. */
export interface MarkMessage {
  /** what was asked. */
  readonly name: string
  /** the name, as it is shown. */
  readonly symbol: string
  /** what was typed. */
  readonly typed: string
  /**
   * whether it is right (given what was carried); null if that cannot be said, since it was left
   * blank, could not be read or is too rough.
   */
  readonly correct: boolean | null
  /** the right answer, from the learner's own earlier numbers where those were wrong. */
  readonly expected: number | string
  /** the mistakes that give the learner's number, the likeliest first. */
  readonly mistakes: readonly SlipInfo[]
  /** what to say. */
  readonly feedback: string
  /** whether an earlier wrong number was carried into what is expected. */
  readonly carried: boolean
  /** of a wrong number, the right step, which the feedback ends with. */
  readonly step: string
}

/** What is accepted for an exercise. */
export interface AcceptedInfo {
  /** of each number that is asked, by the name of what is asked: the element it is of. */
  readonly numbers: Readonly<Record<string, string>>
  /**
   * of everything else, by the name of what is asked: the mark of each answer. An answer is ""
   * for a blank, one of the choices, "right" for what is right, and "1" to "5" or "unrated" for
   * an open answer with its rating. For an order, "a < b" is the mark of one in which a comes
   * before b, on which it rests. For a graph, "unknown" is the mark of one with an unknown name
   * and "else" of any other; what they are told is for the page to say.
   */
  readonly marks: Readonly<Record<string, Readonly<Record<string, MarkMessage>>>>
  /** of an order or a graph, what each value rests on, by name. */
  readonly rests: Readonly<Record<string, readonly string[]>>
}

/** An exercise with what is accepted for it. */
export interface ExerciseMessage {
  /**
   * says everything about it: kind, feature, fading, seed, difficulty if above 1, and the
   * version of exercises; the same id makes the same exercise anywhere.
   */
  readonly id: string
  /** one of KINDS. */
  readonly kind: string
  /** what the tape has that is worth practising. */
  readonly feature: string
  /** how much is worked out already; one of FADING. */
  readonly fading: string
  /** how long the way to the loss is: 1 is the feature at its shortest. */
  readonly difficulty: number
  /** which one. */
  readonly seed: number
  /** what there is to practise. */
  readonly says: string
  /** what has to be known besides the formulas and numbers. */
  readonly notes: readonly string[]
  /** which iteration of its training the exercise is about, from 1. */
  readonly iteration: number
  /** numbers that are told of those that are worked out, right or wrong. */
  readonly told: readonly NumberInfo[]
  /** what is asked, in the order it is worked out. */
  readonly asks: readonly AskInfo[]
  /** of a remedy to choose, how training goes. */
  readonly losses: LossesInfo | null
  /** the tape it is about, and all there is to study of it. */
  readonly trace: TraceMessage
  readonly accepted: AcceptedInfo
}

/** A line of someone's work. */
export interface LineMessage {
  /** the line as it was written. */
  readonly typed: string
  /** what came of its number; null where there was none to grade. */
  readonly mark: MarkMessage | null
  /** why it could not be graded; empty if it was. */
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
