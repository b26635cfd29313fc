// The host of a page made of files alone: answers were written beforehand, and lie beside it.

import type { ExerciseRequest } from '../contract/exercises'
import type { FullHost } from '../contract/host'
import type { Store } from '../learner/store.svelte'
import type { ExerciseMessage, TraceMessage } from '../wire'
import { type Ask, hostAsking, type Question, refusal } from './asked'

/** How to get what files cannot give, by what is asked. */
const INSTEAD: Readonly<Record<Question, string>> = {
  initial: 'Its files are not complete: make them anew.',
  presets: 'Its files are not complete: make them anew.',
  practice: 'Its files are not complete: make them anew.',
  trace: 'To open any network or table, install whygrad and run “whygrad open”.',
  mistakes: 'To play the mistakes of any network, install whygrad and run “whygrad open”.',
  csv: 'To open a table of your own, install whygrad and run “whygrad open”.',
  exercise: 'For every exercise there is, install whygrad and run “whygrad open”.',
  'exercise/mistakes': 'To have your mistakes named, install whygrad and run “whygrad open”.',
  homework: 'To have your own work checked, install whygrad and run “whygrad open”.',
  clinic: 'The clinic trains networks: install whygrad[clinic] and run “whygrad open”.',
  'clinic/patient': 'The clinic trains networks: install whygrad[clinic] and run “whygrad open”.',
  'clinic/examine': 'The clinic trains networks: install whygrad[clinic] and run “whygrad open”.',
  'clinic/grade': 'The clinic trains networks: install whygrad[clinic] and run “whygrad open”.',
}

/** @param base the folder of the answers, as an address that ends with "/" */
export function filesHost(base: string, store: Store): FullHost {
  /** The names of traces that were opened here, by their specs as text. */
  const opened = new Map<string, string>()

  /** The file with an answer; null where there can be none. */
  function fileOf(question: Question, content: object): string | null {
    switch (question) {
      case 'initial':
      case 'presets':
      case 'practice':
      case 'clinic':
        return question
      case 'trace':
        return 'preset' in content ? `traces/${content.preset}` : null
      case 'mistakes': {
        const name = 'spec' in content && opened.get(JSON.stringify(content.spec))
        return name ? `mistakes/${name}` : null
      }
      case 'exercise/mistakes':
        return 'id' in content ? `mistakes/${content.id}` : null
      case 'exercise':
        return `exercises/${idOf(content as ExerciseRequest)}`
      default:
        return null
    }
  }

  const ask: Ask = async (question, content = {}) => {
    const file = fileOf(question, content)
    const response = file === null ? null : await fetch(addressOf(base, file)).catch(() => null)
    const message: unknown = response?.ok ? await response.json().catch(() => null) : null
    if (message === null) throw refusal(`This page is made of files alone, and has none for this. ${INSTEAD[question]}`)
    if (question === 'trace' || question === 'initial') note(message as TraceMessage)
    if (question === 'exercise') note((message as ExerciseMessage).trace, (message as ExerciseMessage).id)
    return message
  }

  function note(trace: TraceMessage, name: string = trace.name): void {
    opened.set(JSON.stringify(trace.spec), name)
  }

  return hostAsking(ask, { store })
}

/** Of the exercises that are made, as their ids end. */
const VERSION = 2

/** The exercise's id, as whygrad.practice writes it; where the seed chooses, files do not know what. */
function idOf({ kind, feature = 'any', fading, seed, difficulty }: ExerciseRequest): string {
  return [kind, feature, fading, seed, ...(difficulty > 1 ? [difficulty] : []), `v${VERSION}`].join('.')
}

function addressOf(base: string, file: string): string {
  return `${base}${file.split('/').map(encodeURIComponent).join('/')}.json`
}
