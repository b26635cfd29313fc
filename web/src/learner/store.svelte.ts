// What a learner leaves from one visit to the next: settings, and their work on exercises. All of
// it is one text under one key, so that it can be saved as a file and read back.

/** Where a browser keeps texts, as localStorage does. Any of it may throw. */
export type Shelf = Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>

type Texts = Readonly<Record<string, string>>

/** Work on one exercise. */
export interface Work {
  /** What stands in each field. */
  readonly typed: Texts
  /** What was asked to be graded. */
  readonly checked: Texts
  /** How many hints were taken. */
  readonly hints: Readonly<Record<string, number>>
}

export const THEMES = ['auto', 'light', 'dark'] as const
export type Theme = (typeof THEMES)[number]

/** A place that can be gone back to. */
export interface Stop {
  readonly address: string
  readonly title: string
}

/** All that is kept. A change of its form is a new version, which reads those before it. */
export interface Left {
  readonly version: 1
  readonly theme: Theme
  /** Whether Why asks what is expected before it answers. */
  readonly askFirst: boolean
  /** Whether the next number is asked before it is shown. */
  readonly predict: boolean
  /** The exercise asked for last, as the address writes it. */
  readonly asked: Texts | null
  /** Where the explorer was left: its address after "#", and what was open. */
  readonly last: Stop | null
  /** How far the guided iteration was gone, in steps; null before it is begun. */
  readonly begun: number | null
  /** By the exercise's id, the latest last. */
  readonly work: Readonly<Record<string, Work>>
}

const KEY = 'whygrad:learner'
/** The table that was opened last is kept beside the record: a file of one's work does not hold it. */
const TABLE = 'whygrad:table'
const VERSION = 1
/** Exercises kept; the oldest are left out. */
const MOST = 200
/** Characters of a file that is read back. */
const LONGEST = 5_000_000
const NOTHING: Left = {
  version: VERSION,
  theme: 'auto',
  askFirst: false,
  predict: false,
  asked: null,
  last: null,
  begun: null,
  work: {},
}
const NO_WORK: Work = { typed: {}, checked: {}, hints: {} }
/** Ids of version 1 whose exercises are what they were; src/whygrad/practice/exercise.py has the others. */
const STAYED = /^(next_number|order_the_steps|draw_the_graph)\.(?!chain\.)\w+\.\w+\.\d+(\.[2-9])?$/
/** The keys used before there was one for all. */
const EARLIER = {
  theme: 'whygrad-theme',
  askFirst: 'whygrad-ask-first',
  predict: 'whygrad-predict',
  asked: 'whygrad-practice-last',
  work: 'whygrad-practice',
} as const

const UNKEPT = 'This browser keeps nothing for this page: what you type is lost when you leave it. Save it as a file.'
const NEWER =
  'A newer whygrad keeps your work in this browser, and it is left as it is: what you type here is lost when you leave. Save it as a file.'

export class Store {
  /** Why what is typed will not be there on the next visit; empty if it will. */
  trouble = $state('')
  readonly #shelf: Shelf | null
  /** What could not be written, and holds for this visit. */
  #unwritten: Left | null = null

  /** @param shelf null where nothing can be kept */
  constructor(shelf: Shelf | null) {
    this.#shelf = shelf
    this.#migrate()
  }

