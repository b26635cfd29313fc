// What every room beside the explorer is given.

import type { Room } from './address'
import type { Model } from './model'

export interface InRoom {
  readonly model: Model
  /** What the address asks of the room. */
  readonly asked: Room['asked']
  /** Goes to another place in the room; the address follows. */
  readonly ask: (asked: Room['asked']) => void
}
