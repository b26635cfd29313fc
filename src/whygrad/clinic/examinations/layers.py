"""Gradients and activations, layer by layer."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from whygrad.clinic.examinations.shown import (
    Fact,
    Facts,
    Pictures,
    names,
    picture,
    sizes,
)
from whygrad.clinic.messages import ClinicPicture
from whygrad.clinic.patient import Patient
from whygrad.doctor import derived
from whygrad.doctor.derived import percent, sick
from whygrad.doctor.measurements import Layer, Measurements
from whygrad.doctor.rules import (
    dead_relu,
    exploding_gradient,
    saturated_activation,
    vanishing_gradient,
)
from whygrad.explain.display import number


def _gradient_facts(patient: Patient, measured: Measurements) -> Iterator[Fact]:
    for when, probe in (("start", measured.first), ("end", measured.last)):
        layers = derived.hidden(probe)
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
            sick(measured)
            and not 1 / exploding_gradient.SWOLLEN < ratio < exploding_gradient.SWOLLEN,
            ("vanishing_gradient", "dead_relu", "saturated_activation")
            if ratio < 1
            else ("exploding_gradient", "bad_initialisation"),
        )
    layers = derived.hidden(measured.first)
    if len(layers) >= 3:
        varies = [layer.rms * layer.spread for layer in (layers[0], layers[-1])]
        grown = varies[1] / max(varies[0], 1e-300)
        yield Fact(
            "gradients.signal",
            f"At the start, what varies between rows is {number(varies[0])} after the first "
            f"activation and {number(varies[1])} after the last.",
            "Of one size.",
            not 1 / exploding_gradient.SWOLLEN < grown < exploding_gradient.SWOLLEN,
            ("vanishing_gradient", "bad_initialisation")
            if grown < 1
            else ("exploding_gradient", "bad_initialisation"),
        )
    time = () if measured.first is None else measured.first.through_time
    if len(time) >= 8 and max(time) > 0:
        early = max(time[: len(time) // 4])
        yield Fact(
            "gradients.time",
            f"∂L/∂x is {number(max(time))} at the time step where it is largest, and "
            f"{number(early)} in the first quarter of {len(time)} steps.",
            "What is needed from the first steps arrives there.",
            early < vanishing_gradient.LOST_IN_TIME * max(time),
            ("vanishing_gradient",),
        )
    reached = [p for p in measured.parameters if p.trainable and p.got_gradient]
    trainable = [p for p in measured.parameters if p.trainable and p.got_gradient is not None]
    yield Fact(
        "gradients.reach",
        f"A gradient arrives at {len(reached)} of {len(trainable)} tensors that are to be trained.",
        "At all.",
        len(reached) < len(trainable),
        ("graph_broken", "missing_backward"),
    )


def _gradient_pictures(patient: Patient, measured: Measurements) -> Iterator[ClinicPicture]:
    first = () if measured.first is None else measured.first.layers
    last = () if measured.last is None else measured.last.layers
    if first:
        labels = names(first)
        series = [("at the start", sizes(first, lambda layer: layer.gradient))]
        if len(last) == len(first):
            series.append(("at the end", sizes(last, lambda layer: layer.gradient)))
        yield picture(
            "∂L/∂h, from the first layer to the last", "line", labels, tuple(series), True
        )
    time = () if measured.first is None else measured.first.through_time
    if time:
        yield picture(
            "∂L/∂x over the time steps, at the start",
            "line",
            tuple(str(n + 1) for n in range(len(time))),
            (("∂L/∂x", tuple(value or None for value in time)),),
            True,
        )


def _activation_facts(patient: Patient, measured: Measurements) -> Iterator[Fact]:
    for when, probe in (("start", measured.first), ("end", measured.last)):
        shut = derived.hidden(probe, ("relu",))
        if shut:
            worst = max(shut, key=lambda layer: layer.dead or 0.0)
            yield Fact(
                f"activations.dead_{when}",
                f"At the {when}, {percent(worst.dead or 0.0)} of the {worst.width} ReLUs of one "
                "layer (the worst) are 0 on every row.",
                "Few. Many zeros on some rows are sparse, not dead.",
                sick(measured) and (worst.dead or 0.0) >= dead_relu.SHUT,
                ("bad_initialisation", "dead_relu")
                if when == "start"
                else ("dead_relu", "learning_rate_too_high", "bad_initialisation"),
            )
        flat = derived.hidden(probe, ("sigmoid", "tanh"))
        if flat:
            worst = max(flat, key=lambda layer: layer.saturated or 0.0)
            yield Fact(
                f"activations.flat_{when}",
                f"At the {when}, {percent(worst.saturated or 0.0)} of the outputs of one "
                f"{worst.op} layer (the worst) lie at its flat ends.",
                "Less than half.",
                sick(measured) and (worst.saturated or 0.0) >= saturated_activation.FLAT,
                ("saturated_activation", "unnormalised_inputs", "bad_initialisation",
                 "unscaled_targets"),
            )  # fmt: skip
    if not derived.hidden(measured.first):
        yield Fact(
            "activations.none",
            "No activation was seen between layers.",
            "A network of one layer needs none.",
            False,
            ("dead_relu", "saturated_activation"),
        )
    probe, o = measured.first, measured.outputs
    linear = [] if probe is None else [x for x in probe.layers if x.op in derived.LINEAR]
    hidden = derived.hidden(probe)
    if len(linear) >= 2 and o is not None and o.affine_gap is not None:
        yield Fact(
            "activations.bend",
            f"f(a + b) differs from (f(2a) + f(2b)) / 2 by {number(o.affine_gap)} of the outputs' "
            f"spread, over {len(linear)} linear layers.",
            "It differs: a network of several layers is to bend.",
            o.affine_gap < 1e-3 and not hidden,
            ("missing_activation",),
        )
    if hidden and measured.targets is not None:
        least = min(hidden, key=lambda layer: layer.width)
        needed = 2 if measured.targets.task != "classes" else min(measured.targets.classes or 2, 4)
        yield Fact(
            "activations.width",
            f"The narrowest hidden layer has {least.width} "
            f"{'unit' if least.width == 1 else 'units'}.",
            "At least as many as there are things to tell apart along the way.",
            least.width < needed,
            ("underfitting",),
        )


def _activation_pictures(patient: Patient, measured: Measurements) -> Iterator[ClinicPicture]:
    drawn: tuple[tuple[str, tuple[str, ...], Callable[[Layer], float | None]], ...] = (
        ("fraction of ReLUs that are 0 on every row", ("relu",), lambda layer: layer.dead),
        (
            "fraction of outputs at the flat ends",
            ("sigmoid", "tanh"),
            lambda layer: layer.saturated,
        ),
    )
    for title, ops, value in drawn:
        first, last = derived.hidden(measured.first, ops), derived.hidden(measured.last, ops)
        if first:
            series = [("at the start", tuple(value(layer) for layer in first))]
            if len(last) == len(first):
                series.append(("at the end", tuple(value(layer) for layer in last)))
            yield picture(title, "bars", names(first), tuple(series))


SHOWS: Mapping[str, tuple[Facts, Pictures]] = {
    "gradients": (_gradient_facts, _gradient_pictures),
    "activations": (_activation_facts, _activation_pictures),
}
