"""What an examination shows: facts and pictures."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from whygrad.clinic.messages import ClinicFact, ClinicPicture, ClinicSeries, Numbers, finite
from whygrad.clinic.patient import Patient
from whygrad.clinic.training import TrainingRun
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

    @property
    def shown(self) -> ClinicFact:
        """What the learner may see of it."""
        return ClinicFact(self.key, self.says, self.usual)


@dataclass(frozen=True, slots=True)
class Examination:
    """What came of an examination."""

    key: str
    title: str
    facts: tuple[Fact, ...]
    pictures: tuple[ClinicPicture, ...]


Facts = Callable[[Patient, Measurements], Iterator[Fact]]
Pictures = Callable[[Patient, Measurements], Iterator[ClinicPicture]]


def run_of(patient: Patient) -> TrainingRun:
    """Return the run of a patient that was trained in PyTorch."""
    assert isinstance(patient.run, TrainingRun)
    return patient.run


def no_pictures(patient: Patient, measured: Measurements) -> Iterator[ClinicPicture]:
    """Draw nothing."""
    return iter(())


def picture(
    title: str,
    kind: str,
    labels: Sequence[str],
    series: Iterable[tuple[str, Numbers]],
    logarithmic: bool = False,
) -> ClinicPicture:
    """Return a picture of series of numbers, each with its name."""
    drawn = tuple(ClinicSeries(name, values) for name, values in series)
    return ClinicPicture(title, kind, tuple(labels), drawn, logarithmic)


def names(layers: Sequence[Layer]) -> tuple[str, ...]:
    """Return what layers are called: their place, and their op."""
    return tuple(f"{n + 1} {layer.op}" for n, layer in enumerate(layers))


def sizes(layers: Sequence[Layer], value: Callable[[Layer], float]) -> tuple[float | None, ...]:
    """Return sizes for a logarithmic axis, on which there is no 0."""
    return tuple(finite(value(layer)) or None for layer in layers)


def whole(finite: bool | None) -> str:
    """Say whether something is finite throughout."""
    return {True: "finite", False: "not finite", None: "not known"}[finite]
