"""A case: one row with all that is known of a training run before it is trained."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any, Generic, Literal, TypeVar, get_args

import torch
from torch import nn

from whygrad.clinic.data import Make
from whygrad.clinic.numpy_case import NumpySetup
from whygrad.clinic.program import SLIPS
from whygrad.doctor.rules import CAUSES
from whygrad.errors import WhygradError, unknown

Family = Literal[
    "activation", "backward", "capacity", "data", "generalisation", "gradient_flow", "healthy",
    "initialisation", "leakage", "loop", "loss_pairing", "mode", "optimisation", "tensor_shape",
]  # fmt: skip
Metric = Literal["accuracy", "rounded", "r2"]
S = TypeVar("S", "Setup", NumpySetup)


@dataclass(frozen=True, slots=True)
class Story:
    """What the author of a run tells: the task in a sentence, and what a row is."""

    task: str
    rows: str


@dataclass(frozen=True)
class Setup:
    """A training run in PyTorch, as its author wrote it.

    Attributes:
        data: makes the rows, from a seed.
        model: makes the network; a ``ModelSource`` where it is to be shown.
        loss: of outputs and targets.
        optimizer: makes the optimizer, of parameters.
        epochs: how often all training rows are gone through.
        batch: rows per update.
        metric: the score on validation rows; ``rounded`` is the accuracy of rounded outputs.
        slip: what the author got wrong in the loop, from ``program.SLIPS``; "" for nothing.
        schedule: makes a schedule of the learning rate, of the optimizer and the epochs.
        clip: the norm at which gradients are clipped.

    Raises:
        WhygradError: there is no such slip.
    """

    data: Make
    model: Callable[[], nn.Module]
    loss: Callable[..., torch.Tensor]
    optimizer: Callable[..., torch.optim.Optimizer]
    epochs: int
    batch: int = 32
    metric: Metric = "accuracy"
    slip: str = ""
    schedule: Callable[[Any, int], Any] | None = None
    clip: float | None = None

    def __post_init__(self) -> None:
        if self.slip not in SLIPS:
            raise WhygradError(unknown("slip", self.slip, SLIPS))


@dataclass(frozen=True)
class Case(Generic[S]):
    """A run to examine: faulty with the causes that are right to name, or healthy with none.

    Attributes:
        name: a stable name, from which nothing may be told to a learner.
        family: faults of one kind; the benchmark reports some families apart.
        causes: the causes that are right to name, the root first; none for a healthy run.
        story: what its author tells.
        setup: how it is trained.
        repair: the fields of the set-up that are others in the repaired run.

    Raises:
        WhygradError: the row is not complete, or names what there is not.
    """

    name: str
    family: Family
    causes: tuple[str, ...]
    story: Story
    setup: S
    repair: Mapping[str, Any] = field(default_factory=dict[str, Any])

    def __post_init__(self) -> None:
        fault = self._fault()
        if fault:
            raise WhygradError(f"case {self.name!r} is refused: {fault}")

    def _fault(self) -> str:
        if self.family not in get_args(Family):
            return unknown("family", self.family, get_args(Family))
        for cause in self.causes:
            if cause not in CAUSES:
                return unknown("cause", cause, CAUSES)
        healthy = self.family == "healthy"
        if healthy == bool(self.causes) or healthy == bool(self.repair):
            return "a healthy run has neither causes nor a repair, any other has both"
        if not (self.story.task and self.story.rows):
            return "its story says nothing"
        parts = [part.name for part in fields(self.setup)]
        for part in self.repair:
            if part not in parts:
                return unknown("part of a set-up", part, parts)
        return ""

    @property
    def repaired(self) -> S | None:
        """The repaired run, of a faulty one."""
        return replace(self.setup, **self.repair) if self.repair else None
