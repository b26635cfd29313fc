"""What training came to: how well it does, what stayed unsolved, and why if that shows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from whygrad.data import Dataset
from whygrad.engine.notation import symbol
from whygrad.training.evaluation import Evaluation
from whygrad.training.start import Training


@dataclass(frozen=True)
class Unsolved:
    """A sample the network gets wrong: its place in the dataset, from 0, and its numbers."""

    sample: int
    x: list[float]
    target: list[float]
    output: list[float]


@dataclass(frozen=True)
class DeadUnits:
    """Units of a ReLU layer whose z is at most 0 on every sample, so no gradient reaches them.

    Attributes:
        z: what the layer's input is called.
        units: which ones, from 0.
        of: how many units the layer has.
    """

    z: str
    units: list[int]
    of: int

    def __str__(self) -> str:
        """Say it in a sentence."""
        one = len(self.units) == 1
        units = f"{len(self.units)} of {self.of} hidden units {'is' if one else 'are'} dead"
        why = f"{'its' if one else 'their'} {symbol(self.z)} is ≤ 0 on all examples"
        return f"{units}: {why}, so no gradient reaches {'it' if one else 'them'}"


@dataclass(frozen=True)
class Outcome:
    """How a network does, judged on ``judged`` (the data kept for evaluation, if there is any)."""

    judged: Dataset
    evaluation: Evaluation
    unsolved: list[Unsolved]
    dead: list[DeadUnits]

    @property
    def is_well(self) -> bool:
        """Whether all is right, and no layer is dead as a whole."""
        return not self.unsolved and all(len(dead.units) < dead.of for dead in self.dead)


def outcome(training: Training) -> Outcome | None:
    """Judge a training as it stands; None for a formula, which has no data to be judged on."""
    if training.dataset is None:
        return None
    judged = training.dataset.evaluation or training.dataset
    evaluation = training.evaluate(judged)
    assert evaluation is not None
    unsolved = [
        Unsolved(
            int(n),
            judged.x[n].tolist(),
            judged.y[n].tolist(),
            evaluation.outputs[n].tolist(),
        )
        for n in np.flatnonzero(~evaluation.solved)
    ]
    return Outcome(judged, evaluation, unsolved, dead_units(training, training.dataset))


def dead_units(training: Training, dataset: Dataset) -> list[DeadUnits]:
    """Return the units that are off for every sample, by layer; layers without any are left out."""
    run = training.forward(dataset)
    found: list[DeadUnits] = []
    for step in run.tape.steps:
        if step.op == "relu" and step.phase == "forward":
            off = (run.arrays[step.inputs[0]] <= 0).reshape(len(dataset), -1).all(axis=0)
            if off.any():
                name = run.tape.label(step.inputs[0])
                found.append(DeadUnits(name, np.flatnonzero(off).tolist(), off.size))
    return found
