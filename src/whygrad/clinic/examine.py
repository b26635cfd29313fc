# pyright: basic
# PyTorch's own annotations are too loose for strict checking.
"""Examinations that a learner may order. They read what the doctor reads.

An examination has facts, each a sentence with numbers, and pictures. A fact knows whether it is
unusual and which causes it would speak for if it were; the learner sees neither before answering.
What is usual stands beside it, for it is general knowledge and not about this patient.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

import torch
from torch import nn

from whygrad.clinic.choices import EXAMINATIONS, ONE_BATCH
from whygrad.clinic.hand import HandRun
from whygrad.clinic.patient import Patient, Watched, one_thread
from whygrad.display import number
from whygrad.doctor import data
from whygrad.doctor.rule import cured, percent, sick
from whygrad.doctor.rules import flow, generalise, loop, objective, optimise, rows
from whygrad.doctor.signals import Chart, Layer
from whygrad.errors import WhygradError, unknown

NUDGE = 1e-6
NUDGED_ROWS, MOST_NUDGED = 32, 6  # rows, and tensors, the last ones of the network
LEARNED = 0.2  # of the loss that is left when a batch has been learned by heart
CHANGED = {
    "control": "a plain loop",
    "lr_down_10": "a tenth of the rate",
    "lr_down_100": "a hundredth of the rate",
    "lr_up_10": "ten times the rate",
    "lr_up": "the rate that moves weights by 0.3 %",
    "larger_batch": "batches of 32",
    "no_decay": "no weight decay",
    "no_dropout": "no dropout",
    "standard_inputs": "standardised inputs",
    "standard_targets": "standardised targets",
    "fresh_weights": "fresh weights, by He's rule",
}


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that an examination shows.

    Attributes:
        key: its name, as in ``gradients.fade``.
        says: what was measured.
        usual: what one finds in a run that is well.
        unusual: whether it is otherwise here.
        speaks_for: the causes that make it unusual; a usual fact speaks against them. None where
            every cause that keeps a run from learning does: it is the complaint itself.
    """

    key: str
    says: str
    usual: str
    unusual: bool
    speaks_for: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Picture:
    """Numbers that people would rather look at: one row of marks per series, over the labels.

    Attributes:
        kind: ``bars`` for things that are counted off, ``line`` for a course.
        logarithmic: whether sizes are to be compared by their order.
    """

    title: str
    kind: str
    labels: tuple[str, ...]
    series: tuple[tuple[str, tuple[float | None, ...]], ...]
    logarithmic: bool = False


@dataclass(frozen=True, slots=True)
class Examination:
    """What came of an examination."""

    key: str
    title: str
    facts: tuple[Fact, ...]
    pictures: tuple[Picture, ...]


Facts = Callable[[Patient, Chart], Iterator[Fact]]
Pictures = Callable[[Patient, Chart], Iterator[Picture]]


def order(patient: Patient, key: str) -> Examination:
    """Make an examination.

    Raises:
        WhygradError: there is none of that name.
    """
    if key not in EXAMINATIONS:
        raise WhygradError(unknown("examination", key, EXAMINATIONS))
    if key not in patient.examined:
        title = EXAMINATIONS[key].title
        if isinstance(patient.run, HandRun):
            facts = _BY_HAND[key](patient, patient.run) if key in _BY_HAND else ()
            patient.examined[key] = Examination(key, title, tuple(facts), ())
        else:
            chart, (shows, draws) = patient.report.chart, _MADE[key]
            assert chart is not None
            with one_thread():
                patient.examined[key] = Examination(
                    key, title, tuple(shows(patient, chart)), tuple(draws(patient, chart))
                )
    return patient.examined[key]


def fact(patient: Patient, key: str) -> Fact:
    """Return one fact by its name, such as ``gradients.start``.

    Raises:
        WhygradError: there is no such fact of this patient.
    """
    known = {one.key: one for one in order(patient, key.partition(".")[0]).facts}
    if key not in known:
        raise WhygradError(unknown("fact", key, known))
    return known[key]


def _run(patient: Patient) -> Watched:
    assert isinstance(patient.run, Watched)
    return patient.run


# --- how well it does -------------------------------------------------------------------------


