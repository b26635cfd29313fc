// What a page asks of whoever gives it out: a server, files beside it, or a notebook. Each adapter
// in hosts/ is one of these.

import type { Store } from '../learner/store.svelte'
import type { PracticeApi } from './exercises'
import type { ClinicApi } from './patients'
import type { TraceApi } from './traces'

/** Those that are null cannot be asked for anything, and are not offered. */
export interface Host {
  readonly traces: TraceApi | null
  readonly practice: PracticeApi | null
  readonly clinic: ClinicApi | null
  readonly store: Store
  /** Starts a worker that trains; absent where there is no file to start one from. */
  readonly trainer?: () => Worker
}

/** A host that can be asked for everything. */
export type FullHost = { readonly [K in keyof Host]: NonNullable<Host[K]> }
