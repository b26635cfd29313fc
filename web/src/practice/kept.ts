// What a person typed, kept in the browser, so that nothing is lost.

export interface Kept {
  /** What stands in each field. */
  readonly typed: Readonly<Record<string, string>>
  /** What was sent to be graded. */
  readonly checked: Readonly<Record<string, string>>
  /** How many hints were taken. */
  readonly hints: Readonly<Record<string, number>>
}

const KEY = 'whygrad-practice'
const LAST = 'whygrad-practice-last'
/** Exercises kept; the oldest are left out. */
const MOST = 200
const NOTHING: Kept = { typed: {}, checked: {}, hints: {} }

export function keptOf(id: string): Kept {
  return { ...NOTHING, ...all()[id] }
}

export function keep(id: string, kept: Kept): void {
  const { [id]: _, ...others } = all()
  const latest = Object.entries({ ...others, [id]: kept }).slice(-MOST)
  write(KEY, JSON.stringify(Object.fromEntries(latest)))
}

/** What was asked for last, as the address writes it. */
export function lastAsked(): Readonly<Record<string, string>> | null {
  return parsed(LAST) as Readonly<Record<string, string>> | null
}

export function keepAsked(asked: Readonly<Record<string, string>>): void {
  write(LAST, JSON.stringify(asked))
}

function all(): Readonly<Record<string, Partial<Kept>>> {
  return (parsed(KEY) as Readonly<Record<string, Partial<Kept>>> | null) ?? {}
}

function parsed(key: string): object | null {
  try {
    const found: unknown = JSON.parse(localStorage.getItem(key) ?? 'null')
    return typeof found === 'object' && !Array.isArray(found) ? found : null
  } catch {
    return null // a page that may keep nothing, or something else was kept there
  }
}

function write(key: string, text: string): void {
  try {
    localStorage.setItem(key, text)
  } catch {
    // then it holds for this visit
  }
}
