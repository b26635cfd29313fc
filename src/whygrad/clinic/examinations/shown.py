# pyright: basic
# PyTorch's own annotations are too loose for strict checking.
"""What an examination shows: facts and pictures."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from whygrad.clinic.patient import Patient, Watched
from whygrad.doctor.measurements import Layer, Measurements


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


Facts = Callable[[Patient, Measurements], Iterator[Fact]]
Pictures = Callable[[Patient, Measurements], Iterator[Picture]]


def run_of(patient: Patient) -> Watched:
    """Return the run of a patient that was trained in PyTorch."""
    assert isinstance(patient.run, Watched)
    return patient.run


def no_pictures(patient: Patient, chart: Measurements) -> Iterator[Picture]:
    """Draw nothing."""
    return iter(())


def names(layers: Sequence[Layer]) -> tuple[str, ...]:
    """Return what layers are called: their place, and their op."""
    return tuple(f"{n + 1} {layer.op}" for n, layer in enumerate(layers))


def sizes(layers: Sequence[Layer], value: Callable[[Layer], float]) -> tuple[float | None, ...]:
    """Return sizes for a logarithmic axis, on which there is no 0."""
    return tuple(finite(value(layer)) or None for layer in layers)


def finite(value: float | None) -> float | None:
    """Return a number that is finite, or None."""
    return value if value is not None and math.isfinite(value) else None


def whole(finite: bool | None) -> str:
    """Say whether something is finite throughout."""
    return {True: "finite", False: "not finite", None: "not known"}[finite]
