// What a drawing of a tape is made of: places and paths. The numbers are read where it is drawn.

export interface Point {
  readonly x: number
  readonly y: number
}

/** Forward runs from left to right, or from top to bottom where the page is narrow. */
export type Direction = 'right' | 'down'

export type Kind = 'input' | 'target' | 'unit' | 'loss' | 'parameter' | 'tab' | 'folded'

/** A box, by its centre. */
export interface Box extends Point {
  readonly width: number
  readonly height: number
}

/** One number on the graph, or a whole layer folded to a heat map. */
export interface GraphNode extends Box {
  readonly key: string
  readonly kind: Kind
  readonly value: number
  /** The place along the value's last axis; a parameter's flat index. */
  readonly unit: number
  /** What stands above it, such as "ReLU a₁"; empty where the column says so. */
  readonly title: string
}

/** A number that goes into another. */
export interface GraphEdge {
  readonly key: string
  readonly from: GraphNode
  readonly to: GraphNode
  /** The weight on the way, by value and flat index. */
  readonly weight: { readonly value: number; readonly at: number } | null
  readonly forward: string
  readonly backward: string
  /** Where the weight is written; null where there is no room. */
  readonly label: Point | null
  /** Where the rate is written while the gradient passes. */
  readonly rate: Point
  readonly anchor: 'start' | 'middle' | 'end'
  /** From a parameter's card rather than along the network. */
  readonly quiet: boolean
}

/** The weights between two layers as a heat map, where one of them is folded. */
export interface Matrix extends Box {
  readonly key: string
  readonly value: number
  readonly rows: number
  readonly columns: number
}

/** A name above a column, which folds or unfolds it. */
export interface Heading extends Point {
  readonly anchor: 'start' | 'middle'
  readonly text: string
  readonly value: number
  readonly foldable: boolean
  readonly folded: boolean
}

export interface Drawing {
  readonly direction: Direction
  readonly nodes: readonly GraphNode[]
  readonly edges: readonly GraphEdge[]
  readonly matrices: readonly Matrix[]
  readonly headings: readonly Heading[]
  readonly bounds: {
    readonly x: number
    readonly y: number
    readonly width: number
    readonly height: number
  }
}

const MARGIN = 20

/** The rectangle that holds all boxes and points, with a margin. */
export function boundsOf(boxes: readonly Box[]): Drawing['bounds'] {
  const left = Math.min(...boxes.map(({ x, width }) => x - width / 2)) - MARGIN
  const right = Math.max(...boxes.map(({ x, width }) => x + width / 2)) + MARGIN
  const top = Math.min(...boxes.map(({ y, height }) => y - height / 2)) - MARGIN
  const bottom = Math.max(...boxes.map(({ y, height }) => y + height / 2)) + MARGIN
  return { x: left, y: top, width: right - left, height: bottom - top }
}
