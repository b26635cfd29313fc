// What every room beside the explorer is given.

import type { TraceMessage } from '../wire'
import type { Place, Room } from './address'
import type { Host } from './host'

export interface InRoom {
  readonly host: Host
  /** What the address asks of the room. */
  readonly asked: Room['asked']
  /** Goes to another place in the room; the address follows. */
  readonly ask: (asked: Room['asked']) => void
  /** Opens a trace in the explorer. */
  readonly explore: (trace: TraceMessage, place: Place) => void
}
