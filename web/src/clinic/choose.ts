// Finding one of many by a part of its name or of what it says.

import type { ClinicChoice } from '../wire'

/** The choices that hold every word that was typed. */
export function fits(choices: readonly ClinicChoice[], typed: string): ClinicChoice[] {
  const words = typed.toLowerCase().split(/[\s_]+/).filter(Boolean)
  return choices.filter(({ key, says, group }) => {
    const text = `${named(key)} ${says} ${group}`.toLowerCase()
    return words.every((word) => text.includes(word))
  })
}

/** Choices under their groups, in the order of the first of each. */
export function grouped(choices: readonly ClinicChoice[]): (readonly [string, ClinicChoice[]])[] {
  const groups = new Map<string, ClinicChoice[]>()
  for (const choice of choices) groups.set(choice.group, [...(groups.get(choice.group) ?? []), choice])
  return [...groups]
}

/** A name as it is read. */
export function named(key: string): string {
  return key.replaceAll('_', ' ')
}
