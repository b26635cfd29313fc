"""What each fact of an examination says of given measurements, and from where on it is unusual."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

pytest.importorskip("torch")
pytest.importorskip("sklearn")

from whygrad.clinic import grade as judge
from whygrad.clinic.examinations import experiments, layers, nudges, outputs, rows, scores, updates
from whygrad.clinic.examinations.shown import Fact
from whygrad.clinic.messages import ClinicPicture
from whygrad.doctor.measurements import (
    Audit,
    Break,
    Features,
    Layer,
    Layout,
    Loop,
    Measurements,
    OptimizerSettings,
    Outputs,
    Parameter,
    Probe,
    Scores,
    Targets,
)

SHOWS = {
    **scores.SHOWS,
    **layers.SHOWS,
    **updates.SHOWS,
    **outputs.SHOWS,
    **rows.SHOWS,
    **experiments.SHOWS,
}
AUDIT = Audit(1, 1.0, 1.0, 1.0, 1.0, 0.9, 0.003, False, 0.0)
SCORES = Scores(0.97, 0.96, 0.34, 0.97, 0.97, train_loss=0.1, baseline_loss=1.1)
POOR = replace(SCORES, train=0.4, validation=0.4, train_loss=1.05)
CLASSES = Targets("classes", 0, 2, 1, 0.8, 0.33, 3, True)
NUMBERS = Targets("numbers", -2, 2, 0, 1.0)
OUTPUTS = Outputs(3, -4, 5, False, False, 0.01, 0.0, 0.5)
WELL = Measurements(
    Loop(400, 400, True, batch=32),
    OptimizerSettings("SGD", 0.1, 0.1, 0.1),
    loss_name="cross_entropy",
    features=Features(600, 16, 2.0, 3.0),
    targets=CLASSES,
    scores=SCORES,
    outputs=OUTPUTS,
)
ILL = replace(WELL, scores=POOR)
COURSE = SimpleNamespace(validation=(0.9, 0.2, 0.4))


def facts(examination: str, measured: Measurements, **patient: Any) -> dict[str, Fact]:
    found: Iterator[Fact] = SHOWS[examination][0](_patient(**patient), measured)
    return {one.key: one for one in found}


def pictures(examination: str, measured: Measurements, **patient: Any) -> list[ClinicPicture]:
    return list(SHOWS[examination][1](_patient(**patient), measured))


def _patient(**parts: Any) -> Any:
    return SimpleNamespace(**{"course": COURSE, "measured": {}, **parts})


def features(**more: Any) -> Measurements:
    return replace(ILL, features=replace(Features(600, 16, 2.0, 3.0), **more))


def audits(*which: Audit, measured: Measurements = ILL, **optimizer: Any) -> Measurements:
    return replace(measured, audits=which, optimizer=replace(measured.optimizer, **optimizer))


def probe(*made: tuple[str, dict[str, Any]], **more: Any) -> Probe:
    told = {"width": 16, "rms": 1.0, "spread": 0.8, "gradient": 0.5}
    return Probe(
        1, 1.0, tuple(Layer(str(n), op, **{**told, **x}) for n, (op, x) in enumerate(made)), **more
    )


def hidden(op: str, *values: dict[str, Any]) -> Probe:
    """Activations, each between two linear layers."""
    made: list[tuple[str, dict[str, Any]]] = []
    for value in values:
        made += [("linear", {}), (op, value)]
    return probe(*made, ("linear", {}))


def faded(*gradients: float) -> Probe:
    return hidden("relu", *({"gradient": g} for g in gradients))


def parameters(*made: Parameter, measured: Measurements = ILL) -> Measurements:
    return replace(measured, parameters=made)


WEIGHT = Parameter("0.weight", 64, 16, True, True, True, 0.25, 0.4, False, "Linear")

Row = tuple[str, Callable[[], Measurements], str, bool]
# The fact, of what, what it says among others, and whether it is unusual.
ROWS: list[Row] = [
    ("inputs.cells", lambda: features(), "All 600 × 16 numbers are finite.", False),
    (
        "inputs.cells",
        lambda: features(bad_cell=(3, 1), bad_rows=7),
        "7 of 600 rows hold something that is no number, the first in row 3, column 1.",
        True,
    ),
    ("inputs.size", lambda: features(largest=19.9), "has a size of 19.9", False),
    ("inputs.size", lambda: features(largest=20.0), "has a size of 20", True),
    ("inputs.size", lambda: features(largest=0.02), "has a size of 0.02", True),
    ("inputs.size", lambda: features(largest=0.021), "has a size of 0.021", False),
    ("inputs.size", lambda: features(ratio=1000.0), "by a factor of 1000", False),
    ("inputs.size", lambda: features(ratio=1001.0), "by a factor of 1001", True),
    ("inputs.size", lambda: replace(features(largest=99.0), scores=SCORES), "of 99", False),
    ("inputs.shift", lambda: features(shift=1.4, stretch=2.4), "lies 1.4 training", False),
    ("inputs.shift", lambda: features(shift=1.5, stretch=1.0), "lies 1.5 training", True),
    ("inputs.shift", lambda: features(shift=0.0, stretch=2.5), "by a factor of 2.5", True),
    (
        "inputs.layout",
        lambda: replace(ILL, layout=Layout(-0.5, 0.25)),
        "share 0 % of their variance; the same numbers read channels last, 25 %.",
        True,
    ),
    ("inputs.layout", lambda: replace(ILL, layout=Layout(0.5, 0.74)), "50 % of their", False),
    ("inputs.layout", lambda: replace(ILL, layout=Layout(0.5, 0.75)), "last, 75 %.", True),
    ("inputs.layout", lambda: replace(ILL, layout=Layout(0.5, -1.0)), "last, 0 %.", False),
    (
        "labels.rarest",
        lambda: replace(
            ILL, targets=replace(CLASSES, rarest=0.1, classes=2), scores=replace(POOR, recall=0.3)
        ),
        "The rarest of 2 classes has 10 % of the rows; of the class that is known worst, 30 % are",
        True,
    ),
    (
        "labels.rarest",
        lambda: replace(
            ILL,
            targets=replace(CLASSES, rarest=0.1, classes=None),
            scores=replace(POOR, recall=0.31),
        ),
        "The rarest of 2 classes has 10 %",
        False,
    ),
    (
        "labels.rarest",
        lambda: replace(ILL, targets=replace(CLASSES, rarest=0.1, classes=3)),
        "The rarest of 3 classes has 10 % of the rows.",
        False,
    ),
    (
        "labels.rarest",
        lambda: replace(ILL, targets=replace(CLASSES, rarest=0.01)),
        "The rarest of 3 classes has 1 % of the rows.",
        True,
    ),
    *(
        (
            "labels.predicted",
            lambda known=known, shared=shared: replace(
                features(shared=shared),
                scores=replace(
                    POOR,
                    neighbours_train=0.5,
                    neighbours_validation=known[0],
                    within_validation=known[1],
                ),
            ),
            says,
            unusual,
        )
        for known, shared, says, unusual in (
            (
                (0.65, None),
                0.0,
                "predict 50 % of the labels of training rows left out, and 65 % of validation's.",
                True,
            ),
            ((0.64, None), None, "64 % of validation's.", False),
            ((0.9, None), 0.11, "90 % of validation's.", False),
            ((0.9, None), 0.1, "90 % of validation's.", True),
            ((0.5, 0.84), 0.0, "and validation rows 84 % of each other's.", False),
            ((0.5, 0.86), 0.2, "and validation rows 86 % of each other's.", True),
        )
    ),
    (
        "labels.size",
        lambda: replace(ILL, targets=replace(NUMBERS, low=-21.0)),
        "Targets go from −21 to 2, with a spread of 1.",
        True,
    ),
    ("labels.size", lambda: replace(ILL, targets=replace(NUMBERS, high=20.0)), "to 20,", False),
    ("labels.size", lambda: replace(ILL, targets=replace(NUMBERS, high=20.5)), "to 20.5,", True),
    ("labels.size", lambda: replace(WELL, targets=replace(NUMBERS, high=99.0)), "to 99,", False),
    ("labels.loss", lambda: ILL, "one of several classes; the loss is cross entropy.", False),
    ("labels.loss", lambda: replace(ILL, loss_name=""), "not one that was recognised.", False),
    *(
        (
            "labels.loss",
            lambda told=told: replace(
                ILL,
                loss_name=told[0],
                targets=Targets(told[1], told[2], 9, 1, 1, None, told[3], told[4]),
            ),
            says,
            unusual,
        )
        for told, says, unusual in (
            (
                ("mse", "numbers", 0, 3, True),
                "numbers, all whole, 3 different ones; the loss is mse",
                True,
            ),
            (("mse", "numbers", 0, 2, True), "Targets are numbers; the loss is mse", False),
            (("l1", "numbers", 0, 50, True), "50 different ones; the loss is l1", True),
            (("mse", "numbers", 0, 51, True), "Targets are numbers; the loss is mse", False),
            (("mse", "numbers", 0, 3, False), "Targets are numbers; the loss is mse", False),
            (("mse", "numbers", 0, None, True), "Targets are numbers; the loss is mse", False),
            (("huber", "numbers", 1, 3, True), "3 different ones; the loss is huber", False),
            (("mse", "binary", 0, 2, True), "Targets are yes or no; the loss is mse", True),
            (("bce", "binary", 0, 2, True), "Targets are yes or no; the loss is bce", False),
        )
    ),
    ("split.shared", lambda: features(shared=0.1, copies=0.3), "10 % of the validation", False),
    ("split.shared", lambda: features(shared=0.11, copies=0.3), "30 % of the training", True),
    ("split.shared", lambda: features(shared=0.5, columns=1), "50 % of", False),
    ("split.shared", lambda: features(shared=0.5, columns=2), "50 % of", True),
    ("split.shared", lambda: features(shared=0.5, rows=8), "50 % of", False),
    ("split.shared", lambda: features(shared=0.5, rows=9), "50 % of", True),
    *(
        (
            "split.telling",
            lambda told=told, base=base: replace(
                ILL, leaky_column=told, scores=replace(POOR, baseline=base)
            ),
            says,
            unusual,
        )
        for told, base, says, unusual in (
            (
                (4, 0.97, 0.5),
                0.34,
                "Column 4 alone predicts 97 % of the labels; all others together, 50 %.",
                True,
            ),
            ((4, 0.96, 0.5), 0.34, "predicts 96 %", False),
            ((4, 1.0, 0.875), 0.5, "together, 88 %", True),
            ((4, 1.0, 0.9), 0.5, "together, 90 %", False),
            ((4, 1.0, 0.91), 0.905, "together, 91 %", False),
        )
    ),
    (
        "gradients.start",
        lambda: replace(ILL, first=faded(1e-4, 1e-3, 1.0)),
        "At the start, ∂L/∂h is 1 at the last hidden activation and 0.0001 at the first: 0.0001 of "
        "it, over 2 layers.",
        True,
    ),
    ("gradients.start", lambda: replace(ILL, first=faded(0.011, 1.0)), "over 1 layer.", False),
    ("gradients.start", lambda: replace(ILL, first=faded(0.01, 1.0)), "0.01 of it", True),
    ("gradients.end", lambda: replace(ILL, last=faded(100.0, 1.0)), "At the end, ∂L/∂h", True),
    ("gradients.end", lambda: replace(ILL, last=faded(99.0, 1.0)), "99 of it", False),
    ("gradients.end", lambda: replace(WELL, last=faded(999.0, 1.0)), "999 of it", False),
    *(
        (
            "gradients.signal",
            lambda sizes=sizes: replace(
                ILL,
                first=hidden("tanh", *({"rms": rms, "spread": spread} for rms, spread in sizes)),
            ),
            says,
            unusual,
        )
        for sizes, says, unusual in (
            (
                ((1.0, 0.5), (1, 1), (2.0, 25.0)),
                "is 0.5 after the first activation and 50 after",
                True,
            ),
            (((1.0, 1.0), (1, 1), (99.0, 1.0)), "and 99 after the last.", False),
            (((1.0, 1.0), (1, 1), (0.01, 1.0)), "and 0.01 after the last.", True),
            (((1.0, 1.0), (1, 1), (0.011, 1.0)), "and 0.011 after the last.", False),
        )
    ),
    *(
        (
            "gradients.time",
            lambda time=time: replace(ILL, first=probe(through_time=time)),
            says,
            unusual,
        )
        for time, says, unusual in (
            (
                (1e-7, 9e-6, *[0.1] * 5, 1.0),
                "∂L/∂x is 1 at the time step where it is largest, and "
                "9.0e−6 in the first quarter of 8 steps.",
                True,
            ),
            ((1e-7, 1.1e-5, *[0.1] * 5, 1.0), "of 8 steps", False),
            ((1e-7, 1e-7, 0.5, *[0.1] * 4, 1.0), "of 8 steps", True),
        )
    ),
    (
        "gradients.reach",
        lambda: parameters(
            WEIGHT,
            replace(WEIGHT, got_gradient=False),
            replace(WEIGHT, trainable=False),
            replace(WEIGHT, got_gradient=None),
        ),
        "A gradient arrives at 1 of 2 tensors that are to be trained.",
        True,
    ),
    ("gradients.reach", lambda: parameters(WEIGHT, WEIGHT), "at 2 of 2 tensors", False),
    (
        "activations.dead_start",
        lambda: replace(ILL, first=hidden("relu", {"dead": 0.1}, {"dead": 0.5, "width": 8})),
        "At the start, 50 % of the 8 ReLUs of one layer (the worst) are 0 on every row.",
        True,
    ),
    (
        "activations.dead_end",
        lambda: replace(ILL, last=hidden("relu", {"dead": 0.49})),
        "49 %",
        False,
    ),
    (
        "activations.dead_end",
        lambda: replace(ILL, last=hidden("relu", {})),
        "At the end, 0 %",
        False,
    ),
    (
        "activations.dead_end",
        lambda: replace(WELL, last=hidden("relu", {"dead": 1.0})),
        "100 %",
        False,
    ),
    (
        "activations.flat_start",
        lambda: replace(ILL, first=hidden("tanh", {"saturated": 0.5}, {"saturated": 0.1})),
        "At the start, 50 % of the outputs of one tanh layer (the worst) lie at its flat ends.",
        True,
    ),
    (
        "activations.flat_end",
        lambda: replace(ILL, last=hidden("sigmoid", {"saturated": 0.49})),
        "49 %",
        False,
    ),
    (
        "activations.flat_end",
        lambda: replace(ILL, last=hidden("sigmoid", {})),
        "0 % of the outputs of one sigmoid",
        False,
    ),
    ("activations.none", lambda: replace(ILL, first=probe(("linear", {}))), "No activation", False),
    *(
        (
            "activations.bend",
            lambda gap=gap, made=made: replace(
                ILL,
                first=probe(*((op, {}) for op in made)),
                outputs=replace(OUTPUTS, affine_gap=gap),
            ),
            says,
            unusual,
        )
        for gap, made, says, unusual in (
            (
                9e-4,
                ("linear", "linear"),
                "by 0.0009 of the outputs' spread, over 2 linear layers.",
                True,
            ),
            (1e-3, ("linear", "linear"), "by 0.001 of", False),
            (0.0, ("linear", "relu", "linear"), "by 0 of", False),
        )
    ),
    *(
        (
            "activations.width",
            lambda width=width, targets=targets: replace(
                ILL, first=hidden("relu", {"width": 9}, {"width": width}), targets=targets
            ),
            says,
            unusual,
        )
        for width, targets, says, unusual in (
            (1, NUMBERS, "The narrowest hidden layer has 1 unit.", True),
            (2, NUMBERS, "The narrowest hidden layer has 2 units.", False),
            (2, CLASSES, "has 2 units.", True),
            (3, CLASSES, "has 3 units.", False),
            (3, replace(CLASSES, classes=10), "has 3 units.", True),
            (4, replace(CLASSES, classes=10), "has 4 units.", False),
            (1, replace(CLASSES, classes=None), "has 1 unit.", True),
            (2, replace(CLASSES, classes=None), "has 2 units.", False),
        )
    ),
    (
        "updates.first",
        lambda: audits(AUDIT, replace(AUDIT, moved=0.11)),
        "The longest of the first steps moves the weights by 0.11 of their size.",
        True,
    ),
    ("updates.first", lambda: audits(replace(AUDIT, moved=0.1)), "by 0.1 of", False),
    (
        "updates.first",
        lambda: audits(*[AUDIT] * 4, replace(AUDIT, moved=0.9)),
        "by 0.003 of",
        False,
    ),
    ("updates.first", lambda: audits(*[AUDIT] * 3, replace(AUDIT, moved=0.9)), "by 0.9 of", True),
    ("updates.first", lambda: audits(), "by 0 of", False),
    (
        "updates.middle",
        lambda: audits(AUDIT, replace(AUDIT, moved=1.9e-3), replace(AUDIT, moved=1e-9)),
        "a step moves them by 0.0019 of their size; there were 400 iterations.",
        True,
    ),
    ("updates.middle", lambda: audits(replace(AUDIT, moved=2e-3)), "by 0.002 of", False),
    ("updates.middle", lambda: audits(), "by 0 of", True),
    ("updates.middle", lambda: audits(measured=WELL), "by 0 of", False),
    *(
        (
            "updates.given",
            lambda told=told: audits(*(replace(AUDIT, **{"true": 2.0, **one}) for one in told)),
            says,
            unusual,
        )
        for told, says, unusual in (
            (({"applied": 0.18},), "is given 0.09 times the length of its batch's gradient", True),
            (({"applied": 0.2},), "is given 0.1 times", False),
            (({"applied": 4.2, "stale": True},), "is given 2.1 times", True),
            (({"applied": 4.2},), "is given 2.1 times", False),
            (({"applied": 4.0, "stale": True},), "is given 2 times", False),
            (
                (
                    {"applied": 2.0},
                    {"applied": 0.0, "arrived": 0.0},
                    {"applied": None},
                    {"true": 0.0},
                ),
                "is given 1 times",
                False,
            ),
        )
    ),
    (
        "updates.decay",
        lambda: audits(AUDIT, replace(AUDIT, decay=0.31), decay=0.1),
        "Weight decay pulls up to 0.31 times as hard as the loss's gradient.",
        True,
    ),
    (
        "updates.decay",
        lambda: audits(replace(AUDIT, decay=0.3), decay=0.1),
        "up to 0.3 times",
        False,
    ),
    (
        "updates.decay",
        lambda: audits(replace(AUDIT, decay=9.0)),
        "There is no weight decay.",
        False,
    ),
    ("updates.decay", lambda: audits(decay=0.1), "up to 0 times", False),
    (
        "updates.eps",
        lambda: audits(name="Adam", eps=3.1, denominator=1.0),
        "Adam divides by √v + ε = 1 + 3.1.",
        True,
    ),
    ("updates.eps", lambda: audits(eps=3.0, denominator=1.0), "= 1 + 3.", False),
    ("updates.eps", lambda: audits(measured=WELL, eps=9.0, denominator=1.0), "= 1 + 9.", False),
    (
        "updates.rate",
        lambda: audits(lr_first=0.2, lr_top=1.0, lr=0.05),
        "The learning rate is 0.2 at the start, 1 at most and 0.05 at the end, SGD's.",
        True,
    ),
    *(
        ("updates.rate", lambda told=told: audits(**told), says, unusual)
        for told, says, unusual in (
            ({"lr_top": 0.99}, "0.99 at most", False),
            ({"lr_top": 1e-4}, "0.0001 at most", True),
            ({"lr_top": 1.1e-4}, "0.00011 at most", False),
            ({"lr_top": 0.1, "eps": 1e-8}, "0.1 at most", True),
            ({"lr_top": 0.09, "eps": 1e-8}, "0.09 at most", False),
            ({"lr_top": 1.1e-4, "eps": 1e-8}, "0.00011 at most", False),
        )
    ),
    (
        "updates.rate",
        lambda: replace(audits(lr_top=9.0), loop=replace(ILL.loop, steps=0)),
        "9 at most",
        False,
    ),
    (
        "updates.rate",
        lambda: replace(audits(lr_top=9.0), loop=replace(ILL.loop, steps=1)),
        "9 at most",
        True,
    ),
    (
        "own.direction",
        lambda: audits(replace(AUDIT, agreement=-0.51), replace(AUDIT, agreement=None)),
        "have a cosine of −0.51 in the median.",
        True,
    ),
    ("own.direction", lambda: audits(replace(AUDIT, agreement=-0.5)), "of −0.5 in", False),
    ("own.stale", lambda: audits(AUDIT, replace(AUDIT, stale=True)), "In 1 of 2 iterations", True),
    ("own.stale", lambda: audits(AUDIT), "In 0 of 1 iterations", False),
    ("own.steps", lambda: ILL, "step() was called 400 times in 400 iterations.", False),
    ("own.steps", lambda: replace(ILL, loop=Loop(9, 0, True)), "called 0 times in 9", True),
    ("own.steps", lambda: replace(ILL, loop=Loop(9, 1, True)), "called 1 times in 9", False),
    ("own.order", lambda: replace(ILL, loop=Loop(9, 9, True, class_run=0.5)), "50 % of the", False),
    ("own.order", lambda: replace(ILL, loop=Loop(9, 9, True, class_run=0.51)), "51 % of the", True),
    *(
        (
            "own.batch",
            lambda told=told: replace(
                replace(ILL, features=told[2] and Features(told[2], 16, 2.0, 3.0)),
                loop=Loop(9, 9, True, batch=told[0]),
                batch_norm=told[1],
            ),
            says,
            unusual,
        )
        for told, says, unusual in (
            ((1, False, 600), "A batch has 1 row.", True),
            ((8, False, 600), "A batch has 8 rows.", True),
            ((9, False, 600), "A batch has 9 rows.", False),
            ((4, True, 600), "A batch has 4 rows, and there is batch normalisation.", True),
            ((5, True, 600), "A batch has 5 rows, and", False),
            ((4, False, 16), "A batch has 4 rows.", False),
            ((4, False, 17), "A batch has 4 rows.", True),
            ((4, False, None), "A batch has 4 rows.", True),
        )
    ),
    ("own.dropout", lambda: replace(ILL, dropout=0.7), "leaves 30 % of a layer's units.", True),
    ("own.dropout", lambda: replace(ILL, dropout=0.69), "leaves 31 %", False),
    (
        "outputs.range",
        lambda: replace(ILL, targets=NUMBERS),
        "Outputs go from −4 to 5, targets from −2 to 2; the network ends in nothing seen.",
        False,
    ),
    *(
        (
            "outputs.range",
            lambda targets=targets, measured=measured, end=end: replace(
                measured, targets=targets, last=end and probe((end, {}))
            ),
            says,
            unusual,
        )
        for measured, targets, end, says, unusual in (
            (ILL, replace(NUMBERS, low=-0.31, high=1), "sigmoid", "ends in sigmoid.", True),
            (ILL, replace(NUMBERS, low=-0.3, high=1), "sigmoid", "ends in sigmoid.", False),
            (ILL, replace(NUMBERS, low=0, high=1.31), "sigmoid", "ends in sigmoid.", True),
            (ILL, replace(NUMBERS, low=0, high=1.25), "sigmoid", "ends in sigmoid.", False),
            (WELL, replace(NUMBERS, high=9, std=0.0), "sigmoid", "ends in sigmoid.", True),
            (ILL, replace(NUMBERS, high=21), "linear", "targets from −2 to 21;", True),
            (ILL, replace(NUMBERS, low=-21), "linear", "targets from −21 to 2;", True),
            (ILL, replace(NUMBERS, high=20), "linear", "targets from −2 to 20;", False),
            (WELL, replace(NUMBERS, high=99), "linear", "targets from −2 to 99;", False),
        )
    ),
    *(
        (
            "outputs.kind",
            lambda told=told, loss=loss: replace(
                ILL, loss_name=loss, outputs=replace(OUTPUTS, **told)
            ),
            says,
            unusual,
        )
        for told, loss, says, unusual in (
            (
                {},
                "cross_entropy",
                "Outputs lie between −4 and 5; the network ends in nothing seen, "
                "and the loss is cross entropy.",
                False,
            ),
            (
                {"low": 0, "high": 1, "sums_to_one": True},
                "cross_entropy",
                "between 0 and 1 and add up to 1 in every row;",
                True,
            ),
            ({"low": 0, "high": 1}, "bce_with_logits", "between 0 and 1; the", True),
            ({"low": 0, "high": 1}, "bce", "the loss is bce.", False),
            ({"low": 0, "high": 1.1}, "cross_entropy", "and 1.1;", False),
            ({"low": -0.1, "high": 1}, "cross_entropy", "−0.1 and 1;", False),
            (
                {"low": 1, "high": 1, "width": 1, "constant": True, "sums_to_one": True},
                "",
                "between 1 and 1; the network ends in nothing seen, and the loss is a loss that",
                True,
            ),
            ({"low": 2, "high": 2, "width": 1, "constant": True}, "", "between 2 and 2;", False),
            ({"low": 1, "high": 1, "width": 2, "constant": True}, "", "between 1 and 1;", False),
        )
    ),
    ("outputs.same", lambda: ILL, "Outputs differ from row to row.", False),
    (
        "outputs.same",
        lambda: replace(ILL, outputs=replace(OUTPUTS, constant=True)),
        "The output is the same for every row.",
        True,
    ),
    (
        "outputs.alone",
        lambda: replace(ILL, outputs=replace(OUTPUTS, batch_gap=0.02)),
        "by 2 %",
        True,
    ),
    (
        "outputs.alone",
        lambda: replace(ILL, outputs=replace(OUTPUTS, batch_gap=0.01)),
        "by 1 %",
        False,
    ),
    (
        "outputs.again",
        lambda: replace(ILL, outputs=replace(OUTPUTS, random_gap=0.02)),
        "by 2 %",
        True,
    ),
    ("outputs.again", lambda: ILL, "by 0 %", False),
    *(
        (
            "outputs.modes",
            lambda told=told: replace(
                ILL, reported_validation=told[0], scores=replace(POOR, validation_loss=told[1])
            ),
            says,
            unusual,
        )
        for told, says, unusual in (
            (
                (1.0, 1.12),
                "a validation loss of 1; worked out anew in evaluation mode, these weights "
                "have 1.12.",
                True,
            ),
            ((1.0, 1.1), "have 1.1.", False),
            ((1.12, 1.0), "loss of 1.12;", True),
        )
    ),
    *(
        (
            "outputs.break",
            lambda told=told: replace(ILL, broke=Break(9, *told)),
            says,
            unusual,
        )
        for told, says, unusual in (
            (
                (True, True, 1.0, 100.0, 0.5),
                "inputs are finite and outputs finite; before, the loss had "
                "grown 100-fold; through log-softmax the same outputs give 0.5.",
                True,
            ),
            (
                (None, True, 1.0, 1.0, None),
                "inputs are not known and outputs finite; before, the loss had grown 1-fold.",
                True,
            ),
            ((False, True, 1.0, 1.0, None), "inputs are not finite and", False),
            ((True, False, 1.0, 1.0, None), "and outputs not finite;", False),
            ((True, None, 1.0, 1.0, None), "and outputs not known;", False),
            ((True, True, 1.0, 101.0, None), "grown 101-fold.", False),
        )
    ),
    (
        "scores.training",
        lambda: ILL,
        "the run reaches 0.4 (accuracy, each class weighing the same), the best constant answer "
        "0.34; nearest neighbours or a linear fit reach 0.97 on rows left out.",
        True,
    ),
    (
        "scores.training",
        lambda: replace(WELL, targets=NUMBERS, scores=replace(SCORES, reference_train=None)),
        "reaches 0.97 (R²), the best constant answer 0.34; nothing simple can be asked of so few",
        False,
    ),
    (
        "scores.loss",
        lambda: replace(ILL, scores=replace(POOR, train_loss=0.71, baseline_loss=1.0)),
        "The loss on training rows is 0.71; that of the best constant answer is 1.",
        True,
    ),
    (
        "scores.loss",
        lambda: replace(ILL, scores=replace(POOR, train_loss=0.7, baseline_loss=1.0)),
        "is 0.7;",
        False,
    ),
    (
        "scores.loss",
        lambda: replace(ILL, scores=replace(POOR, train_loss=float("nan"))),
        "is NaN;",
        True,
    ),
    (
        "scores.gap",
        lambda: replace(WELL, scores=replace(SCORES, validation=0.88)),
        "Training rows 0.97, validation rows 0.88; the validation loss was lowest in epoch 2 of 3 "
        "(0.2) and ended at 0.4.",
        True,
    ),
    (
        "scores.gap",
        lambda: replace(WELL, scores=replace(SCORES, validation=0.9)),
        "rows 0.9;",
        False,
    ),
    (
        "scores.gap",
        lambda: replace(
            WELL, broke=Break(3, True, True, 1, 1, 1), scores=replace(SCORES, validation=0.5)
        ),
        "rows 0.5;",
        False,
    ),
    (
        "scores.rose",
        lambda: replace(WELL, losses=((1, 2.0), (2, 6.2), (3, 1.0))),
        "The largest training loss is 3.1 times the first one.",
        True,
    ),
    ("scores.rose", lambda: replace(WELL, losses=((1, 2.0), (2, 6.0))), "is 3 times", False),
    ("scores.rose", lambda: replace(WELL, losses=((1, 0.0), (2, 6.0))), "is 1 times", False),
    ("scores.broke", lambda: WELL, "The loss is finite throughout.", False),
    (
        "scores.broke",
        lambda: replace(WELL, broke=Break(7, True, True, 1, 1, 1)),
        "The loss is not finite from iteration 7 on.",
        True,
    ),
    (
        "scores.swing",
        lambda: replace(ILL, losses=((1, 99.0), (2, 99.0), (3, 4.1), (4, 0.9))),
        "Over the second half, the loss of a batch is 2.5 in the mean and swings by 1.6",
        True,
    ),
    (
        "scores.swing",
        lambda: replace(ILL, losses=((1, 9.0), (2, 9.0), (3, 3.0), (4, 1.0))),
        "by 1.",
        False,
    ),
    (
        "scores.swing",
        lambda: replace(WELL, losses=((1, 9.0), (2, 9.0), (3, 5.0), (4, 1.0))),
        "by 2.",
        False,
    ),
    ("replay.none", lambda: ILL, "on its training rows nothing is missing", False),
    ("replay.none", lambda: features(bad_cell=(0, 0)), "the rows hold what is no number.", True),
    (
        "replay.control",
        lambda: replace(ILL, trials={"control": 0.7}),
        "in a plain loop and with the same settings: 0.7 on training rows.",
        True,
    ),
    ("replay.control", lambda: replace(ILL, trials={"control": 0.6}), "0.6 on training", False),
    (
        "replay.lr_up_10",
        lambda: replace(ILL, trials={"lr_up_10": 0.9, "control": 0.76}),
        "and with ten times the rate: 0.9",
        True,
    ),
    (
        "replay.lr_up_10",
        lambda: replace(ILL, trials={"lr_up_10": 0.9, "control": 0.8}),
        "0.9 on",
        False,
    ),
    ("replay.lr_up_10", lambda: replace(WELL, trials={"lr_up_10": 1.0}), "1 on", False),
]


@pytest.mark.parametrize(
    ("key", "measured", "says", "unusual"),
    ROWS,
    ids=[f"{n}-{row[0]}" for n, row in enumerate(ROWS)],
)
def test_a_fact_says_what_was_measured_and_whether_that_is_unusual(
    key: str, measured: Callable[[], Measurements], says: str, unusual: bool
) -> None:
    one = facts(key.partition(".")[0], measured())[key]
    assert says in one.says
    assert one.unusual is unusual


@pytest.mark.parametrize(
    ("key", "measured", "causes"),
    [
        ("gradients.start", lambda: replace(ILL, first=faded(0.5, 1.0)), ("vanishing_gradient", 3)),
        ("gradients.start", lambda: replace(ILL, first=faded(1.0, 1.0)), ("exploding_gradient", 2)),
        (
            "gradients.signal",
            lambda: replace(ILL, first=hidden("tanh", {"rms": 1}, {}, {"rms": 0.5})),
            ("vanishing_gradient", 2),
        ),
        (
            "gradients.signal",
            lambda: replace(ILL, first=hidden("tanh", {"rms": 1}, {}, {"rms": 1})),
            ("exploding_gradient", 2),
        ),
        (
            "activations.dead_start",
            lambda: replace(ILL, first=faded(1.0)),
            ("bad_initialisation", 2),
        ),
        ("activations.dead_end", lambda: replace(ILL, last=faded(1.0)), ("dead_relu", 3)),
        (
            "updates.given",
            lambda: audits(replace(AUDIT, applied=0.5)),
            ("learning_rate_too_low", 1),
        ),
        ("updates.given", lambda: audits(AUDIT), ("missing_zero_grad", 1)),
        ("updates.rate", lambda: audits(lr_top=0.011), ("learning_rate_too_high", 1)),
        ("updates.rate", lambda: audits(lr_top=0.01), ("learning_rate_too_low", 1)),
        (
            "own.batch",
            lambda: replace(ILL, loop=Loop(9, 9, True, batch=2)),
            ("oscillating_loss", 1),
        ),
        (
            "own.batch",
            lambda: replace(ILL, batch_norm=True, loop=Loop(9, 9, True, batch=2)),
            ("batchnorm_small_batch", 1),
        ),
        ("outputs.range", lambda: replace(ILL, targets=NUMBERS), ("unscaled_targets", 1)),
        (
            "outputs.range",
            lambda: replace(ILL, targets=NUMBERS, last=probe(("sigmoid", {}))),
            ("output_activation_range_mismatch", 1),
        ),
        ("replay.none", lambda: features(bad_cell=(0, 0)), ("nan_in_data", 1)),
    ],
)
def test_what_a_fact_speaks_for_hangs_on_what_was_measured(
    key: str, measured: Callable[[], Measurements], causes: tuple[str, int]
) -> None:
    speaks = facts(key.partition(".")[0], measured())[key].speaks_for
    assert speaks is not None
    assert (speaks[0], len(speaks)) == causes


@pytest.mark.parametrize(
    ("examination", "measured", "without"),
    [
        ("inputs", features(bad_cell=(0, 0)), "inputs.size"),
        ("inputs", features(shift=1.0), "inputs.shift"),
        ("inputs", replace(ILL, features=None), "inputs.cells"),
        ("labels", replace(ILL, scores=None), "labels.loss"),
        ("labels", replace(ILL, targets=None), "labels.loss"),
        ("labels", replace(ILL, targets=replace(CLASSES, rarest=None)), "labels.rarest"),
        ("labels", replace(ILL, scores=replace(POOR, neighbours_train=1)), "labels.predicted"),
        ("split", ILL, "split.shared"),
        ("split", replace(ILL, leaky_column=(1, 1.0, 0.5), scores=None), "split.telling"),
        ("gradients", replace(ILL, first=faded(1.0)), "gradients.start"),
        ("gradients", replace(ILL, first=faded(1.0, 0.0)), "gradients.start"),
        ("gradients", replace(ILL, first=faded(1.0, 1.0)), "gradients.signal"),
        ("gradients", replace(ILL, first=probe(through_time=(1.0,) * 7)), "gradients.time"),
        ("gradients", replace(ILL, first=probe(through_time=(0.0,) * 9)), "gradients.time"),
        ("activations", replace(ILL, first=faded(1.0)), "activations.none"),
        ("activations", replace(ILL, first=faded(1.0)), "activations.flat_start"),
        ("activations", replace(ILL, first=faded(1.0), targets=None), "activations.width"),
        ("activations", replace(ILL, first=probe(("linear", {}))), "activations.bend"),
        ("updates", audits(replace(AUDIT, applied=None)), "updates.given"),
        ("updates", audits(AUDIT, eps=1e-8), "updates.eps"),
        ("own", audits(replace(AUDIT, agreement=None)), "own.direction"),
        ("own", ILL, "own.order"),
        ("own", ILL, "own.dropout"),
        ("outputs", replace(ILL, outputs=replace(OUTPUTS, finite=False)), "outputs.same"),
        ("outputs", replace(ILL, outputs=replace(OUTPUTS, batch_gap=None)), "outputs.alone"),
        ("outputs", replace(ILL, targets=NUMBERS), "outputs.kind"),
        ("outputs", replace(ILL, reported_validation=1.0), "outputs.modes"),
        (
            "outputs",
            replace(
                ILL, reported_validation=float("inf"), scores=replace(POOR, validation_loss=1.0)
            ),
            "outputs.modes",
        ),
        ("scores", replace(ILL, scores=replace(POOR, train_loss=None)), "scores.loss"),
        ("scores", replace(ILL, scores=replace(POOR, validation=None)), "scores.gap"),
        ("scores", ILL, "scores.swing"),
        ("replay", replace(ILL, trials={"control": 0.5}), "replay.none"),
    ],
)
def test_what_was_not_measured_is_not_told(
    examination: str, measured: Measurements, without: str
) -> None:
    assert without not in facts(examination, measured)


def test_a_validation_loss_that_hardly_rose_is_no_gap() -> None:
    apart = replace(WELL, scores=replace(SCORES, validation=0.5))

    def gap(*validation: float | None) -> Fact:
        return facts("scores", apart, course=SimpleNamespace(validation=validation))["scores.gap"]

    assert not gap(0.4, 0.2, 0.3).unusual  # half as much again
    assert gap(0.4, 0.2, 0.31).unusual
    assert not gap(0.2, None).unusual
    assert "in epoch 1 of 2 (0.2) and ended at no number." in gap(0.2, None).says
    assert "in epoch 0 of 1 (NaN) and ended at no number." in gap(None).says


def test_a_score_that_is_no_number_and_broken_losses_are_drawn_as_gaps() -> None:
    (drawn,) = pictures("scores", replace(ILL, scores=replace(POOR, train=float("nan"))))
    assert drawn.series[0].values == (None, 0.34, 0.97)
    assert pictures("scores", replace(ILL, scores=None)) == []


def test_layers_are_drawn_in_order_at_the_start_and_the_end() -> None:
    first, last = faded(0.5, 0.0), faded(0.25, 0.125)
    (drawn,) = pictures("gradients", replace(ILL, first=first, last=last))
    assert drawn.labels == ("1 linear", "2 relu", "3 linear", "4 relu", "5 linear")
    assert [one.values for one in drawn.series] == [
        (0.5, 0.5, 0.5, None, 0.5),
        (0.5, 0.25, 0.5, 0.125, 0.5),
    ]
    assert drawn.logarithmic
    (drawn,) = pictures("gradients", replace(ILL, first=first, last=faded(1.0)))
    assert [one.name for one in drawn.series] == ["at the start"]
    (drawn,) = pictures("gradients", replace(ILL, first=probe(through_time=(0.0, 0.5))))
    assert (drawn.labels, drawn.series[0].values) == (("1", "2"), (None, 0.5))
    assert pictures("gradients", ILL) == []


def test_dead_and_flat_units_are_drawn_apart() -> None:
    shut = hidden("relu", {"dead": 0.25}, {"dead": 0.5})
    flat = hidden("tanh", {"saturated": 0.75})
    (drawn,) = pictures("activations", replace(ILL, first=shut, last=shut))
    assert [one.values for one in drawn.series] == [(0.25, 0.5), (0.25, 0.5)]
    assert drawn.labels == ("1 relu", "2 relu")
    (drawn,) = pictures("activations", replace(ILL, first=flat, last=shut))
    assert [one.values for one in drawn.series] == [(0.75,)]
    assert "flat ends" in drawn.title


def test_updates_and_gradients_are_drawn_by_iteration() -> None:
    measured = audits(AUDIT, replace(AUDIT, step=7, moved=0.0, true=None, applied=float("inf")))
    (drawn,) = pictures("updates", measured)
    assert (drawn.labels, drawn.series[0].values) == (("1", "7"), (0.003, None))
    (drawn,) = pictures("own", measured)
    assert [one.values for one in drawn.series] == [(1.0, None), (1.0, None)]
    assert pictures("updates", ILL) == pictures("own", ILL) == []


def test_outputs_are_drawn_beside_targets_that_are_numbers() -> None:
    (drawn,) = pictures("outputs", replace(ILL, targets=NUMBERS))
    assert [one.values for one in drawn.series] == [(-4, 5), (-2, 2)]
    assert pictures("outputs", ILL) == []
    unfinished = replace(ILL, targets=NUMBERS, outputs=replace(OUTPUTS, finite=False))
    assert pictures("outputs", unfinished) == []


def test_replays_are_drawn_beside_the_run_itself() -> None:
    (drawn,) = pictures("replay", replace(ILL, trials={"control": 0.5, "lr_up": float("nan")}))
    assert drawn.labels == ("this run", "a plain loop", "the rate that moves weights by 0.3 %")
    assert drawn.series[0].values == (0.4, 0.5, None)
    assert pictures("replay", ILL) == []


def test_the_shares_of_classes_are_drawn_for_both_parts() -> None:
    import torch

    data = SimpleNamespace(y=torch.tensor([0, 0, 1, 2]), yv=torch.tensor([2, 0]))
    (drawn,) = pictures("labels", ILL, run=SimpleNamespace(data=data))
    assert drawn.labels == ("0", "1", "2")
    assert [one.values for one in drawn.series] == [(0.5, 0.25, 0.25), (0.5, 0.0, 0.5)]
    data.yv = torch.tensor([3])
    (drawn,) = pictures("labels", ILL, run=SimpleNamespace(data=data))
    assert [one.name for one in drawn.series] == ["training rows"]
    data.y = torch.arange(13)
    assert pictures("labels", ILL, run=SimpleNamespace(data=data)) == []
    data.y = torch.arange(12)
    assert len(pictures("labels", ILL, run=SimpleNamespace(data=data))) == 1


def test_the_size_of_each_column_is_drawn_where_there_are_few() -> None:
    import torch

    x = torch.tensor([[3.0, 0.0, float("nan")], [1.0, 0.0, 5.0]])
    data = SimpleNamespace(x=x, xv=x + 1)
    (drawn,) = pictures("inputs", ILL, run=SimpleNamespace(data=data))
    assert (drawn.labels, drawn.kind) == (("0", "1", "2"), "bars")
    # |mean| + spread of the numbers there are
    assert [one.values for one in drawn.series] == [(3.0, None, 5.0), (4.0, 1.0, 6.0)]
    for columns, kinds in ((12, ["bars"]), (13, ["line"]), (70, ["line"]), (71, [])):
        wide = SimpleNamespace(x=torch.ones(2, columns), xv=torch.ones(2, columns))
        shown = pictures("inputs", ILL, run=SimpleNamespace(data=wide))
        assert [one.kind for one in shown] == kinds


def test_nudged_weights_move_the_loss_at_the_rate_that_is_said() -> None:
    import torch

    weights = [torch.tensor([float(n), 1.0, 2.0, 3.0], dtype=torch.float64) for n in range(7)]

    def loss() -> float:
        return float(sum((w**2).sum() for w in weights))

    slopes = [2 * w for w in weights]
    count, worst = nudges._nudged(loss, weights, slopes)
    # The last six tensors, at the first, the middle and the last place.
    assert count == 6 * 3
    assert worst < 1e-6
    assert weights[6].tolist() == [6.0, 1.0, 2.0, 3.0]
    count, worst = nudges._nudged(loss, weights, [*slopes[:6], 1.5 * slopes[6]])
    assert worst == pytest.approx(6 / 18, rel=1e-4)
    assert nudges._nudged(loss, weights[:3], [None, slopes[1] * 0, slopes[2]])[0] == 3
    assert nudges._nudged(loss, [weights[0][:1]], [slopes[1][:1]])[0] == 1


@pytest.mark.parametrize(("worst", "unusual"), [(0.01, False), (0.011, True)])
def test_a_rate_that_is_off_by_more_than_a_hundredth_is_unusual(
    worst: float, unusual: bool
) -> None:
    assert nudges._agrees(1, worst).unusual is unusual
    assert nudges._agrees(1, worst).says.startswith("1 weights were nudged")
    assert nudges._agrees(0, 0.0).says.startswith("There was nothing to nudge")


def own_parameters(
    moved: tuple[bool, ...], *made: Parameter, measured: Measurements = ILL
) -> dict[str, Fact]:
    import torch

    from whygrad.clinic.training import TrainingRun

    run = TrainingRun.__new__(TrainingRun)
    start = {one.name: torch.zeros(1) for one in made}
    now = {name: torch.full((1,), float(m)) for name, m in zip(start, moved, strict=True)}
    run.model = SimpleNamespace(named_parameters=lambda: now.items())  # type: ignore[assignment]
    run.doctor = SimpleNamespace(start=start)  # type: ignore[assignment]
    return facts("parameters", replace(measured, parameters=made), run=run)


def test_parameters_that_are_frozen_owned_and_moved_are_counted() -> None:
    first = WEIGHT
    second = replace(WEIGHT, name="2.weight", size=192, trainable=False)
    third = replace(WEIGHT, name="4.weight", size=64, owned=False)
    found = own_parameters((True, False, False), first, second, third)
    assert (
        "1 of 3 tensors are frozen (requires_grad is off): 60 %" in found["parameters.frozen"].says
    )
    assert "1 of 2 tensors that are to be trained belong" in found["parameters.owned"].says
    assert "1 of 2 tensors that are to be trained have moved" in found["parameters.moved"].says
    assert all(found[f"parameters.{key}"].unusual for key in ("frozen", "owned", "moved"))
    found = own_parameters((True,), first)
    assert not any(found[f"parameters.{key}"].unusual for key in ("frozen", "owned", "moved"))
    assert "0 of 0 tensors are frozen (requires_grad is off): 0 %" in (
        own_parameters(())["parameters.frozen"].says
    )
    healthy = own_parameters((True, False), first, second, measured=WELL)
    assert not healthy["parameters.frozen"].unusual


@pytest.mark.parametrize(
    ("sizes", "says", "unusual"),
    [
        ((0.8, 0.8), "3.2 to 3.2", True),
        ((0.75, 0.8), "3 to 3.2", False),
        ((0.01, 0.012, 0.5), "0.04 to 2", True),
        ((0.0125, 0.01), "0.04 to 0.05", False),
    ],
)
def test_first_weights_are_too_wide_or_too_narrow_in_two_layers(
    sizes: tuple[float, ...], says: str, unusual: bool
) -> None:
    made = [replace(WEIGHT, name=f"{n}.weight", start_rms=x) for n, x in enumerate(sizes)]
    one = own_parameters((True,) * len(made), *made)["parameters.gain"]
    assert says in one.says
    assert one.unusual is unusual


def test_units_that_began_alike_are_counted_but_for_the_last_layer() -> None:
    alike = replace(WEIGHT, same_rows=True)
    last = replace(alike, name="2.weight")
    one = own_parameters((True, True), alike, last)["parameters.alike"]
    assert "In 1 of 2 layers" in one.says
    assert one.unusual
    one = own_parameters((True, True), WEIGHT, last)["parameters.alike"]
    assert "In 0 of 2 layers" in one.says
    assert not one.unusual


def test_the_sizes_of_weights_are_drawn_layer_by_layer() -> None:
    made = [replace(WEIGHT, name=f"{n}.weight", rms=n / 2) for n in range(13)]
    (drawn,) = pictures("parameters", parameters(*made))
    assert (drawn.kind, drawn.labels[:2]) == ("line", ("1", "2"))
    assert [one.values[:3] for one in drawn.series] == [(0.25, 0.25, 0.25), (None, 0.5, 1.0)]
    (drawn,) = pictures("parameters", parameters(*made[:12]))
    assert drawn.kind == "bars"
    assert pictures("parameters", ILL) == []


def ill_of(*causes: str, root: Any = None) -> Any:
    return SimpleNamespace(case=SimpleNamespace(causes=causes), root=root)


def shown(unusual: bool, speaks: tuple[str, ...] | None, key: str = "k") -> Fact:
    return Fact(key, f"{key} was seen.", "None.", unusual, speaks)


DEAD, RATE, NOISE = "dead_relu", "learning_rate_too_high", "label_noise"


@pytest.mark.parametrize(
    ("causes", "said", "one", "verdict", "says"),
    [
        ((DEAD,), DEAD, shown(True, None), "symptom", "the complaint itself"),
        ((DEAD,), DEAD, shown(False, None), "silent", "learns what something simple can"),
        ((), "healthy", shown(False, None), "supports", "learns what something simple can"),
        ((DEAD,), DEAD, shown(False, (DEAD, RATE)), "against", "That is against your own answer."),
        ((DEAD,), NOISE, shown(False, (DEAD, RATE)), "silent", "speaks against dead relu or"),
        ((), "healthy", shown(False, (DEAD,)), "supports", "so it speaks against dead relu."),
        ((), DEAD, shown(False, (RATE,)), "silent", "so it speaks against"),
        ((DEAD,), "healthy", shown(False, (RATE,)), "silent", "so it speaks against"),
        ((DEAD,), DEAD, shown(True, (DEAD,)), "supports", "Nothing else in the list makes it so"),
        ((DEAD,), RATE, shown(True, (DEAD, RATE)), "supports", "would also be seen with learning"),
        ((RATE,), RATE, shown(True, (DEAD,)), "consequence", "speaks for dead relu, which follows"),
        ((NOISE,), NOISE, shown(True, (DEAD, RATE)), "silent", "dead relu and learning rate too"),
    ],
)
def test_what_a_fact_is_worth_as_evidence(
    causes: tuple[str, ...], said: str, one: Fact, verdict: str, says: str
) -> None:
    found, lines = judge._evidence(ill_of(*causes), said, one)
    assert found == verdict
    assert says in " ".join(lines)


def test_a_consequence_that_the_doctor_found_counts_as_one() -> None:
    root = SimpleNamespace(consequences=[SimpleNamespace(cause=NOISE)])
    found, _ = judge._evidence(ill_of(DEAD, root=root), DEAD, shown(True, (NOISE,)))
    assert found == "consequence"


def test_what_tells_a_cause_are_the_two_facts_that_speak_for_the_fewest(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen = [
        shown(True, (DEAD, RATE, NOISE), "a"),
        shown(True, (DEAD, RATE), "b"),
        shown(True, (DEAD,), "c"),
        shown(False, (DEAD,), "usual"),
        shown(True, (NOISE,), "other"),
        shown(True, None, "complaint"),
    ]
    monkeypatch.setattr(judge, "_quick", lambda _: {one.key: one for one in seen})
    assert [one.key for one in judge._telling(ill_of(DEAD))] == ["c", "b"]


def test_a_cause_is_ruled_out_by_usual_facts_that_speak_for_few(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    few, many = ("a", "b"), ("a", "b", "c")
    seen = [
        shown(False, (*many, DEAD), "vague"),
        shown(False, (*few, DEAD), "sharp"),
        shown(False, (DEAD,), "sharper"),
        shown(False, (DEAD, RATE), "third"),
        shown(True, (DEAD,), "unusual"),
        shown(False, (NOISE,), "other"),
    ]
    monkeypatch.setattr(judge, "_quick", lambda _: {one.key: one for one in seen})
    root = SimpleNamespace(rules_out={DEAD: "none is shut"})
    first, second, third, shows = judge._rules_out(ill_of(RATE), DEAD, root, ())
    assert first == "Not dead relu: none is shut."
    assert "sharper was seen." in second
    assert "third was seen." in third
    assert shows.startswith("What dead relu shows: ")
    seen[2:4] = []
    lines = list(judge._rules_out(ill_of(RATE), DEAD, None, (shown(False, (DEAD,), "given"),)))
    assert ["given" in lines[0], "sharp was" in lines[1], len(lines)] == [True, True, 3]


def test_causes_are_listed_in_words() -> None:
    assert judge._listed([DEAD]) == "dead relu"
    assert judge._listed([DEAD, NOISE]) == "dead relu and label noise"
    assert judge._listed([DEAD, NOISE, RATE], "or") == (
        "dead relu, label noise or learning rate too high"
    )


def test_a_set_up_is_treated_where_the_remedy_changes_it_and_nowhere_else() -> None:
    import torch
    from torch import nn

    from whygrad.clinic import data
    from whygrad.clinic.case import Setup
    from whygrad.clinic.treated import treated
    from whygrad.doctor.remedies.change import Change, RunRows, mends

    def plan(optimizer: Any, epochs: int) -> Any:
        return torch.optim.lr_scheduler.ConstantLR(optimizer)

    setup = Setup(
        data.xor,
        lambda: nn.Linear(2, 1),
        nn.MSELoss(),
        lambda parameters: torch.optim.SGD(parameters, lr=0.5),
        epochs=7,
        batch=4,
        slip="no_zero_grad",
        schedule=plan,
        clip=2.0,
    )

    def parts(change: Change) -> tuple[Any, ...]:
        new = treated(setup, change, 1)
        (group,) = new.optimizer(new.model().parameters()).param_groups
        return (new.batch, new.clip, new.epochs, new.schedule, new.slip, group["lr"])

    as_it_was = (4, 2.0, 7, plan, "no_zero_grad", 0.5)
    assert parts(Change()) == as_it_was
    assert parts(Change(batch=9)) == (9, *as_it_was[1:])
    assert parts(Change(clip=1.0)) == (4, 1.0, *as_it_was[2:])
    assert parts(mends("schedule")) == (*as_it_was[:3], None, "no_zero_grad", 0.5)
    assert parts(mends("no_zero_grad")) == (*as_it_was[:4], "", 0.5)
    assert parts(Change(rate=0.1)) == (*as_it_was[:5], 0.05)
    adam = treated(setup, Change(optimizer=torch.optim.Adam, settings={"eps": 1.0}), 1)
    (group,) = adam.optimizer(adam.model().parameters()).param_groups
    assert (group["eps"], group["lr"]) == (1.0, 0.001)
    assert isinstance(treated(setup, Change(model=nn.Sequential), 1).model(), nn.Sequential)

    def doubled(rows: RunRows) -> RunRows:
        assert rows.xv is not None
        return replace(rows, x=2 * rows.x, xv=3 * rows.xv)

    rows_of = treated(setup, Change(rows=doubled), 1).data(99)
    assert torch.equal(rows_of.x, 2 * data.xor(1).x)
    assert torch.equal(rows_of.xv, 3 * data.xor(1).xv)
    loss = treated(setup, Change(loss=lambda old, rows: (old, len(rows.x))), 1).loss
    assert loss == (setup.loss, 4)
    labels = Change(rows=lambda rows: replace(rows, y=rows.y.long()))
    rounded = replace(setup, metric="rounded")
    assert treated(rounded, labels, 1).metric == "accuracy"
    assert treated(rounded, Change(rows=doubled), 1).metric == "rounded"
    assert treated(setup, labels, 1).metric == setup.metric


def test_training_stops_after_the_epoch_whose_validation_loss_is_lowest(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from whygrad.clinic import treated

    class Run:
        def __init__(self, *_: Any, **__: Any) -> None:
            self.validation_losses = [float("nan"), 0.5, 0.25, 0.25, 0.75]

        def train(self) -> None:
            """As it went."""

    monkeypatch.setattr(treated, "TrainingRun", Run)
    assert treated._best_epoch(SimpleNamespace(), 1) == 3


def test_a_replay_must_do_clearly_better_than_a_plain_one() -> None:
    nothing = replace(ILL, scores=replace(POOR, train=0.0, baseline=0.0, reference_train=1.0))

    def unusual(**trials: float) -> bool:
        return facts("replay", replace(nothing, trials=trials))["replay.lr_up"].unusual

    assert not unusual(lr_up=0.5)
    assert unusual(lr_up=0.51)
    assert not unusual(lr_up=0.7, control=0.5)
    assert unusual(lr_up=0.71, control=0.5)
    assert not unusual(lr_up=0.6, control=0.5)


def test_of_a_backward_pass_by_hand_the_fault_is_told_where_there_is_one() -> None:
    from whygrad.clinic.examinations import numpy_case

    def told(*findings: tuple[str, str]) -> Fact:
        named = [SimpleNamespace(cause=cause, mechanism=says) for cause, says in findings]
        report = SimpleNamespace(findings=named)
        (one,) = numpy_case._nudges(_patient(report=report), SimpleNamespace())  # type: ignore[arg-type]
        return one

    wrong = told(("dead_relu", "it is dead."), ("wrong_backward", "b0's gradient is off."))
    assert (wrong.says, wrong.unusual) == ("B0's gradient is off.", True)
    right = told(("dead_relu", "it is dead."))
    assert right.says.startswith("Weights were nudged to either side: the loss moves at the rate")
    assert not right.unusual
