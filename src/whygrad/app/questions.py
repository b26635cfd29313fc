"""The page's questions, by name. The server answers them over HTTP, a notebook by messages.

``web/src/hosts/asked.ts`` has the same names.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from whygrad.app import practice, traces
from whygrad.app.clinic import JobQueue
from whygrad.clinic.choices import LEAVE
from whygrad.practice.exercise import topics

Payload = Mapping[str, Any]


@dataclass(frozen=True)
class PageQuestion:
    """A question whose answer is there at once.

    Attributes:
        answer: given the body, returns what ``wire`` sends.
        body: a dataclass; what does not fit it is refused. None where nothing is sent.
        with_files: whether it is given the files that the host keeps, too.
        at_once: says of a body whether its answer is quick and never changes, so that it is made
            without a worker and kept.
    """

    answer: Callable[..., Any]
    body: type[Any] | None = None
    with_files: bool = False
    at_once: Callable[[Any], bool] | None = None


@dataclass(frozen=True)
class ClinicQuestion:
    """A question to the clinic, which may answer "not yet".

    Attributes:
        answer: given the clinic and the body's fields, returns JSON text and a status: 202 for an
            answer that is not there yet.
        body: a dataclass; what does not fit it is refused.
    """

    answer: Callable[[JobQueue, Payload], tuple[bytes, int]]
    body: type[Any]


@dataclass(frozen=True)
class PatientBody:
    """A patient."""

    seed: int


@dataclass(frozen=True)
class ExamineBody(PatientBody):
    """An examination of a patient."""

    examination: str


@dataclass(frozen=True)
class DiagnosisBody(PatientBody):
    """A learner's answer: a cause, the facts that tell it, a remedy, and words of their own."""

    cause: str
    evidence: list[str] = field(default_factory=list[str])
    remedy: str = LEAVE
    words: str = ""


QUESTIONS: Mapping[str, PageQuestion] = {
    "presets": PageQuestion(traces.presets),
    "trace": PageQuestion(
        traces.trace, traces.TraceBody, with_files=True, at_once=traces.is_preset
    ),
    "mistakes": PageQuestion(traces.mistakes, traces.SpecBody, with_files=True),
    "csv": PageQuestion(traces.csv, traces.CsvBody),
    "practice": PageQuestion(topics),
    "exercise": PageQuestion(practice.pose, practice.ExerciseBody),
    "exercise/mistakes": PageQuestion(practice.mistakes, practice.IdBody),
    "homework": PageQuestion(practice.homework, practice.HomeworkBody, with_files=True),
}
"""All but "initial", the trace that a host opens on, and "clinic", what the clinic offers."""

CLINIC: Mapping[str, ClinicQuestion] = {
    "clinic/patient": ClinicQuestion(JobQueue.patient, PatientBody),
    "clinic/examine": ClinicQuestion(JobQueue.examine, ExamineBody),
    "clinic/grade": ClinicQuestion(JobQueue.grade, DiagnosisBody),
}
