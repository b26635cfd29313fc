// A network of plain objects, to measure against: units and links that each hold their own numbers,
// as a teaching page may well be written, and as TensorFlow Playground is. Written anew for this
// benchmark from what such a network does; see bench/playground.ts for how it is known to be fair.

class Link {
  weight: number
  /** One that was cut carries nothing. */
  cut = false
  gradient = 0
  gradients = 0
  added = 0
  readonly penalty: Penalty | null = null

  constructor(
    readonly from: Unit,
    readonly to: Unit,
    weight: number,
  ) {
    this.weight = weight
  }
}

class Unit {
  readonly inputs: Link[] = []
  readonly outputs: Link[] = []
  bias: number
  // made when they are first computed: an input has no sum
  declare sum: number
  declare output: number
  outputGradient = 0
  sumGradient = 0
  gradients = 0
  added = 0

  constructor(
    bias: number,
    readonly activation: Activation,
  ) {
    this.bias = bias
  }

  forward(): number {
    this.sum = this.bias
    for (let i = 0; i < this.inputs.length; i++) {
      const link = this.inputs[i]!
      this.sum += link.weight * link.from.output
    }
    this.output = this.activation.value(this.sum)
    return this.output
  }
}

interface Penalty {
  slope(weight: number): number
}

interface Activation {
  value(x: number): number
  slope(x: number): number
}

const TANH: Activation = {
  value: (x) => Math.tanh(x),
  slope(x) {
    const y = TANH.value(x)
    return 1 - y * y
  },
}

/** Weights by layer, as rows of inputs by columns of outputs; and biases. */
export interface Layer {
  readonly weights: readonly (readonly number[])[]
  readonly biases: readonly number[]
}

export class ObjectNetwork {
  readonly layers: readonly Unit[][]

  constructor(layers: readonly Layer[]) {
    const made: Unit[][] = [layers[0]!.weights.map(() => new Unit(0, TANH))]
    for (const { weights, biases } of layers) {
      const before = made.at(-1)!
      const units = biases.map((bias) => new Unit(bias, TANH))
      units.forEach((to, j) =>
        before.forEach((from, i) => {
          const link = new Link(from, to, weights[i]![j]!)
          from.outputs.push(link)
          to.inputs.push(link)
        }),
      )
      made.push(units)
    }
    this.layers = made
  }

  forward(input: readonly number[]): number {
    const [first, ...others] = this.layers as [Unit[], ...Unit[][]]
    for (let i = 0; i < first.length; i++) first[i]!.output = input[i]!
    for (let n = 0; n < others.length; n++) {
      const layer = others[n]!
      for (let i = 0; i < layer.length; i++) layer[i]!.forward()
    }
    return this.layers.at(-1)![0]!.output
  }

  backward(target: number): void {
    const last = this.layers.at(-1)![0]!
    last.outputGradient = last.output - target
    for (let n = this.layers.length - 1; n >= 1; n--) {
      const layer = this.layers[n]!
      for (let i = 0; i < layer.length; i++) {
        const unit = layer[i]!
        unit.sumGradient = unit.outputGradient * unit.activation.slope(unit.sum)
        unit.gradients += unit.sumGradient
        unit.added++
      }
      for (let i = 0; i < layer.length; i++) {
        const unit = layer[i]!
        for (let j = 0; j < unit.inputs.length; j++) {
          const link = unit.inputs[j]!
          if (link.cut) continue
          link.gradient = unit.sumGradient * link.from.output
          link.gradients += link.gradient
          link.added++
        }
      }
      if (n === 1) continue
      const before = this.layers[n - 1]!
      for (let i = 0; i < before.length; i++) {
        const unit = before[i]!
        unit.outputGradient = 0
        for (let j = 0; j < unit.outputs.length; j++) {
          const link = unit.outputs[j]!
          unit.outputGradient += link.weight * link.to.sumGradient
        }
      }
    }
  }

  update(rate: number): void {
    for (let n = 1; n < this.layers.length; n++) {
      const layer = this.layers[n]!
      for (let i = 0; i < layer.length; i++) {
        const unit = layer[i]!
        if (unit.added > 0) {
          unit.bias -= (rate * unit.gradients) / unit.added
          unit.gradients = 0
          unit.added = 0
        }
        for (let j = 0; j < unit.inputs.length; j++) {
          const link = unit.inputs[j]!
          if (link.cut) continue
          const penalty = link.penalty ? link.penalty.slope(link.weight) : 0
          if (link.added > 0) {
            link.weight -= (rate / link.added) * link.gradients
            link.weight -= rate * penalty
            link.gradients = 0
            link.added = 0
          }
        }
      }
    }
  }
}

export interface Point {
  readonly x: number
  readonly y: number
  readonly label: number
}

/** What of a point may be given to the network, by name; a person switches them on and off. */
const FEATURES: Readonly<Record<string, (x: number, y: number) => number>> = {
  x: (x) => x,
  y: (_, y) => y,
  xSquared: (x) => x * x,
  ySquared: (_, y) => y * y,
  xTimesY: (x, y) => x * y,
  sinX: (x) => Math.sin(x),
  sinY: (_, y) => Math.sin(y),
}
const CHOSEN: Readonly<Record<string, boolean>> = { x: true, y: true }

function inputOf(x: number, y: number): number[] {
  const input: number[] = []
  for (const name in FEATURES) if (CHOSEN[name]) input.push(FEATURES[name]!(x, y))
  return input
}

/** One pass over the points in their order: an update after each batch. */
export function epoch(network: ObjectNetwork, points: readonly Point[], batch: number, rate: number): void {
  points.forEach(({ x, y, label }, i) => {
    network.forward(inputOf(x, y))
    network.backward(label)
    if ((i + 1) % batch === 0) network.update(rate)
  })
}
