// What the benchmark needs of the player, to be bundled as for the page.

export { Player } from '../src/player/player'
export { lookups, readLeaves } from '../src/player/tape'
