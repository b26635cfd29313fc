"""How well a network does on a set of examples."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from whygrad.data import Dataset
from whygrad.engine.op import Array

REGRESSION_TOLERANCE = 0.1


@dataclass(frozen=True)
class Evaluation:
    """How a network does on a set of samples, with its parameters as they stand.

    Attributes:
        loss: the mean loss over the samples.
        outputs: shape (samples, outputs).
        solved: for each sample, whether the output is right: the right class, or for regression
            within ``REGRESSION_TOLERANCE`` of the targets' spread.
        accuracy: the share of samples solved.
    """

    loss: float
    outputs: Array
    solved: Array
    accuracy: float


def solved_samples(dataset: Dataset, outputs: Array, boundary: float = 0.5) -> Array:
    """Say which samples' ``outputs`` (samples, targets) are right; see ``Evaluation``.

    A yes-or-no output says yes above ``boundary`` (``spec.boundary``).
    """
    if dataset.task == "binary":
        return ((outputs > boundary) == (dataset.y > 0.5)).all(axis=1)
    if dataset.task == "classes":
        return outputs.argmax(axis=1) == dataset.y.argmax(axis=1)
    spread = np.maximum(np.ptp(dataset.y, axis=0), 1e-12)
    if len(dataset) == 1:
        spread = np.maximum(np.abs(dataset.y[0]), 1.0)
    return (np.abs(outputs - dataset.y) <= REGRESSION_TOLERANCE * spread).all(axis=1)
