// The spec of a network for an uploaded table, and what may be chosen in it.

import { ACTIVATIONS as ALL, type ColumnInfo, type CsvInfo } from '../wire'

export const MOST_BYTES = 10_000_000
/** What hidden layers may use, each with how it is written for a person. */
export const ACTIVATIONS = ALL.filter(({ hidden }) => hidden).map(({ name, words }) => [name, words] as const)

const MOST_CLASSES_GUESSED = 10

/** Why a file cannot be taken, before it is read; null if it can. */
export function whyNot(file: { readonly name: string; readonly size: number }): string | null {
  if (file.size > MOST_BYTES) {
    const megabytes = Math.ceil(file.size / 100_000) / 10
    return `${file.name} has ${megabytes} MB; at most 10 MB can be opened. Keep fewer rows.`
  }
  return file.size ? null : `${file.name} is empty. Choose a table saved as CSV.`
}

/** What a person chooses for a table. */
export interface Choices {
  target: string[]
  features: string[]
  task: 'regression' | 'classes'
  hidden: string
  activation: string
  learningRate: number
  batch: number
  iterations: number
  seed: number
}

/** Choices that suit a table, to start from. */
export function firstChoices(info: CsvInfo): Choices {
  const target = [...info.target]
  return {
    target,
    features: featuresFor(info, target).map(({ name }) => name),
    task: likelyTask(info, target),
    hidden: '4',
    activation: 'relu',
    learningRate: 0.1,
    batch: 1,
    iterations: 1000,
    seed: 0,
  }
}

/** The columns a target can be learned from. */
export function featuresFor(info: CsvInfo, target: readonly string[]): ColumnInfo[] {
  return info.columns.filter(({ name, numeric }) => numeric && !target.includes(name))
}

/** Whether a target is an amount or a class, as far as its values tell. */
export function likelyTask(info: CsvInfo, target: readonly string[]): Choices['task'] {
  const [only, ...others] = info.columns.filter(({ name }) => target.includes(name))
  if (!only || others.length) return 'regression'
  return !only.numeric || only.distinct === 2 ? 'classes' : 'regression'
}

export function mayBeClasses(info: CsvInfo, target: readonly string[]): boolean {
  const [only, ...others] = info.columns.filter(({ name }) => target.includes(name))
  return only !== undefined && !others.length && (!only.numeric || only.distinct <= MOST_CLASSES_GUESSED)
}

/** Widths of hidden layers as they are typed: "8", "8, 4" or nothing; null if they cannot be read. */
export function readWidths(text: string): number[] | null {
  const parts = text.split(/[\s,;]+/).filter(Boolean)
  const widths = parts.map(Number)
  return widths.every((width) => Number.isInteger(width) && width > 0) ? widths : null
}

/** Why the choices cannot be opened yet, or null. */
export function whatIsMissing(choices: Choices): string | null {
  if (!choices.target.length) return 'Choose what to learn.'
  if (!choices.features.length) return 'Choose at least one column to learn it from.'
  if (!readWidths(choices.hidden))
    return 'Write the width of each hidden layer, as in 8 or 8, 4. Leave it empty for none.'
  return null
}

/** The spec of a network for a table, as its TOML file would say it. */
export function specFor(info: CsvInfo, choices: Choices): object {
  const { target, features, activation, learningRate, batch, iterations, seed } = choices
  const distinct = info.columns.find(({ name }) => name === target[0])!.distinct
  const isClass = choices.task === 'classes'
  const task = isClass ? (distinct === 2 ? 'binary' : 'classes') : 'regression'
  const outputs = task === 'classes' ? distinct : target.length
  return {
    title: info.name,
    network: { layers: [features.length, ...readWidths(choices.hidden)!, outputs], activation },
    init: { seed },
    optimizer: { name: 'sgd', learning_rate: learningRate },
    data: { csv: info.name, target, features, task, standardise: true, batch: Math.min(batch, info.rows) },
    train: { iterations },
  }
}
