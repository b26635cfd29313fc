import { expect, test } from 'vitest'
import { type Cost, costWords, growthOf } from './cost'

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

test('the chart of both ways has what was measured here, and what is reckoned for GPT-3', () => {
  const [here, gpt3] = growthOf(cost(2, 101))
  expect([here.power, here.nudgingPower, here.measured]).toEqual([2, expect.closeTo(Math.log10(101), 9), true])
  expect(here.words).toBe('this network, 100 parameters: nudging 101 forward passes, one walk back 3')
  expect([gpt3.backPower, gpt3.measured]).toEqual([here.backPower, false])
  expect(gpt3.words).toMatch(/^GPT-3, 175,000,000,000 parameters: nudging 175,000,000,001, .* reckoned, not measured$/)
  // what was not played one by one is not drawn as if it had been
  expect(growthOf({ ...cost(2, 101), played: false })[0].measured).toBe(false)
})