def _score_facts(patient: Patient, chart: Chart) -> Iterator[Fact]:
    s, course = chart.scores, patient.course
    if s is not None:
        known = s.reference_train
        simple = "nothing simple can be asked of so few rows" if known is None else (
            f"nearest neighbours or a linear fit reach {number(known)} on rows left out"
        )  # fmt: skip
        kind = "R²" if chart.targets is not None and chart.targets.task == "numbers" else (
            "accuracy, each class weighing the same"
        )  # fmt: skip
        yield Fact(
            "scores.training",
            f"On training rows the run reaches {number(s.train)} ({kind}), the best constant "
            f"answer {number(s.baseline)}; {simple}.",
            "At least what something simple reaches.",
            sick(chart),
        )
        if s.train_loss is not None and s.baseline_loss is not None:
            yield Fact(
                "scores.loss",
                f"The loss on training rows is {number(s.train_loss)}; that of the best constant "
                f"answer is {number(s.baseline_loss)}.",
                "Well below a constant answer's.",
                s.train_loss > 0.7 * s.baseline_loss or not math.isfinite(s.train_loss),
            )
        if s.validation is not None:
            validation = [v for v in course.validation if math.isfinite(v)]
            best = min(validation, default=math.nan)
            epoch = course.validation.index(best) + 1 if validation else 0
            parted = (
                chart.broke is None
                and s.train - s.validation >= generalise.APART
                and bool(validation)
                and course.validation[-1] > generalise.ROSE * best
            )
            yield Fact(
                "scores.gap",
                f"Training rows {number(s.train)}, validation rows {number(s.validation)}; the "
                f"validation loss was lowest in epoch {epoch} of {len(course.validation)} "
                f"({number(best)}) and ended at {number(course.validation[-1])}.",
                "The two are close, and the validation loss ends near its lowest.",
                parted,
                ("overfitting", "label_noise", "train_val_preprocessing_mismatch"),
            )
    rose = optimise.rose(chart)
    yield Fact(
        "scores.rose",
        f"The largest training loss is {number(rose)} times the first one.",
        f"Below {number(optimise.ROSE)} times.",
        rose > optimise.ROSE,
        ("learning_rate_too_high", "exploding_gradient", "wrong_sign_of_objective",
         "missing_zero_grad", "oscillating_loss", "unnormalised_inputs"),
    )  # fmt: skip
    broke = chart.broke
    yield Fact(
        "scores.broke",
        "The loss is finite throughout."
        if broke is None
        else f"The loss is not finite from iteration {broke.step} on.",
        "Finite.",
        broke is not None,
        ("learning_rate_too_high", "bad_initialisation", "exploding_gradient", "nan_in_data",
         "numerical_instability"),
    )  # fmt: skip
    values = [value for _, value in chart.losses[len(chart.losses) // 2 :]]
    if values:
        middle = sum(values) / len(values)
        swing = (sum((v - middle) ** 2 for v in values) / len(values)) ** 0.5
        yield Fact(
            "scores.swing",
            f"Over the second half, the loss of a batch is {number(middle)} in the mean and "
            f"swings by {number(swing)}.",
            "Some: batches differ. It matters where the run does not learn.",
            sick(chart, 0.15) and swing > 0.5 * abs(middle),
            ("oscillating_loss", "learning_rate_too_high"),
        )


def _score_pictures(patient: Patient, chart: Chart) -> Iterator[Picture]:
    s = chart.scores
    if s is not None:
        yield Picture(
            "score on training rows",
            "bars",
            ("this run", "a constant answer", "something simple"),
            (("score", (_finite(s.train), s.baseline, s.reference_train)),),
        )


# --- the chain of derivatives -----------------------------------------------------------------


def _gradient_facts(patient: Patient, chart: Chart) -> Iterator[Fact]:
    for when, probe in (("start", chart.first), ("end", chart.last)):
        layers = flow.hidden(probe)
        if len(layers) < 2 or layers[-1].gradient <= 0:
            continue
        ratio = layers[0].gradient / layers[-1].gradient
        said = "the start" if when == "start" else "the end"
        yield Fact(
            f"gradients.{when}",
            f"At {said}, ∂L/∂h is {number(layers[-1].gradient)} at the last hidden activation and "
            f"{number(layers[0].gradient)} at the first: {number(ratio)} of it, over "
            f"{len(layers) - 1} {'layers' if len(layers) > 2 else 'layer'}.",
            "Between a hundredth and a hundredfold. Small everywhere, once a run has converged.",
            sick(chart) and not 1 / flow.SWOLLEN < ratio < flow.SWOLLEN,
            ("vanishing_gradient", "dead_relu", "saturated_activation")
            if ratio < 1
            else ("exploding_gradient", "bad_initialisation"),
        )
    layers = flow.hidden(chart.first)
    if len(layers) >= 3:
        varies = [layer.rms * layer.spread for layer in (layers[0], layers[-1])]
        grown = varies[1] / max(varies[0], 1e-300)
        yield Fact(
            "gradients.signal",
            f"At the start, what varies between rows is {number(varies[0])} after the first "
            f"activation and {number(varies[1])} after the last.",
            "Of one size.",
            not 1 / flow.SWOLLEN < grown < flow.SWOLLEN,
            ("vanishing_gradient", "bad_initialisation")
            if grown < 1
            else ("exploding_gradient", "bad_initialisation"),
        )
    time = () if chart.first is None else chart.first.through_time
    if len(time) >= 8 and max(time) > 0:
        early = max(time[: len(time) // 4])
        yield Fact(
            "gradients.time",
            f"∂L/∂x is {number(max(time))} at the time step where it is largest, and "
            f"{number(early)} in the first quarter of {len(time)} steps.",
            "What is needed from the first steps arrives there.",
            early < flow.LOST_IN_TIME * max(time),
            ("vanishing_gradient",),
        )
    reached = [p for p in chart.parameters if p.trainable and p.got_gradient]
    trainable = [p for p in chart.parameters if p.trainable and p.got_gradient is not None]
    yield Fact(
        "gradients.reach",
        f"A gradient arrives at {len(reached)} of {len(trainable)} tensors that are to be trained.",
        "At all.",
        len(reached) < len(trainable),
        ("graph_broken", "missing_backward"),
    )


def _gradient_pictures(patient: Patient, chart: Chart) -> Iterator[Picture]:
    first = () if chart.first is None else chart.first.layers
    last = () if chart.last is None else chart.last.layers
    if first:
        labels = _names(first)
        series = [("at the start", _sizes(first, lambda layer: layer.gradient))]
        if len(last) == len(first):
            series.append(("at the end", _sizes(last, lambda layer: layer.gradient)))
        yield Picture(
            "∂L/∂h, from the first layer to the last", "line", labels, tuple(series), True
        )
    time = () if chart.first is None else chart.first.through_time
    if time:
        yield Picture(
            "∂L/∂x over the time steps, at the start",
            "line",
            tuple(str(n + 1) for n in range(len(time))),
            (("∂L/∂x", tuple(value or None for value in time)),),
            True,
        )


# --- activations ------------------------------------------------------------------------------


def _activation_facts(patient: Patient, chart: Chart) -> Iterator[Fact]:
    for when, probe in (("start", chart.first), ("end", chart.last)):
        shut = flow.hidden(probe, ("relu",))
        if shut:
            worst = max(shut, key=lambda layer: layer.dead or 0.0)
            yield Fact(
                f"activations.dead_{when}",
                f"At the {when}, {percent(worst.dead or 0.0)} of the {worst.width} ReLUs of one "
                "layer (the worst) are 0 on every row.",
                "Few. Many zeros on some rows are sparse, not dead.",
                sick(chart) and (worst.dead or 0.0) >= flow.SHUT,
                ("bad_initialisation", "dead_relu")
                if when == "start"
                else ("dead_relu", "learning_rate_too_high", "bad_initialisation"),
            )
        flat = flow.hidden(probe, ("sigmoid", "tanh"))
        if flat:
            worst = max(flat, key=lambda layer: layer.saturated or 0.0)
            yield Fact(
                f"activations.flat_{when}",
                f"At the {when}, {percent(worst.saturated or 0.0)} of the outputs of one "
                f"{worst.op} layer (the worst) lie at its flat ends.",
                "Less than half.",
                sick(chart) and (worst.saturated or 0.0) >= flow.FLAT,
                ("saturated_activation", "unnormalised_inputs", "bad_initialisation",
                 "unscaled_targets"),
            )  # fmt: skip
    if not flow.hidden(chart.first):
        yield Fact(
            "activations.none",
            "No activation was seen between layers.",
            "A network of one layer needs none.",
            False,
            ("dead_relu", "saturated_activation"),
        )
    probe, o = chart.first, chart.outputs
    linear = [] if probe is None else [x for x in probe.layers if x.op in flow.LINEAR]
    hidden = flow.hidden(probe)
    if len(linear) >= 2 and o is not None and o.affine_gap is not None:
        yield Fact(
            "activations.bend",
            f"f(a + b) differs from (f(2a) + f(2b)) / 2 by {number(o.affine_gap)} of the outputs' "
            f"spread, over {len(linear)} linear layers.",
            "It differs: a network of several layers is to bend.",
            o.affine_gap < 1e-3 and not hidden,
            ("missing_activation",),
        )
    if hidden and chart.targets is not None:
        least = min(hidden, key=lambda layer: layer.width)
        needed = 2 if chart.targets.task != "classes" else min(chart.targets.classes or 2, 4)
        yield Fact(
            "activations.width",
            f"The narrowest hidden layer has {least.width} "
            f"{'unit' if least.width == 1 else 'units'}.",
            "At least as many as there are things to tell apart along the way.",
            least.width < needed,
            ("underfitting",),
        )


def _activation_pictures(patient: Patient, chart: Chart) -> Iterator[Picture]:
    for title, ops, value in (
        ("share of ReLUs that are 0 on every row", ("relu",), lambda layer: layer.dead),
        ("share of outputs at the flat ends", ("sigmoid", "tanh"), lambda layer: layer.saturated),
    ):
        first, last = flow.hidden(chart.first, ops), flow.hidden(chart.last, ops)
        if first:
            series = [("at the start", tuple(value(layer) for layer in first))]
            if len(last) == len(first):
                series.append(("at the end", tuple(value(layer) for layer in last)))
            yield Picture(title, "bars", _names(first), tuple(series))


# --- updates ----------------------------------------------------------------------------------


def _update_facts(patient: Patient, chart: Chart) -> Iterator[Fact]:
    audits, o = chart.audits, chart.optimizer
    first = max((a.moved for a in audits[:4]), default=0.0)
    middle = median([a.moved for a in audits] or [0.0])
    yield Fact(
        "updates.first",
        f"The longest of the first steps moves the weights by {number(first)} of their size.",
        f"Below {number(optimise.LARGE_MOVE)}.",
        first > optimise.LARGE_MOVE and sick(chart, 0.25),
        ("learning_rate_too_high", "unnormalised_inputs", "missing_zero_grad"),
    )
    yield Fact(
        "updates.middle",
        f"In the median iteration that was looked at, a step moves them by {number(middle)} of "
        f"their size; there were {chart.loop.iterations} iterations.",
        "A few thousandths while a run learns, less when it has.",
        middle < 10 * optimise.SMALL_MOVE and sick(chart, 0.4),
        ("learning_rate_too_low", "missing_optimizer_step", "optimizer_parameter_mismatch",
         "graph_broken", "frozen_layers", "vanishing_gradient", "unscaled_targets"),
    )  # fmt: skip
    later = [a for a in audits if a.arrived > 0]
    shares = [a.applied / a.true for a in later if a.applied is not None and a.true]
    if shares:
        share = median(shares)
        yield Fact(
            "updates.given",
            f"The optimizer is given {number(share)} times the length of its batch's gradient, in "
            "the median iteration.",
            "1. Less where the gradient is clipped, more where something is added to it.",
            share < optimise.CLIPPED or (share > 2 and any(a.stale for a in audits)),
            ("learning_rate_too_low",) if share < 1 else ("missing_zero_grad",),
        )
    pull = max((a.decay for a in audits), default=0.0)
    yield Fact(
        "updates.decay",
        f"Weight decay pulls up to {number(pull)} times as hard as the loss's gradient."
        if o.decay
        else "There is no weight decay.",
        "A small part of the gradient, or none.",
        o.decay > 0 and pull > 0.3 and sick(chart, 0.25),
        ("over_regularisation",),
    )
    if o.eps is not None and o.denominator is not None:
        yield Fact(
            "updates.eps",
            f"{o.name} divides by √v + ε = {number(o.denominator)} + {number(o.eps)}.",
            "ε is far below √v.",
            o.eps > 3 * o.denominator and sick(chart),
            ("learning_rate_too_low",),
        )
    yield Fact(
        "updates.rate",
        f"The learning rate is {number(o.lr_first)} at the start, {number(o.lr_top)} at most and "
        f"{number(o.lr)} at the end, {o.name}'s.",
        "About 0.001 for Adam and 0.01 to 0.5 for SGD: a rough guide, steps tell more.",
        sick(chart)
        and chart.loop.steps > 0
        and ((o.adaptive and not 1e-5 < o.lr_top < 0.1) or not 1e-4 < o.lr_top < 1.0),
        ("learning_rate_too_high",) if o.lr_top > 0.01 else ("learning_rate_too_low",),
    )


def _update_pictures(patient: Patient, chart: Chart) -> Iterator[Picture]:
    if chart.audits:
        yield Picture(
            "how far a step moves the weights, next to their size",
            "line",
            tuple(str(a.step) for a in chart.audits),
            (("moved", tuple(_finite(a.moved) or None for a in chart.audits)),),
            True,
        )


# --- the loop ---------------------------------------------------------------------------------


def _own_facts(patient: Patient, chart: Chart) -> Iterator[Fact]:
    audits = chart.audits
    known = [a.agreement for a in audits if a.agreement is not None]
    if known:
        cosine = median(known)
        yield Fact(
            "own.direction",
            f"What backward brings and the gradient of the loss on the same batch, worked out "
            f"anew, have a cosine of {number(cosine)} in the median.",
            "1; somewhat less with dropout, which draws anew.",
            cosine < loop.AGAINST,
            ("wrong_sign_of_objective",),
        )
    stale = sum(a.stale for a in audits)
    yield Fact(
        "own.stale",
        f"In {stale} of {len(audits)} iterations that were looked at, .grad still held what a step "
        "had already used when backward began.",
        "None.",
        stale > 0,
        ("missing_zero_grad", "optimizer_parameter_mismatch"),
    )
    yield Fact(
        "own.steps",
        f"step() was called {chart.loop.steps} times in {chart.loop.iterations} iterations.",
        "Once each, or once for several where gradients are added up on purpose.",
        chart.loop.steps == 0,
        ("missing_optimizer_step",),
    )
    if chart.loop.class_run is not None:
        yield Fact(
            "own.order",
            f"{percent(chart.loop.class_run)} of the targets' variance lies between batches.",
            "Near 0 %, when rows are shuffled.",
            chart.loop.class_run > loop.ONE_SIDED,
            ("no_shuffling",),
        )
    batch = chart.loop.batch
    if batch is not None:
        norm = ", and there is batch normalisation" if chart.batch_norm else ""
        yield Fact(
            "own.batch",
            f"A batch has {batch} {'row' if batch == 1 else 'rows'}{norm}.",
            "Tens. Batch normalisation wants 16 and more.",
            sick(chart, 0.08) and batch <= (4 if chart.batch_norm else optimise.SMALL_BATCH)
            and (chart.features is None or chart.features.rows > 4 * batch),
            ("batchnorm_small_batch",) if chart.batch_norm else ("oscillating_loss",),
        )  # fmt: skip
    if chart.dropout:
        yield Fact(
            "own.dropout",
            f"Dropout leaves {percent(1 - chart.dropout)} of a layer's units.",
            "A half and more.",
            chart.dropout >= 0.7,
            ("over_regularisation",),
        )


def _own_pictures(patient: Patient, chart: Chart) -> Iterator[Picture]:
    if chart.audits:
        yield Picture(
            "length of the gradient",
            "line",
            tuple(str(a.step) for a in chart.audits),
            (
                ("this batch's, worked out anew", tuple(_finite(a.true) for a in chart.audits)),
                ("given to the optimizer", tuple(_finite(a.applied) for a in chart.audits)),
            ),
            True,
        )


# --- parameters -------------------------------------------------------------------------------


def _parameter_facts(patient: Patient, chart: Chart) -> Iterator[Fact]:
    everything = chart.parameters
    frozen = [p for p in everything if not p.trainable]
    count, still = sum(p.size for p in everything), sum(p.size for p in frozen)
    yield Fact(
        "parameters.frozen",
        f"{len(frozen)} of {len(everything)} tensors are frozen (requires_grad is off): "
        f"{percent(still / max(count, 1))} of the numbers.",
        "None, unless on purpose.",
        bool(frozen) and sick(chart, 0.08),
        ("frozen_layers",),
    )
    trainable = [p for p in everything if p.trainable]
    owned = [p for p in trainable if p.owned]
    yield Fact(
        "parameters.owned",
        f"{len(owned)} of {len(trainable)} tensors that are to be trained belong to the optimizer.",
        "All.",
        len(owned) < len(trainable),
        ("optimizer_parameter_mismatch", "frozen_layers"),
    )
    run = _run(patient)
    doctor = run.doctor
    assert doctor is not None
    now = dict(run.model.named_parameters())
    moved = [p for p in trainable if not torch.equal(now[p.name].detach(), doctor.start[p.name])]
    yield Fact(
        "parameters.moved",
        f"{len(moved)} of {len(trainable)} tensors that are to be trained have moved.",
        "All.",
        len(moved) < len(trainable),
        ("missing_optimizer_step", "optimizer_parameter_mismatch", "graph_broken",
         "missing_backward", "frozen_layers", "dead_relu", "bad_initialisation",
         "wrong_loss_activation_pair"),
    )  # fmt: skip
    inner = flow.weights(chart)
    if inner:
        gains = [p.start_rms * p.fan_in**0.5 for p in inner]
        wide = sum(gain > flow.WIDE_GAIN for gain in gains)
        narrow = sum(gain < flow.NARROW_GAIN for gain in gains)
        yield Fact(
            "parameters.gain",
            "The first weights multiply the size of what passes a layer by "
            f"{number(min(gains))} to {number(max(gains))}.",
            "0.5 to 1.5.",
            wide >= 2 or narrow >= 2,
            ("bad_initialisation", "exploding_gradient"),
        )
        alike = sum(p.same_rows for p in inner[:-1])
        yield Fact(
            "parameters.alike",
            f"In {alike} of {len(inner)} layers, all units began with the same weights.",
            "In none.",
            alike > 0,
            ("bad_initialisation",),
        )


def _parameter_pictures(patient: Patient, chart: Chart) -> Iterator[Picture]:
    inner = flow.weights(chart)
    if inner:
        yield Picture(
            "size (root mean square) of each layer's weights",
            "line" if len(inner) > 12 else "bars",
            tuple(str(n + 1) for n in range(len(inner))),
            (
                ("at the start", tuple(p.start_rms or None for p in inner)),
                ("at the end", tuple(_finite(p.rms) or None for p in inner)),
            ),
            True,
        )


# --- outputs ----------------------------------------------------------------------------------


def _output_facts(patient: Patient, chart: Chart) -> Iterator[Fact]:
    o, t, s, b = chart.outputs, chart.targets, chart.scores, chart.broke
    if o is not None and o.finite:
        end = objective.last_op(chart)
        if t is not None and t.task == "numbers":
            low, high = objective.RANGES.get(end, (-math.inf, math.inf))
            short = max(low - t.low, t.high - high, 0.0) > 0.3 * max(t.std, 1e-12)
            yield Fact(
                "outputs.range",
                f"Outputs go from {number(o.low)} to {number(o.high)}, targets from "
                f"{number(t.low)} to {number(t.high)}; the network ends in "
                f"{end or 'nothing seen'}.",
                "Outputs can reach where targets are.",
                short or (sick(chart) and max(abs(t.low), abs(t.high)) > rows.LARGE),
                ("output_activation_range_mismatch",) if short else ("unscaled_targets",),
            )
        else:
            wants = chart.loss_name.replace("_", " ") or "a loss that was not recognised"
            shares = o.sums_to_one and o.width > 1
            squashed = o.low >= 0 and o.high <= 1
            yield Fact(
                "outputs.kind",
                f"Outputs lie between {number(o.low)} and {number(o.high)}"
                f"{' and add up to 1 in every row' if shares else ''}; the network ends in "
                f"{end or 'nothing seen'}, and the loss is {wants}.",
                "Logits for cross-entropy and BCE with logits; shares for BCE; logarithms for NLL.",
                (squashed and chart.loss_name in ("cross_entropy", "bce_with_logits"))
                or (o.width == 1 and o.constant and o.low == 1.0),
                ("double_softmax", "wrong_loss_activation_pair"),
            )
        yield Fact(
            "outputs.same",
            "The output is the same for every row."
            if o.constant
            else "Outputs differ from row to row.",
            "They differ.",
            o.constant,
            ("wrong_loss_activation_pair", "dead_relu", "bad_initialisation", "vanishing_gradient",
             "learning_rate_too_high", "saturated_activation", "output_activation_range_mismatch",
             "over_regularisation"),
        )  # fmt: skip
        if o.batch_gap is not None:
            yield Fact(
                "outputs.alone",
                "In evaluation mode, a row alone and the same row in its batch differ by "
                f"{percent(o.batch_gap)} of the outputs' spread.",
                "0 %.",
                o.batch_gap >= objective.COUPLED,
                ("batch_dependence",),
            )
        yield Fact(
            "outputs.again",
            "In evaluation mode, two answers to the same rows differ by "
            f"{percent(o.random_gap)} of the outputs' spread.",
            "0 %.",
            o.random_gap >= objective.COUPLED,
            ("random_evaluation",),
        )
    told, own = chart.reported_validation, None if s is None else s.validation_loss
    if told is not None and own is not None and math.isfinite(told) and math.isfinite(own):
        apart = abs(told - own) > 0.1 * max(abs(told), abs(own))
        yield Fact(
            "outputs.modes",
            f"The author reports a validation loss of {number(told)}; worked out anew in "
            f"evaluation mode, these weights have {number(own)}.",
            "The same.",
            apart,
            ("train_mode_at_evaluation", "batch_dependence"),
        )
    if b is not None:
        stable = "" if b.stable_loss is None else (
            f"; through log-softmax the same outputs give {number(b.stable_loss)}"
        )  # fmt: skip
        yield Fact(
            "outputs.break",
            f"When the loss breaks, inputs are {_whole(b.inputs_finite)} and outputs "
            f"{_whole(b.outputs_finite)}; before, the loss had grown {number(b.growth)}-fold"
            f"{stable}.",
            "A loss that breaks over finite outputs breaks in its own arithmetic.",
            b.inputs_finite is not False and b.outputs_finite is True
            and b.growth <= objective.GREW,
            ("numerical_instability",),
        )  # fmt: skip


def _output_pictures(patient: Patient, chart: Chart) -> Iterator[Picture]:
    o, t = chart.outputs, chart.targets
    if o is None or t is None or not o.finite or t.task != "numbers":
        return
    yield Picture(
        "lowest and highest", "bars", ("lowest", "highest"),
        (("outputs", (o.low, o.high)), ("targets", (t.low, t.high))),
    )  # fmt: skip


# --- rows -------------------------------------------------------------------------------------


def _input_facts(patient: Patient, chart: Chart) -> Iterator[Fact]:
    f = chart.features
    if f is None:
        return
    yield Fact(
        "inputs.cells",
        f"All {f.rows} × {f.columns} numbers are finite."
        if f.bad_cell is None
        else f"{f.bad_rows} of {f.rows} rows hold something that is no number, the first in row "
        f"{f.bad_cell[0]}, column {f.bad_cell[1]}.",
        "All finite.",
        f.bad_cell is not None,
        ("nan_in_data",),
    )
    if f.bad_cell is None:
        large = not rows.SMALL < f.largest < rows.LARGE
        yield Fact(
            "inputs.size",
            f"The largest column has a size of {number(f.largest)} (|mean| + spread); spreads "
            f"differ by a factor of {number(f.ratio)}.",
            "Sizes near 1. Others need not do harm.",
            sick(chart, 0.15) and (large or f.ratio > rows.UNLIKE),
            ("unnormalised_inputs",),
        )
    if f.shift is not None and f.stretch is not None:
        yield Fact(
            "inputs.shift",
            f"For the median column, validation's mean lies {number(f.shift)} training spreads "
            f"away, and its spread differs by a factor of {number(f.stretch)}.",
            "Near 0, and near 1.",
            f.shift >= rows.SHIFT or f.stretch >= rows.STRETCH,
            ("train_val_preprocessing_mismatch",),
        )
    look = chart.layout
    if look is not None:
        yield Fact(
            "inputs.layout",
            "Neighbouring pixels, as the first convolution sees them, share "
            f"{percent(max(look.as_seen, 0.0))} of their variance; the same numbers read channels "
            f"last, {percent(max(look.put_right, 0.0))}.",
            "As the convolution sees them they share most.",
            look.put_right - look.as_seen >= rows.SMOOTHER,
            ("input_layout_scrambled",),
        )


def _input_pictures(patient: Patient, chart: Chart) -> Iterator[Picture]:
    d = patient.run.data
    if d.x.ndim != 2 or d.x.shape[1] > 70:
        return
    series = []
    for name, x in (("training rows", d.x), ("validation rows", d.xv)):
        sizes = [_column(x[:, n]) for n in range(x.shape[1])]
        series.append((name, tuple(size or None for size in sizes)))
    labels = tuple(str(n) for n in range(d.x.shape[1]))
    yield Picture(
        "size of each column: |mean| + spread",
        "line" if len(labels) > 12 else "bars",
        labels,
        tuple(series),
        True,
    )


def _column(values: torch.Tensor) -> float:
    values = values[torch.isfinite(values)].double()
    return float(values.mean().abs() + values.std(correction=0)) if len(values) else 0.0


def _label_facts(patient: Patient, chart: Chart) -> Iterator[Fact]:
    t, s = chart.targets, chart.scores
    if t is None or s is None:
        return
    if t.task != "numbers":
        if t.rarest is not None:
            few = t.rarest * (t.classes or 2) <= 2 * rows.RARE
            recall = "" if s.recall is None else (
                f"; of the class that is known worst, {percent(s.recall)} are recognised"
            )  # fmt: skip
            yield Fact(
                "labels.rarest",
                f"The rarest of {t.classes or 2} classes has {percent(t.rarest)} of the rows"
                f"{recall}.",
                "A rare class is no fault by itself, if it is recognised.",
                few and (s.recall or 0.0) <= rows.MISSED,
                ("class_imbalance",),
            )
        if s.neighbours_train is not None and s.neighbours_validation is not None:
            apart = s.neighbours_validation - s.neighbours_train
            shared = chart.features is not None and (chart.features.shared or 0.0) > rows.SHARED
            own = s.within_validation
            within = "" if own is None else (
                f", and validation rows {percent(own)} of each other's"
            )  # fmt: skip
            astray = own is not None and own - s.neighbours_train > 0.35
            yield Fact(
                "labels.foretold",
                f"Nearest training rows foretell {percent(s.neighbours_train)} of the labels of "
                f"training rows left out, and {percent(s.neighbours_validation)} of validation's"
                f"{within}.",
                "Much the same.",
                (apart >= rows.NOISE and not shared) or astray,
                ("label_noise", "labels_out_of_line"),
            )
    else:
        size = max(abs(t.low), abs(t.high))
        yield Fact(
            "labels.size",
            f"Targets go from {number(t.low)} to {number(t.high)}, with a spread of "
            f"{number(t.std)}.",
            "A size near 1.",
            sick(chart) and size > rows.LARGE,
            ("unscaled_targets", "output_activation_range_mismatch", "learning_rate_too_high"),
        )
    regression = chart.loss_name in ("mse", "l1", "huber")
    classes = t.whole and t.classes is not None and t.task == "numbers" and 3 <= t.classes <= 50
    name = chart.loss_name.replace("_", " ") or "not one that was recognised"
    kind = {"classes": "one of several classes", "binary": "yes or no", "numbers": "numbers"}
    whole = f", all whole, {t.classes} different ones" if classes else ""
    yield Fact(
        "labels.loss",
        f"Targets are {kind[t.task]}{whole}; the loss is {name}.",
        "Cross-entropy for classes, BCE for yes or no, a distance for numbers.",
        regression and (classes or t.task == "binary") and t.low == 0,
        ("wrong_loss_for_task",),
    )


def _label_pictures(patient: Patient, chart: Chart) -> Iterator[Picture]:
    d = patient.run.data
    values, counts = d.y.flatten().unique(return_counts=True)
    if len(values) <= 12:
        _, judged = torch.cat([d.yv.flatten(), values]).unique(return_counts=True)
        seen = set(d.yv.flatten().tolist()) <= set(values.tolist())
        series = [("training rows", tuple(float(n) / len(d.y) for n in counts))]
        if seen:
            series.append(("validation rows", tuple(float(n - 1) / len(d.yv) for n in judged)))
        yield Picture(
            "share of the rows", "bars", tuple(number(float(v)) for v in values), tuple(series)
        )


def _split_facts(patient: Patient, chart: Chart) -> Iterator[Fact]:
    f = chart.features
    if f is not None and f.shared is not None:
        yield Fact(
            "split.shared",
            f"{percent(f.shared)} of the validation rows are training rows too; "
            f"{percent(f.copies)} of the training rows occur more than once.",
            "None, or almost none. Four points that are all there is are no sample.",
            f.shared > rows.SHARED and f.columns > 1 and f.rows > 8,
            ("data_leakage",),
        )
    if chart.telling is not None and chart.scores is not None:
        column, alone, without = chart.telling
        base = chart.scores.baseline
        tells = alone >= rows.TELLS and alone - base >= 0.1
        yield Fact(
            "split.telling",
            f"Column {column} alone foretells {percent(alone)} of the labels; all others together, "
            f"{percent(without)}.",
            "In an easy task a column may tell much, but then others tell something too.",
            tells and (without - base) / (alone - base) <= rows.REST,
            ("data_leakage",),
        )


def _no_pictures(patient: Patient, chart: Chart) -> Iterator[Picture]:
    return iter(())


# --- experiments ------------------------------------------------------------------------------


def _batch_losses(patient: Patient) -> list[float]:
    if "losses" not in patient.measured:
        patient.measured["losses"] = _on_one_batch(patient)
    return patient.measured["losses"]


def _on_one_batch(patient: Patient) -> list[float]:
    """Train a copy on one batch, from the first weights, in a loop as it should be written."""
    run = _run(patient)
    doctor, data, setup = run.doctor, run.data, run.setup
    assert doctor is not None
    if doctor.twin is None:
        return []
    x, y = data.x[: max(setup.batch, 4)][:32], data.y[: max(setup.batch, 4)][:32]
    losses: list[float] = []
    doctor.twin.take(doctor.start)
    with doctor.twin.mode(True, dropout=True) as net:
        optimizer = setup.optimizer([p for p in net.parameters() if p.requires_grad])
        for _ in range(ONE_BATCH):
            optimizer.zero_grad()
            value = setup.loss(net(x), y)
            losses.append(float(value.detach()))
            if not value.requires_grad or not math.isfinite(losses[-1]):
                break
            value.backward()
            optimizer.step()
    return losses


def _batch_facts(patient: Patient, chart: Chart) -> Iterator[Fact]:
    losses = _batch_losses(patient)
    if not losses:
        return
    rows_used = min(max(_run(patient).setup.batch, 4), 32, len(_run(patient).data.x))
    least = min((v for v in losses if math.isfinite(v)), default=math.inf)
    ended = (
        f"goes from {number(losses[0])} to {number(losses[-1])}"
        if math.isfinite(losses[-1])
        else f"begins at {number(losses[0])} and is not finite after {len(losses) - 1} updates"
        if math.isfinite(losses[0])
        else "is not finite at once"
    )
    yield Fact(
        "one_batch.learned",
        f"On the same {rows_used} rows again and again, from the first weights, in a plain loop "
        f"with the same settings, the loss {ended} in {len(losses)} updates.",
        "It falls to a small part: a network with room can learn a few rows by heart.",
        sick(chart) and not least < LEARNED * losses[0],
        ("vanishing_gradient", "exploding_gradient", "dead_relu", "saturated_activation",
         "bad_initialisation", "learning_rate_too_high", "learning_rate_too_low", "double_softmax",
         "wrong_loss_activation_pair", "output_activation_range_mismatch", "wrong_loss_for_task",
         "unscaled_targets", "unnormalised_inputs", "nan_in_data", "numerical_instability",
         "over_regularisation", "underfitting", "missing_activation"),
    )  # fmt: skip


def _batch_pictures(patient: Patient, chart: Chart) -> Iterator[Picture]:
    losses = _batch_losses(patient)
    if losses:
        yield Picture(
            "loss on one batch",
            "line",
            tuple(str(n) for n in range(len(losses))),
            (("loss", tuple(_finite(value) for value in losses)),),
        )


# What a change speaks for, where the run does much better with it than without.
CURES = {
    "control": ("missing_zero_grad", "wrong_sign_of_objective", "no_shuffling", "graph_broken",
                "missing_optimizer_step", "optimizer_parameter_mismatch", "frozen_layers",
                "learning_rate_too_low"),
    "lr_down_10": ("learning_rate_too_high", "oscillating_loss"),
    "lr_down_100": ("learning_rate_too_high", "oscillating_loss"),
    "lr_up_10": ("learning_rate_too_low",),
    "lr_up": ("learning_rate_too_low",),
    "larger_batch": ("oscillating_loss", "batchnorm_small_batch"),
    "no_decay": ("over_regularisation",),
    "no_dropout": ("over_regularisation",),
    "standard_inputs": ("unnormalised_inputs",),
    "standard_targets": ("unscaled_targets",),
    "fresh_weights": ("bad_initialisation",),
}  # fmt: skip


def _replay_facts(patient: Patient, chart: Chart) -> Iterator[Fact]:
    if not chart.trials:
        bad = chart.features is not None and chart.features.bad_cell is not None
        yield Fact(
            "replay.none",
            "It cannot be played again: the rows hold what is no number."
            if bad
            else "It was not played again: on its training rows nothing is missing that a change "
            "could bring back.",
            "A run that learns its rows needs no other start.",
            bad,
            ("nan_in_data",) if bad else None,
        )
        return
    plain = cured(chart, "control") or 0.0
    for change, score in chart.trials.items():
        much = (cured(chart, change) or 0.0) > 0.5 and sick(chart)
        what = "with the same settings" if change == "control" else f"with {CHANGED[change]}"
        yield Fact(
            f"replay.{change}",
            f"The beginning again, in a plain loop and {what}: {number(score)} on training rows.",
            "Near what the run itself reaches.",
            much and (change == "control" or (cured(chart, change) or 0.0) > plain + 0.2),
            CURES[change],
        )


def _replay_pictures(patient: Patient, chart: Chart) -> Iterator[Picture]:
    if chart.trials and chart.scores is not None:
        yield Picture(
            "score on training rows after the beginning was played again",
            "bars",
            ("this run", *(CHANGED[change] for change in chart.trials)),
            (("score", (_finite(chart.scores.train), *map(_finite, chart.trials.values()))),),
        )


# --- nudges, and programs in plain NumPy --------------------------------------------------------


def _nudge_facts(patient: Patient, chart: Chart) -> Iterator[Fact]:
    """Nudge the first weights, on a copy, in double precision and evaluation mode."""
    run = _run(patient)
    assert run.doctor is not None
    count, worst = 0, 0.0
    if bool(torch.isfinite(run.data.x).all()):
        net = copy.deepcopy(run.model).double().eval()
        net.load_state_dict(run.doctor.start, strict=False)
        x = run.data.x[:NUDGED_ROWS].double()
        y = run.data.y[:NUDGED_ROWS]
        y = y.double() if y.is_floating_point() else y
        loss = copy.deepcopy(run.setup.loss)
        loss = loss.double() if isinstance(loss, nn.Module) else loss
        weights = [p for p in net.parameters() if p.requires_grad]
        value = loss(net(x), y)
        if weights and value.requires_grad and bool(torch.isfinite(value)):
            slopes = torch.autograd.grad(value, weights, allow_unused=True)
            count, worst = _nudged(lambda: float(loss(net(x), y)), weights, slopes)
    yield _agrees(count, worst)


@torch.no_grad()
def _nudged(
    loss: Callable[[], float], weights: Sequence[Any], slopes: Sequence[Any]
) -> tuple[int, float]:
    """Return how many weights were nudged, and the largest difference next to the gradient."""
    count, worst = 0, 0.0
    for weight, slope in zip(weights[-MOST_NUDGED:], slopes[-MOST_NUDGED:], strict=True):
        flat = weight.view(-1)
        size = 0.0 if slope is None else float(slope.abs().max())
        if size < 1e-9:
            continue
        assert slope is not None
        for place in {0, len(flat) // 2, len(flat) - 1}:
            kept, ends = float(flat[place]), []
            for sign in (1, -1):
                flat[place] = kept + sign * NUDGE
                ends.append(loss())
            flat[place] = kept
            rate = (ends[0] - ends[1]) / (2 * NUDGE)
            count += 1
            worst = max(worst, abs(rate - float(slope.view(-1)[place])) / size)
    return count, worst


def _agrees(count: int, worst: float) -> Fact:
    says = (
        f"{count} weights were nudged to either side: the loss moves at the rate that backward "
        f"says, to within {number(worst)} of the largest."
        if count
        else "There was nothing to nudge: no weight has a finite rate other than 0 here."
    )
    usual = "To within about 1e−6. PyTorch works derivatives out itself."
    return Fact("nudges.agree", says, usual, worst > 0.01, ("wrong_backward",))


def _hand_scores(patient: Patient, run: HandRun) -> Iterator[Fact]:
    learned = data.rows(run.x, run.y, "classes")
    known = data.left_out(learned, "classes")[0]
    base = data.baseline(learned.y, learned.y, "classes")
    score = run.score(run.x, run.y)
    yield Fact(
        "scores.training",
        f"On training rows the run reaches {number(score)} (accuracy), the best constant answer "
        f"{number(base)}; nearest neighbours or a linear fit reach {number(known)} on rows left "
        "out.",
        "At least what something simple reaches.",
        score < known - 0.3 * (known - base),
    )


def _hand_nudges(patient: Patient, run: HandRun) -> Iterator[Fact]:
    wrong = [f for f in patient.report.findings if f.cause == "wrong_backward"]
    says = wrong[0].mechanism if wrong else (
        "Weights were nudged to either side: the loss moves at the rate that backward says."
    )  # fmt: skip
    yield Fact(
        "nudges.agree",
        says[0].upper() + says[1:],
        "They agree to about eight digits.",
        bool(wrong),
        ("wrong_backward",),
    )


def _hand_parameters(patient: Patient, run: HandRun) -> Iterator[Fact]:
    kind = run.start["W0"].dtype
    yield Fact(
        "parameters.kind",
        f"Weights are kept as {kind}.",
        "As floating-point numbers: an update is a small part of a weight.",
        kind.kind in "iu",
        ("dtype_truncation",),
    )
    count = sum(p.size for p in run.start.values())
    moved = sum(int((run.params[name] != p).sum()) for name, p in run.start.items())
    zeros = sum(int((p == 0).sum()) for p in run.params.values())
    yield Fact(
        "parameters.moved",
        f"{moved} of {count} numbers are others than at the start; {zeros} are 0 now.",
        "All that get a gradient have moved, and hardly any is 0.",
        zeros > count / 2,
        ("dtype_truncation",),
    )


_BY_HAND: dict[str, Callable[[Patient, HandRun], Iterator[Fact]]] = {
    "scores": _hand_scores,
    "nudges": _hand_nudges,
    "parameters": _hand_parameters,
}


# --- the table --------------------------------------------------------------------------------

_MADE: dict[str, tuple[Facts, Pictures]] = {
    "scores": (_score_facts, _score_pictures),
    "one_batch": (_batch_facts, _batch_pictures),
    "own": (_own_facts, _own_pictures),
    "nudges": (_nudge_facts, _no_pictures),
    "parameters": (_parameter_facts, _parameter_pictures),
    "updates": (_update_facts, _update_pictures),
    "gradients": (_gradient_facts, _gradient_pictures),
    "activations": (_activation_facts, _activation_pictures),
    "outputs": (_output_facts, _output_pictures),
    "inputs": (_input_facts, _input_pictures),
    "labels": (_label_facts, _label_pictures),
    "split": (_split_facts, _no_pictures),
    "replay": (_replay_facts, _replay_pictures),
}


def _names(layers: Sequence[Layer]) -> tuple[str, ...]:
    return tuple(f"{n + 1} {layer.op}" for n, layer in enumerate(layers))


def _sizes(layers: Sequence[Layer], value: Callable[[Layer], float]) -> tuple[float | None, ...]:
    """Return sizes for a logarithmic axis, on which there is no 0."""
    return tuple(_finite(value(layer)) or None for layer in layers)


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None


def _whole(finite: bool | None) -> str:
    return {True: "finite", False: "not finite", None: "not known"}[finite]
