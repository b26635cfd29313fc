// The gallery: small figures of the page, each a function that renders one to text, where there is
// no browser. `figures.test.ts` compares them with the files in web/figures; `npm run figures`
// writes those.

import katex from 'katex'
import type { Component, ComponentProps } from 'svelte'
import { render } from 'svelte/server'
import cases from '../../../../tests/conformance/sessions.json'
import { Study } from '../../explore/study.svelte'
import { Store } from '../../learner/store.svelte'
import type { Session } from '../../session/session.svelte'
import { explain } from '../../text/explain'
import { why } from '../../why/ladder'
import { Nudger, sweep } from '../../why/nudge'
import type { TraceMessage } from '../../wire'
import Bars from '../clinic/Bars.svelte'
import Lines from '../clinic/Lines.svelte'
import Computation from '../Computation.svelte'
import DataLegend from '../DataLegend.svelte'
import DataPlot from '../DataPlot.svelte'
import ElementPicker from '../ElementPicker.svelte'
import FormulaView from '../FormulaView.svelte'
import Graph from '../graph/Graph.svelte'
import Legend from '../graph/Legend.svelte'
import Inspector from '../Inspector.svelte'
import LineChart from '../LineChart.svelte'
import LossChart from '../LossChart.svelte'
import NumberField from '../parts/NumberField.svelte'
import Settings from '../Settings.svelte'
import TableView from '../TableView.svelte'
import Track from '../Track.svelte'
import Transport from '../Transport.svelte'
import { onServer } from '../typeset.svelte'
import Boundary from '../whatif/Boundary.svelte'
import TwoCurves from '../whatif/TwoCurves.svelte'
import CostChart from '../why/CostChart.svelte'
import NudgeChart from '../why/NudgeChart.svelte'
import PathsPanel from '../why/PathsPanel.svelte'
import RungView from '../why/RungView.svelte'
import StrengthChart from '../why/StrengthChart.svelte'
import WhyPanel from '../why/WhyPanel.svelte'

onServer.render = (tex) => katex.renderToString(tex, { output: 'htmlAndMathml', throwOnError: false })

/** A case of the conformance files, opened after some iterations, at a step. */
function study(name: string, step = 0, iterations = 0): Study {
  const all = cases as unknown as readonly { name: string; message: TraceMessage }[]
  const opened = new Study(all.find((one) => one.name === name)!.message, { traces: null, store: new Store(null) })
  for (let n = 0; n < iterations; n++) opened.session.nextIteration()
  opened.session.position = step
  return opened
}

function opened(name: string, step = 0, iterations = 0): Session {
  return study(name, step, iterations).session
}

function selected(name: string, value: string, at: number, step: number, iterations = 0): Study {
  const found = study(name, step, iterations)
  found.session.selected = { id: found.session.find.byName.get(value)!, at }
  return found
}

function drawn<Props extends Record<string, unknown>>(component: Component<Props>, props: Props): string {
  return render(component as Component, { props }).body
}

const graph = (study: Study): string =>
  drawn(Graph, { study, scrolls: false, full: false, toggleFull: () => {} })
const last = (name: string): number => opened(name).steps.length
const WAVE = Array.from({ length: 60 }, (_, n) => Math.round(1000 * Math.cos(n / 6) ** 2) / 1000)

