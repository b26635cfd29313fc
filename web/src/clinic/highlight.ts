// A program's text in parts, so that it can be read with some colour. It only looks at single words:
// nothing depends on it.

export type Kind = 'keyword' | 'text' | 'number' | 'comment' | 'plain'

export interface Part {
  readonly kind: Kind
  readonly text: string
}

const KEYWORDS = new Set(
  'and as class def else for from if import in is lambda not or pass return super while with'.split(' '),
)
const PARTS = /(#.*)|("[^"]*")|\b(\d+(?:\.\d+)?(?:e-?\d+)?)\b|\b([a-z]+)\b/g

/** The parts of a program, in order; together they are its text. */
export function parts(program: string): Part[] {
  const found: Part[] = []
  let end = 0
  for (const match of program.matchAll(PARTS)) {
    const [text, comment, quoted, number] = match
    const kind = comment ? 'comment' : quoted ? 'text' : number ? 'number' : 'keyword'
    if (kind === 'keyword' && !KEYWORDS.has(text)) continue
    if (match.index > end) found.push({ kind: 'plain', text: program.slice(end, match.index) })
    found.push({ kind, text })
    end = match.index + text.length
  }
  if (end < program.length) found.push({ kind: 'plain', text: program.slice(end) })
  return found
}
