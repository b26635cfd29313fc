import { expect, test } from 'vitest'
import { type Cost, costWords } from './cost'

/** Times in forward passes: of the walk back, and of all nudges. */
function cost(backward: number, passes: number): Cost {
  return { parameters: passes - 1, passes, forward: 1, backward, nudging: passes, played: true }
}

test.each([
  ['about as long', cost(3.9, 5), 'On so small a tape both take about as long.'],
  ['slower', cost(3, 2), 'On so small a tape nudging is 2 times as fast.'],
  ['faster', cost(2, 300), 'One walk back is 100 times as fast here.'],
])('a walk back that is %s is said to be', (_, measured, says) => {
  expect(costWords(measured)).toContain(says)
})

test('how the cost of both ways grows is said, from this network to GPT-3', () => {
  expect(costWords(cost(2, 18))).toContain('18 here, 175,000,000,001 for GPT-3.')
  expect(costWords(cost(2, 18))).toContain('here as long as 3 forward passes.')
})
