// One opened trace, with all that a person does with it: where they stand, what they ask about, what
// they do differently, and what they predict.

import type { Place } from '../contract/address'
import type { Host } from '../contract/host'
import { Predicting } from '../predict/predicting.svelte'
import { Session } from '../session/session.svelte'
import { WhatIf } from '../whatif/whatif.svelte'
import { Asking } from '../why/asking.svelte'
import type { TraceMessage } from '../wire'

export class Study {
  readonly session: Session
  readonly asking: Asking
  readonly whatIf: WhatIf
  readonly predicting: Predicting

  /** @param place where to begin; what is predicted first is asked there */
  constructor(trace: TraceMessage, { traces, store, trainer }: Pick<Host, 'traces' | 'store' | 'trainer'>, place?: Place) {
    this.session = new Session(trace, trainer)
    if (place) this.session.seek(place.iteration, place.position)
    this.asking = new Asking(this.session, store)
    this.whatIf = new WhatIf(this.asking, traces)
    this.predicting = new Predicting(this.whatIf, store)
  }

  /** Everything as it was when the trace was opened; what the learner chose for all traces stays. */
  reset(): void {
    this.session.reset()
    this.asking.reset()
    this.whatIf.end()
    this.predicting.reset()
  }

  /** Stops what runs by itself; it can be gone on with. */
  pause(): void {
    this.session.pause()
  }
}
