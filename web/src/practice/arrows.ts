// The arrows of a graph as text, "x -> z, w -> z", and as a drawing: the text is what is kept.

export interface Arrow {
  readonly from: string
  readonly to: string
}

/** The names of the nodes as they may be typed, each with its own name. */
export type Names = ReadonlyMap<string, string>

const BETWEEN_ARROWS = /[,;\n]+/
const ARROW = /-+>|→|⟶|=>/

/** How nodes may be called: by name, or as they are written on the page. */
export function namesOf(nodes: readonly string[], symbol: (name: string) => string): Names {
  return new Map(nodes.flatMap((name) => [[plain(name), name], [plain(symbol(name)), name]] as const))
}

/** The nodes that a text joins, chain by chain; one that is unknown stands as it was typed, plainly. */
export function chainsOf(text: string, nodes: readonly string[], symbol: (name: string) => string): string[][] {
  const names = namesOf(nodes, symbol)
  return text.split(BETWEEN_ARROWS).map((piece) =>
    piece.split(ARROW).map((node) => names.get(plain(node)) ?? plain(node)),
  )
}

/** The arrows that a text has between known nodes, each once. */
export function arrowsOf(text: string, names: Names): Arrow[] {
  const found = new Map<string, Arrow>()
  for (const piece of text.split(BETWEEN_ARROWS))
    for (const arrow of chain(piece, names) ?? []) found.set(written(arrow), arrow)
  return [...found.values()]
}

/** The text with an arrow put in, or taken out if it was there; what is not understood is kept. */
export function toggled(text: string, arrow: Arrow, names: Names): string {
  const has = arrowsOf(text, names).some((one) => written(one) === written(arrow))
  const pieces = text.split(BETWEEN_ARROWS).flatMap((piece) => {
    const arrows = chain(piece, names)
    if (!arrows) return piece.trim() ? [piece.trim()] : []
    const touched = arrows.some((one) => written(one) === written(arrow))
    if (!touched) return [piece.trim()]
    return arrows.map(written).filter((one) => one !== written(arrow))
  })
  return [...pieces, ...(has ? [] : [written(arrow)])].join(', ')
}

function written({ from, to }: Arrow): string {
  return `${from} -> ${to}`
}

/** The arrows of "a -> b -> c"; null where one of its nodes is unknown. */
function chain(piece: string, names: Names): Arrow[] | null {
  const nodes = piece.split(ARROW).map((node) => names.get(plain(node)))
  if (nodes.length < 2 || nodes.includes(undefined)) return null
  return nodes.slice(1).map((to, n) => ({ from: nodes[n]!, to: to! }))
}

/** A name as it is compared: ∂L/∂w₁, dL/dW1 and "dL / dw1" are one. The twin of grade.plain_name. */
function plain(name: string): string {
  return name
    .replace(/\s+/g, '')
    .replace(/[₀-₉]/g, (digit) => `${digit.charCodeAt(0) - 0x2080}`)
    .replaceAll('∂', 'd')
    .replaceAll("'", '′')
    .replaceAll('ŷ', 'yhat')
    .replace(/(\[[\d,]*\])?′/g, '_new$1')
    .toLowerCase()
}

export interface Point {
  readonly x: number
  readonly y: number
}

/** Where nodes stand: what is computed in a row, in order; what is given above and below it. */
export function places(
  nodes: readonly string[],
  isGiven: (name: string) => boolean,
  width: number,
  height: number,
): Map<string, Point> {
  const rows: [string[], number][] = [
    [[], 0.14],
    [nodes.filter((name) => !isGiven(name)), 0.5],
    [[], 0.86],
  ]
  nodes.filter(isGiven).forEach((name, n) => rows[n % 2 ? 2 : 0]![0].push(name))
  return new Map(
    rows.flatMap(([names, y]) =>
      names.map((name, n) => [name, { x: ((n + 0.5) / names.length) * width, y: y * height }] as const),
    ),
  )
}

/** The curve of an arrow, from the edge of one node to that of another, around what is between. */
export function curve(from: Point, to: Point, radius: number, others: Iterable<Point> = []): string {
  const length = Math.hypot(to.x - from.x, to.y - from.y) || 1
  const across = { x: (to.y - from.y) / length, y: (from.x - to.x) / length }
  const inTheWay = [...others].some((point) => {
    const along = ((point.x - from.x) * (to.x - from.x) + (point.y - from.y) * (to.y - from.y)) / length
    const aside = (point.x - from.x) * across.x + (point.y - from.y) * across.y
    return along > 1 && along < length - 1 && Math.abs(aside) < radius
  })
  const bend = inTheWay ? 4 * radius : 0
  const middle = { x: (from.x + to.x) / 2 + bend * across.x, y: (from.y + to.y) / 2 + bend * across.y }
  const start = towards(from, middle, radius)
  const end = towards(to, middle, radius + 4)
  return `M${start.x},${start.y}Q${middle.x},${middle.y} ${end.x},${end.y}`
}

function towards(from: Point, to: Point, distance: number): Point {
  const length = Math.hypot(to.x - from.x, to.y - from.y) || 1
  return {
    x: from.x + ((to.x - from.x) / length) * distance,
    y: from.y + ((to.y - from.y) / length) * distance,
  }
}
