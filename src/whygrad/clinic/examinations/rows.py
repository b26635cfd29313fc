"""Inputs, targets and the split of the rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import torch

from whygrad.clinic.examinations.shown import (
    Fact,
    Facts,
    Pictures,
    no_pictures,
    picture,
)
from whygrad.clinic.messages import ClinicPicture, Numbers
from whygrad.clinic.patient import Patient
from whygrad.doctor.derived import percent, sick
from whygrad.doctor.measurements import Measurements
from whygrad.doctor.rules import (
    class_imbalance,
    data_leakage,
    input_layout_scrambled,
    label_noise,
    train_val_preprocessing_mismatch,
    unnormalised_inputs,
)
from whygrad.doctor.torch_typed import counted, numbers
from whygrad.explain.display import number


def _input_facts(patient: Patient, measured: Measurements) -> Iterator[Fact]:
    f = measured.features
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
        large = not unnormalised_inputs.SMALL < f.largest < unnormalised_inputs.LARGE
        yield Fact(
            "inputs.size",
            f"The largest column has a size of {number(f.largest)} (|mean| + spread); spreads "
            f"differ by a factor of {number(f.ratio)}.",
            "Sizes near 1. Others need not do harm.",
            sick(measured, 0.15) and (large or f.ratio > unnormalised_inputs.UNLIKE),
            ("unnormalised_inputs",),
        )
    if f.shift is not None and f.stretch is not None:
        yield Fact(
            "inputs.shift",
            f"For the median column, validation's mean lies {number(f.shift)} training spreads "
            f"away, and its spread differs by a factor of {number(f.stretch)}.",
            "Near 0, and near 1.",
            f.shift >= train_val_preprocessing_mismatch.SHIFT
            or f.stretch >= train_val_preprocessing_mismatch.STRETCH,
            ("train_val_preprocessing_mismatch",),
        )
    look = measured.layout
    if look is not None:
        yield Fact(
            "inputs.layout",
            "Neighbouring pixels, as the first convolution sees them, share "
            f"{percent(max(look.as_seen, 0.0))} of their variance; the same numbers read channels "
            f"last, {percent(max(look.put_right, 0.0))}.",
            "As the convolution sees them they share most.",
            look.put_right - look.as_seen >= input_layout_scrambled.SMOOTHER,
            ("input_layout_scrambled",),
        )


def _input_pictures(patient: Patient, measured: Measurements) -> Iterator[ClinicPicture]:
    d = patient.run.data
    if d.x.ndim != 2 or d.x.shape[1] > 70:
        return
    series: list[tuple[str, Numbers]] = []
    for name, x in (("training rows", d.x), ("validation rows", d.xv)):
        sizes = [_column(x[:, n]) for n in range(x.shape[1])]
        series.append((name, tuple(size or None for size in sizes)))
    labels = tuple(str(n) for n in range(d.x.shape[1]))
    yield picture(
        "size of each column: |mean| + spread",
        "line" if len(labels) > 12 else "bars",
        labels,
        tuple(series),
        True,
    )


def _column(values: torch.Tensor) -> float:
    values = values[torch.isfinite(values)].double()
    return float(values.mean().abs() + values.std(correction=0)) if len(values) else 0.0


def _label_facts(patient: Patient, measured: Measurements) -> Iterator[Fact]:
    t, s = measured.targets, measured.scores
    if t is None or s is None:
        return
    if t.task != "numbers":
        if t.rarest is not None:
            few = t.rarest * (t.classes or 2) <= 2 * class_imbalance.RARE
            recall = "" if s.recall is None else (
                f"; of the class that is known worst, {percent(s.recall)} are recognised"
            )  # fmt: skip
            yield Fact(
                "labels.rarest",
                f"The rarest of {t.classes or 2} classes has {percent(t.rarest)} of the rows"
                f"{recall}.",
                "A rare class is no fault by itself, if it is recognised.",
                few and (s.recall or 0.0) <= class_imbalance.MISSED,
                ("class_imbalance",),
            )
        if s.neighbours_train is not None and s.neighbours_validation is not None:
            apart = s.neighbours_validation - s.neighbours_train
            of_both = 0.0 if measured.features is None else measured.features.shared or 0.0
            shared = of_both > data_leakage.SHARED
            own = s.within_validation
            within = "" if own is None else (
                f", and validation rows {percent(own)} of each other's"
            )  # fmt: skip
            astray = own is not None and own - s.neighbours_train > 0.35
            yield Fact(
                "labels.predicted",
                f"Nearest training rows predict {percent(s.neighbours_train)} of the labels of "
                f"training rows left out, and {percent(s.neighbours_validation)} of validation's"
                f"{within}.",
                "Much the same.",
                (apart >= label_noise.NOISE and not shared) or astray,
                ("label_noise", "labels_out_of_line"),
            )
    else:
        size = max(abs(t.low), abs(t.high))
        yield Fact(
            "labels.size",
            f"Targets go from {number(t.low)} to {number(t.high)}, with a spread of "
            f"{number(t.std)}.",
            "A size near 1.",
            sick(measured) and size > unnormalised_inputs.LARGE,
            ("unscaled_targets", "output_activation_range_mismatch", "learning_rate_too_high"),
        )
    regression = measured.loss_name in ("mse", "l1", "huber")
    classes = t.whole and t.classes is not None and t.task == "numbers" and 3 <= t.classes <= 50
    name = measured.loss_name.replace("_", " ") or "not one that was recognised"
    kind = {"classes": "one of several classes", "binary": "yes or no", "numbers": "numbers"}
    whole = f", all whole, {t.classes} different ones" if classes else ""
    yield Fact(
        "labels.loss",
        f"Targets are {kind[t.task]}{whole}; the loss is {name}.",
        "Cross-entropy for classes, BCE for yes or no, a distance for numbers.",
        regression and (classes or t.task == "binary") and t.low == 0,
        ("wrong_loss_for_task",),
    )


def _label_pictures(patient: Patient, measured: Measurements) -> Iterator[ClinicPicture]:
    d = patient.run.data
    values, counts = counted(d.y.flatten())
    if len(values) <= 12:
        _, judged = counted(torch.cat([d.yv.flatten(), values]))
        seen = set(numbers(d.yv.flatten())) <= set(numbers(values))
        series: list[tuple[str, Numbers]] = [
            ("training rows", tuple(float(n) / len(d.y) for n in counts))
        ]
        if seen:
            series.append(("validation rows", tuple(float(n - 1) / len(d.yv) for n in judged)))
        yield picture(
            "fraction of the rows", "bars", tuple(number(float(v)) for v in values), tuple(series)
        )


def _split_facts(patient: Patient, measured: Measurements) -> Iterator[Fact]:
    f = measured.features
    if f is not None and f.shared is not None:
        yield Fact(
            "split.shared",
            f"{percent(f.shared)} of the validation rows are training rows too; "
            f"{percent(f.copies)} of the training rows occur more than once.",
            "None, or almost none. Four points that are all there is were not drawn from more.",
            f.shared > data_leakage.SHARED and f.columns > 1 and f.rows > 8,
            ("data_leakage",),
        )
    if measured.leaky_column is not None and measured.scores is not None:
        column, alone, without = measured.leaky_column
        base = measured.scores.baseline
        tells = alone >= data_leakage.TELLS and alone - base >= 0.1
        yield Fact(
            "split.telling",
            f"Column {column} alone predicts {percent(alone)} of the labels; all others together, "
            f"{percent(without)}.",
            "In an easy task a column may tell much, but then others tell something too.",
            tells and (without - base) / (alone - base) <= data_leakage.REST,
            ("data_leakage",),
        )


SHOWS: Mapping[str, tuple[Facts, Pictures]] = {
    "inputs": (_input_facts, _input_pictures),
    "labels": (_label_facts, _label_pictures),
    "split": (_split_facts, no_pictures),
}