/** Every figure by its name. */
export const FIGURES: Readonly<Record<string, () => string>> = {
  'graph-flow-at-the-start': () => graph(study('flow')),
  'graph-flow-forward': () => graph(study('flow', 3)),
  'graph-flow-backward': () => graph(study('flow', 9)),
  'graph-flow-updated': () => graph(study('flow', last('flow'))),
  'graph-flow-selected': () => graph(selected('flow', 'w1', 0, 10)),
  'graph-fanout': () => graph(study('fanout', 4)),
  'graph-neuron': () => graph(study('neuron', last('neuron'))),
  'graph-xor-forward': () => graph(study('xor', 2)),
  'graph-xor-backward': () => graph(study('xor', 9)),
  'graph-xor-updated': () => graph(study('xor', last('xor'))),
  'graph-uneven': () => graph(study('uneven', 3)),
  'graph-legend': () => drawn(Legend, { open: true }),
  'computation-at-the-start': () => drawn(Computation, { asking: study('flow').asking }),
  'computation-flow-forward': () => drawn(Computation, { asking: study('flow', 1).asking }),
  'computation-flow-backward': () => drawn(Computation, { asking: study('flow', 9).asking }),
  'computation-xor-backward': () => drawn(Computation, { asking: study('xor', 9).asking }),
  'computation-xor-update': () => drawn(Computation, { asking: study('xor', last('xor')).asking }),
  'formula-of-a-gradient': () => {
    const session = opened('flow', 9)
    return drawn(FormulaView, { tex: explain(session, session.active!.value, 0).lines[0]!.tex })
  },
  'formula-of-a-sum': () => {
    const session = opened('xor', 1)
    return drawn(FormulaView, { tex: explain(session, session.active!.value, 0).lines[0]!.tex })
  },
  'why-flow': () => drawn(WhyPanel, { asking: study('flow', 9).asking }),
  'why-nothing-yet': () => drawn(WhyPanel, { asking: study('flow').asking }),
  'why-one-rung': () => {
    const session = opened('flow', 10)
    const rung = why(session, { id: session.active!.value, at: 0 })
    return drawn(RungView, { rung, principles: session.trace.principles, follow: () => {}, root: true })
  },
  'paths-flow': () => drawn(PathsPanel, { asking: selected('flow', 'w1', 0, last('flow')).asking }),
  'nudge-chart': () => {
    const session = opened('flow', 10)
    const nudger = new Nudger(session, { id: session.find.byName.get('w1')!, at: 0 })
    return drawn(NudgeChart, { nudges: sweep(nudger, [-12, -8, -4, 0]), power: -4 })
  },
  'cost-chart': () =>
    drawn(CostChart, {
      cost: { parameters: 17, passes: 18, forward: 1, backward: 1.5, nudging: 18, played: true },
    }),
  'strength-chart': () =>
    drawn(StrengthChart, {
      title: 'strength',
      series: [{ every: 1, values: WAVE }, { every: 1, values: WAVE.map((y) => -y) }],
      iteration: 20,
      pointed: 1,
    }),
  'line-chart': () => drawn(LineChart, { name: 'w₁', series: { every: 1, values: WAVE }, iteration: 12 }),
  'line-chart-that-seeks': () =>
    drawn(LineChart, { name: 'loss', series: { every: 1, values: WAVE }, iteration: 12, seek: () => {} }),
  'line-chart-logarithmic': () =>
    drawn(LineChart, {
      name: 'loss',
      series: { every: 1, values: WAVE.map((_, n) => 10 ** (-n / 10)) },
      iteration: 12,
      logarithmic: true,
    }),
  'loss-chart': () => drawn(LossChart, { session: opened('xor', 0, 30) }),
  'loss-chart-at-the-start': () => drawn(LossChart, { session: opened('xor') }),
  'two-curves': () => drawn(TwoCurves, { right: WAVE, wrong: WAVE.map((y) => y / 2), first: 0, pass: 6 }),
  'clinic-lines': () =>
    drawn(Lines, {
      title: 'Loss',
      over: 'epochs',
      lines: [
        { name: 'training loss', points: WAVE.slice(0, 12).map((y, n) => [n, y] as const) },
        { name: 'validation loss', points: WAVE.slice(4, 16).map((y, n) => [n, y] as const), aside: true },
      ],
    }),
  'clinic-bars': () =>
    drawn(Bars, {
      picture: {
        title: 'Sizes of gradients',
        labels: ['layer 1', 'layer 2'],
        series: [{ name: 'mean', values: [0.001, 0.1] }],
        logarithmic: true,
      } as unknown as ComponentProps<typeof Bars>['picture'],
    }),
  'data-plot': () => drawn(DataPlot, { session: opened('xor', 0, 3) }),
  'data-legend': () => {
    const { dataset, boundary } = opened('xor').trace
    return drawn(DataLegend, { data: dataset!, hasCurve: false, hasEdge: true, boundary, judges: false })
  },
  boundary: () => {
    const session = opened('xor')
    const predict = (x: readonly (readonly number[])[]): number[][] => x.map(([a, b]) => [a! > b! ? 1 : 0])
    return drawn(Boundary, { session, title: 'right', predict })
  },
  'element-picker': () =>
    drawn(ElementPicker, {
      name: 'W₁',
      shape: [2, 3],
      values: [1, -2, 0.5, 0, 3, -0.25],
      at: 4,
      colour: 'var(--forward)',
      label: (at: number) => `W₁[${Math.floor(at / 3)},${at % 3}]`,
      rushing: false,
      value: 7,
      pick: () => {},
    }),
  'inspector-of-a-weight': () => drawn(Inspector, { session: selected('flow', 'w1', 0, 10, 5).session }),
  'number-field': () => drawn(NumberField, { label: 'Learning rate', value: 1 / 3, apply: () => {} }),
  settings: () => drawn(Settings, { study: study('flow') }),
  'table-of-numbers': () => drawn(TableView, { asking: study('flow', 9).asking }),
  'track-half-way': () => drawn(Track, { session: opened('flow', 6) }),
  transport: () => drawn(Transport, { study: study('flow', 6, 2), reset: () => {} }),
}

/** A figure's text as it is kept: a tag on each line, without what the compiler adds. */
export function kept(figure: string): string {
  return `${figure
    .replaceAll(/<!--.*?-->/g, '')
    .replaceAll(/ ?\bsvelte-[a-z0-9]+/g, '')
    .replaceAll(/class="\s+/g, 'class="')
    .replaceAll(' class=""', '')
    // the last bits of exp and tanh are the engine's own
    .replaceAll(/\d+\.\d{10,}/g, (number) => String(Number(Number(number).toPrecision(9))))
    .replaceAll(/>\s*</g, '>\n<')
    .trim()}\n`
}
