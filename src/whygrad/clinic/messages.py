"""What a learner is shown, as plain data; nothing here needs PyTorch.

Numbers that are not finite are None.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

Numbers = tuple[float | None, ...]


def finite(value: float | None) -> float | None:
    """Return a number that is finite, or None."""
    return value if value is not None and math.isfinite(value) else None


def numbers(values: Iterable[float | None]) -> Numbers:
    """Return numbers, with None for those that are not finite."""
    return tuple(map(finite, values))


@dataclass(frozen=True)
class ClinicChoice:
    """A cause or a remedy that can be named; remedies stand in groups."""

    key: str
    says: str
    group: str


@dataclass(frozen=True)
class ClinicOffer:
    """An examination that can be ordered: the question it answers, and what is done for it."""

    key: str
    title: str
    asks: str
    does: str


@dataclass(frozen=True)
class ClinicInfo:
    """What can be chosen from; the same for every patient.

    Attributes:
        missing: what must be installed before a run can be trained; empty where nothing is missing.
    """

    causes: tuple[ClinicChoice, ...]
    remedies: tuple[ClinicChoice, ...]
    examinations: tuple[ClinicOffer, ...]
    missing: str


@dataclass(frozen=True)
class ClinicCourse:
    """How a run goes, as its author sees it.

    Attributes:
        at: the iterations of the training losses.
        losses: mean training loss since the iteration before.
        epochs: the last iteration of each epoch.
        validation: the loss on validation rows after each epoch.
        scores: accuracy or R² on validation rows after each epoch.
        broke: the first iteration whose loss is not finite.
    """

    at: tuple[int, ...]
    losses: Numbers
    epochs: tuple[int, ...]
    validation: Numbers
    scores: Numbers
    broke: int | None

    @property
    def score(self) -> float:
        """The last score; not a number, where it is not finite."""
        last = self.scores[-1]
        return math.nan if last is None else last


@dataclass(frozen=True)
class PatientMessage:
    """What the author of a run tells.

    Attributes:
        patients: seeds below this are every case once, in no order.
        score: what the scores are called.
        listing: the program that was trained.
    """

    seed: int
    patients: int
    task: str
    rows: str
    score: str
    listing: str
    course: ClinicCourse


@dataclass(frozen=True)
class ClinicFact:
    """One thing that an examination shows, and what is usual."""

    key: str
    says: str
    usual: str


@dataclass(frozen=True)
class ClinicSeries:
    """One row of marks of a picture."""

    name: str
    values: Numbers


@dataclass(frozen=True)
class ClinicPicture:
    """Numbers to look at: ``bars`` or a ``line`` for each series, over the labels.

    Attributes:
        logarithmic: whether sizes are to be compared by their order.
    """

    title: str
    kind: str
    labels: tuple[str, ...]
    series: tuple[ClinicSeries, ...]
    logarithmic: bool = False


@dataclass(frozen=True)
class ExaminationMessage:
    """What came of an examination."""

    key: str
    title: str
    facts: tuple[ClinicFact, ...]
    pictures: tuple[ClinicPicture, ...]


@dataclass(frozen=True)
class ClinicJudged:
    """A part of an answer, and what is to be said of it."""

    what: str
    verdict: str
    says: tuple[str, ...]


@dataclass(frozen=True)
class ClinicMade:
    """A remedy that was made to the run; ``finds`` is the doctor's verdict on that run."""

    course: ClinicCourse
    finds: str
    predictions: tuple[str, ...]


@dataclass(frozen=True)
class ClinicRemedy:
    """A remedy of the doctor's, what it acts on and what it predicts."""

    name: str
    why: str
    predicts: str


@dataclass(frozen=True)
class ClinicFinding:
    """A finding of the doctor's; of ``under``, each follows from it.

    Attributes:
        not_these: causes that look similar, and why it is none of them.
    """

    cause: str
    where: str
    mechanism: str
    not_these: tuple[tuple[str, str], ...]
    remedies: tuple[ClinicRemedy, ...]
    masks: tuple[str, ...]
    under: tuple[tuple[str, str], ...]
    links: tuple[str, ...]


@dataclass(frozen=True)
class GradeMessage:
    """What is said of an answer.

    Attributes:
        truth: the causes that are right to name; none for a healthy run.
        telling: the facts that point to this cause best, whether they were seen or not.
        made: how the run goes with the remedy.
        verdict: the doctor's, in a sentence.
        words: what the learner wrote.
    """

    truth: tuple[str, ...]
    cause: ClinicJudged
    evidence: tuple[ClinicJudged, ...]
    telling: tuple[ClinicFact, ...]
    remedy: ClinicJudged
    made: ClinicMade | None
    verdict: str
    findings: tuple[ClinicFinding, ...]
    words: str


@dataclass(frozen=True)
class ClinicWait:
    """An answer is not there yet: what is being done, and the share of it that is done."""

    doing: str
    done: float


MESSAGES: tuple[type[Any], ...] = (
    ClinicInfo,
    PatientMessage,
    ExaminationMessage,
    GradeMessage,
    ClinicWait,
)
