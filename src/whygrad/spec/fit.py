"""Fitting output, loss and data to each other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

from whygrad.data.csv_file import MAX_BYTES as MAX_CSV_BYTES
from whygrad.data.csv_file import parse_csv
from whygrad.data.dataset import Dataset, Task, from_arrays, split, standardise
from whygrad.data.synthetic import LOADERS
from whygrad.errors import DataError, unknown
from whygrad.files import read_limited
from whygrad.nn.registry import LOSS_OF, Loss
from whygrad.spec.model import ON_LOGITS, LossSpec, Spec
from whygrad.spec.section import Place, count

_TASK_OUTPUT: Mapping[Task, str] = {
    "regression": "linear",
    "binary": "sigmoid",
    "classes": "softmax",
}


def resolve(spec: Spec, *, files: Mapping[str, bytes] | None = None) -> tuple[Spec, Dataset | None]:
    """The spec with output and loss filled in, and its data; no data (None) for a formula.

    The output defaults to what the loss needs, or else to what the data asks for (linear for
    regression, sigmoid for a binary target, softmax for classes); the loss to what fits the
    output (bce for sigmoid where targets are between 0 and 1, cross_entropy for softmax, else
    mse). `files` maps the names of uploaded CSV files to their content: where it is given,
    nothing is read from disk.

    Raises SpecError where layers, batch, output or loss do not fit the data or each other, and
    DataError where the data cannot be read.
    """
    if spec.network is None:
        return spec, None
    place = Place(spec.source, spec.lines)
    dataset = _dataset(spec, files, place)
    layers = spec.network.layers
    if layers[0] != dataset.features:
        hint = ""
        if spec.data.x is not None and dataset.x.shape == (layers[0], 1):
            row = ", ".join(f"{value:g}" for value in dataset.x[:, 0])
            hint = f". For one example of {layers[0]} features write x = [[{row}]]"
        raise place.fault(
            "network",
            "layers",
            f"the first layer takes {count(layers[0], 'number')}, but {dataset.name} has "
            f"{count(dataset.features, 'feature')} ({', '.join(dataset.feature_names[:20])})"
            + (hint or f"; write layers = [{dataset.features}, ...]"),
        )
    if layers[-1] != dataset.targets:
        raise place.fault(
            "network",
            "layers",
            f"the last layer gives {count(layers[-1], 'number')}, but {dataset.name} has "
            f"{count(dataset.targets, 'target')} ({', '.join(dataset.target_names[:20])}); "
            f"write layers = [..., {dataset.targets}]",
        )
    if isinstance(spec.data.batch, int) and spec.data.batch > len(dataset):
        raise place.fault(
            "data",
            "batch",
            f"a batch of {spec.data.batch}, but {dataset.name} has "
            f'{count(len(dataset), "example")}; write at most {len(dataset)}, or "all"',
        )
    loss = spec.loss.name
    output = spec.network.output or _usual_output(loss) or _TASK_OUTPUT[dataset.task]
    loss = loss or _default_loss(output, dataset)
    check_pair(place, output, loss, layers[-1])
    _check_targets(place, loss, dataset)
    network = replace(spec.network, output=output)
    return replace(spec, network=network, loss=LossSpec(loss)), dataset


def boundary(spec: Spec) -> float:
    """The output from which on a yes-or-no network says yes: 0 for scores, 0.5 for the rest."""
    return 0.0 if _takes(spec.loss.name) in ("logit", "score") else 0.5


LONE_SOFTMAX = (
    "the softmax of a single number is always 1; write sigmoid for one yes-or-no output, "
    "or one output per class"
)


def check_pair(place: Place, output: str, loss: str, width: int) -> None:
    """Raise SpecError for an output and a loss that do not go together."""
    if output == "softmax" and width == 1:
        raise place.fault("network", "output", LONE_SOFTMAX)
    if not _fits(LOSS_OF[loss], output):
        others = [name for name, row in LOSS_OF.items() if row.common and _fits(row, output)]
        raise place.fault(
            "loss",
            "name",
            f"{loss} does not go with output = {output!r}: {LOSS_OF[loss].why}. "
            f"With {output} use {' or '.join(reversed(others))}",
        )
    if loss in ON_LOGITS and width == 1:
        raise place.fault(
            "loss",
            "name",
            f"{loss} compares classes, one output each, and there is one output; "
            "for one yes-or-no output use bce",
        )


def _fits(loss: Loss, output: str) -> bool:
    return not loss.outputs or output in loss.outputs


def _takes(loss: str) -> str:
    return LOSS_OF[loss].takes if loss else ""


def _usual_output(loss: str) -> str:
    return next(iter(LOSS_OF[loss].outputs), "") if loss else ""


def _default_loss(output: str, dataset: Dataset) -> str:
    between = bool(((dataset.y >= 0) & (dataset.y <= 1)).all())
    for name, row in LOSS_OF.items():
        if row.default_for == output and (between or row.takes != "probabilities"):
            return name
    return "mse"


def _check_targets(place: Place, loss: str, dataset: Dataset) -> None:
    y = dataset.y
    takes = _takes(loss)
    if takes == "amounts":
        return
    if takes == "score":
        outside = np.argwhere((y != 0) & (y != 1))
        wanted = "targets of 0 (no) and 1 (yes), which it counts as -1 and 1"
    else:
        outside = np.argwhere((y < 0) | (y > 1))
        wanted = "targets between 0 and 1"
    if len(outside):
        row, column = (int(i) for i in outside[0])
        raise place.fault(
            "loss",
            "name",
            f"{loss} needs {wanted}; {dataset.name} has "
            f"{y[row, column]:g} for {dataset.target_names[column]} of example {row + 1}. "
            "For amounts use mse",
        )
    sums = y.sum(axis=1)
    wrong = np.flatnonzero(np.abs(sums - 1) > 1e-9)
    if loss in ON_LOGITS and len(wrong):
        row = int(wrong[0])
        raise place.fault(
            "loss",
            "name",
            f"{loss} needs targets that sum to 1, such as a single 1 for the right class; those of "
            f"example {row + 1} of {dataset.name} sum to {sums[row]:g}",
        )


def _dataset(spec: Spec, files: Mapping[str, bytes] | None, place: Place) -> Dataset:
    data = spec.data
    if data.name:
        dataset = LOADERS[data.name].make(seed=data.seed, **data.options)
    elif data.csv:
        dataset = _csv_dataset(spec, files, place)
    else:
        assert data.x is not None
        assert data.y is not None
        try:
            dataset = from_arrays("the data", data.x, data.y, task=data.task)
        except DataError as fault:
            raise place.fault("data", "task", fault.message) from None
    if data.validation:
        if dataset.evaluation is not None:
            raise place.fault(
                "data", "validation", f"{dataset.name} has examples for evaluation; leave this out"
            )
        try:
            training, apart = split(dataset, data.validation, data.seed)
        except DataError as fault:
            raise place.fault("data", "validation", fault.message) from None
        dataset = replace(training, evaluation=apart)
    return standardise(dataset) if data.standardise else dataset


def _csv_dataset(spec: Spec, files: Mapping[str, bytes] | None, place: Place) -> Dataset:
    data = spec.data
    if files is None:
        where = Path(spec.folder or ".") / data.csv
        content, source, name = (
            read_limited(where, MAX_CSV_BYTES, "a CSV file"),
            where.name,
            where.stem,
        )
    elif data.csv in files:
        content, source, name = files[data.csv], data.csv, Path(data.csv).stem
    else:
        raise place.fault("data", "csv", unknown("file", data.csv, files))
    return parse_csv(
        content,
        source=source,
        name=name,
        target=data.target,
        features=data.features or None,
        task=data.task,
        advise=not data.standardise,
    )
