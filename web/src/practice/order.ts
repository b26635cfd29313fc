// An order that a person puts together, as it is typed: names with commas between.

/** The order that was typed; what is missing or unknown falls back to how it was mixed. */
export function orderOf(text: string, mixed: readonly string[]): readonly string[] {
  const order = split(text)
  const same = order.length === mixed.length && mixed.every((name) => order.includes(name))
  return same ? order : mixed
}

/** Commas inside brackets belong to an index. */
function split(text: string): string[] {
  return text.split(/,(?![^[]*\])/).map((name) => name.trim())
}

export function moved(order: readonly string[], from: number, to: number): readonly string[] {
  const left = order.filter((_, n) => n !== from)
  const at = Math.max(0, Math.min(to, left.length))
  return [...left.slice(0, at), order[from]!, ...left.slice(at)]
}
