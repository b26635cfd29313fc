// What is to be said of a part of an answer, in a few words, and which sign stands before it.

export type Sign = '✓' | '·'

const WORDS: Readonly<Record<string, readonly [Sign, string]>> = {
  right: ['✓', 'That is it'],
  supports: ['✓', 'It supports this'],
  cures: ['✓', 'It cures'],
  left: ['·', 'Left as it is'],
  consequence: ['·', 'A consequence'],
  other: ['·', 'Something else'],
  missed: ['·', 'Something is wrong'],
  undecided: ['·', 'It can be told'],
  symptom: ['·', 'The complaint itself'],
  silent: ['·', 'Does not tell'],
  against: ['·', 'Speaks against it'],
  helps: ['·', 'It helps in part'],
  masks: ['·', 'It only masks'],
  nothing: ['·', 'It does nothing'],
  impossible: ['·', 'It cannot be made'],
}

export function verdict(name: string): { readonly sign: Sign; readonly words: string } {
  const [sign, words] = WORDS[name] ?? ['·', name]
  return { sign, words }
}
