"""What a learner is shown, as plain data; nothing here needs PyTorch.

Numbers that are not finite are None.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


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

    causes: list[ClinicChoice]
    remedies: list[ClinicChoice]
    examinations: list[ClinicOffer]
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

    at: list[int]
    losses: list[float | None]
    epochs: list[int]
    validation: list[float | None]
    scores: list[float | None]
    broke: int | None


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
    values: list[float | None]


@dataclass(frozen=True)
class ClinicPicture:
    """Numbers to look at: ``bars`` or a ``line`` for each series, over the labels."""

    title: str
    kind: str
    labels: list[str]
    series: list[ClinicSeries]
    logarithmic: bool


@dataclass(frozen=True)
class ExaminationMessage:
    """What came of an examination."""

    key: str
    title: str
    facts: list[ClinicFact]
    pictures: list[ClinicPicture]


@dataclass(frozen=True)
class ClinicJudged:
    """A part of an answer, and what is to be said of it."""

    what: str
    verdict: str
    says: list[str]


@dataclass(frozen=True)
class ClinicMade:
    """A remedy that was made to the run; ``finds`` is the doctor's verdict on that run."""

    course: ClinicCourse
    finds: str
    predictions: list[str]


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
    not_these: list[list[str]]
    remedies: list[ClinicRemedy]
    masks: list[str]
    under: list[list[str]]
    links: list[str]


@dataclass(frozen=True)
class GradeMessage:
    """What is said of an answer.

    Attributes:
        truth: the causes that are right to name; none for a healthy run.
        telling: facts that tell this cause best, whether they were seen or not.
        made: how the run goes with the remedy.
        verdict: the doctor's, in a sentence.
        words: what the learner wrote.
    """

    truth: list[str]
    cause: ClinicJudged
    evidence: list[ClinicJudged]
    telling: list[ClinicFact]
    remedy: ClinicJudged
    made: ClinicMade | None
    verdict: str
    findings: list[ClinicFinding]
    words: str


@dataclass(frozen=True)
class ClinicWait:
    """It is not done yet: what is being done, and which share of it is."""

    doing: str
    done: float


MESSAGES: tuple[type[Any], ...] = (
    ClinicInfo,
    PatientMessage,
    ExaminationMessage,
    GradeMessage,
    ClinicWait,
)