  /** All that is kept now, as another page may have changed it. */
  read(): Left {
    if (this.#unwritten) return this.#unwritten
    const found = this.#found()
    return found === 'newer' || found === null ? NOTHING : found
  }

  change(part: Partial<Omit<Left, 'version'>>): void {
    this.#write({ ...this.read(), ...part })
  }

  /** The work on an exercise. */
  work(id: string): Work {
    return this.read().work[id] ?? NO_WORK
  }

  keep(id: string, work: Work): void {
    const { [id]: _, ...others } = this.read().work
    this.change({ work: Object.fromEntries(Object.entries({ ...others, [id]: work }).slice(-MOST)) })
  }

  /** Keeps what was asked for to open a table of the person's own; false where there is no room for it. */
  keepTable(name: string, asked: object): boolean {
    try {
      if (!this.#shelf) return false
      this.#shelf.setItem(TABLE, JSON.stringify({ version: VERSION, name, asked }))
      return true
    } catch {
      return false // a browser keeps some 5 MB
    }
  }

  /** What opens the table of that name; null where it is not kept, or not any more. */
  table(name: string): object | null {
    const found = parsed(this.#text(TABLE))
    if (!isRecord(found) || found['version'] !== VERSION || found['name'] !== name) return null
    return isRecord(found['asked']) ? found['asked'] : null
  }

  /** All that is kept, as the text of a file. */
  exported(): string {
    return JSON.stringify(this.read(), null, 1)
  }

  /**
   * Takes over what a file holds: its settings, and its work in place of that on the same exercises.
   * @throws Error that says why it cannot be read; nothing is changed then
   */
  take(text: string): void {
    const found = text.length > LONGEST ? null : parsed(text)
    if (!isRecord(found) || typeof found['version'] !== 'number' || !isRecord(found['work']))
      throw new Error('This is not a file of your work, as “Save my work” writes it.')
    if (found['version'] > VERSION)
      throw new Error('This file was saved by a newer whygrad. Update whygrad, and read it then.')
    const left = readLeft(found)
    const work = Object.entries({ ...this.read().work, ...left.work }).slice(-MOST)
    this.#write({ ...left, work: Object.fromEntries(work) })
  }

  #write(left: Left): void {
    try {
      if (!this.#shelf) throw new Error('no shelf')
      if (this.#found() === 'newer') this.trouble = NEWER
      else {
        this.#shelf.setItem(KEY, JSON.stringify(left))
        this.#unwritten = null
        this.trouble = ''
        return
      }
    } catch {
      this.trouble = UNKEPT // it is full, or may keep nothing, as in a private window
    }
    this.#unwritten = left
  }

  #found(): Left | 'newer' | null {
    const found = parsed(this.#text(KEY))
    if (!isRecord(found)) return null
    const { version } = found
    return typeof version === 'number' && version > VERSION ? 'newer' : readLeft(found)
  }

  /** Takes over what was kept under a key for each thing. */
  #migrate(): void {
    if (this.#text(KEY) !== null) return
    const old = Object.values(EARLIER).filter((key) => this.#text(key) !== null)
    if (!old.length) return
    this.#write(
      readLeft({
        theme: this.#text(EARLIER.theme),
        askFirst: this.#text(EARLIER.askFirst) === 'true',
        predict: this.#text(EARLIER.predict) === 'true',
        asked: parsed(this.#text(EARLIER.asked)),
        work: parsed(this.#text(EARLIER.work)),
      }),
    )
    if (!this.#unwritten) for (const key of old) this.#shelf!.removeItem(key)
  }

  #text(key: string): string | null {
    try {
      return this.#shelf?.getItem(key) ?? null
    } catch {
      return null
    }
  }
}

/** The shelf of this browser; null where a page may not even ask for it. */
export function browserShelf(): Shelf | null {
  try {
    return localStorage
  } catch {
    return null
  }
}

/** What can be read of a record; each part that is something else is as if it had not been kept. */
function readLeft(found: Readonly<Record<string, unknown>>): Left {
  const { theme, askFirst, predict, asked, last, begun, work } = found
  return {
    version: VERSION,
    theme: THEMES.find((known) => known === theme) ?? NOTHING.theme,
    askFirst: askFirst === true,
    predict: predict === true,
    asked: isRecord(asked) ? only(asked, isText) : null,
    last: readStop(last),
    begun: isNumber(begun) ? begun : null,
    work: isRecord(work)
      ? Object.fromEntries(Object.entries(work).flatMap(([id, one]) => (isRecord(one) ? [[idNow(id), readWork(one)]] : [])))
      : {},
  }
}

function readStop(found: unknown): Stop | null {
  if (!isRecord(found)) return null
  const { address, title } = found
  // an address in the page alone: it is made a link
  return isText(address) && address.startsWith('#') && isText(title) ? { address, title } : null
}

/**
 * The id of today of an exercise whose id said no version: version 2 makes it as it was. Work on
 * what version 2 makes otherwise stays under its old id, and in the file that is saved.
 */
function idNow(id: string): string {
  return STAYED.test(id) ? `${id}.v2` : id
}

function readWork({ typed, checked, hints }: Readonly<Record<string, unknown>>): Work {
  return {
    typed: isRecord(typed) ? only(typed, isText) : {},
    checked: isRecord(checked) ? only(checked, isText) : {},
    hints: isRecord(hints) ? only(hints, isNumber) : {},
  }
}

function only<T>(record: Readonly<Record<string, unknown>>, is: (item: unknown) => item is T): Readonly<Record<string, T>> {
  return Object.fromEntries(Object.entries(record).flatMap(([key, item]) => (is(item) ? [[key, item]] : [])))
}

function parsed(text: string | null): unknown {
  try {
    return JSON.parse(text ?? 'null')
  } catch {
    return null
  }
}

function isRecord(found: unknown): found is Readonly<Record<string, unknown>> {
  return typeof found === 'object' && found !== null && !Array.isArray(found)
}

function isText(item: unknown): item is string {
  return typeof item === 'string'
}

function isNumber(item: unknown): item is number {
  return typeof item === 'number'
}
