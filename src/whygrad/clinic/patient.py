"""A patient: one case, trained from a seed, with what its author would tell and no more.

Neither the seed nor anything shown says which case it is. Seeds that follow each other go
through all cases once, in an order that looks random, and then again on other rows.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from whygrad.clinic.case import Case, Story
from whygrad.clinic.cases import CASES
from whygrad.clinic.messages import ClinicCourse
from whygrad.clinic.numpy_case import NumpyRun, NumpySetup
from whygrad.clinic.program import listing
from whygrad.clinic.progress import Progress, ignore
from whygrad.clinic.training import TrainingRun, trained
from whygrad.doctor import Finding, Report
from whygrad.engine.random import permutation
from whygrad.errors import WhygradError

MOST_SEEDS = 1_000_000


@dataclass(frozen=True, eq=False)
class Patient:
    """A case that was trained, as the learner meets it, and what the doctor knows of it.

    Attributes:
        seed: which patient it is.
        case: what it is; the learner is not told before answering.
        seed_of_run: what rows, first weights and order come from.
        listing: the program that was trained.
        course: its losses and scores.
        run: what was trained; examinations ask it.
        report: the doctor's.
        examined: the examinations that were ordered, by name.
        measured: what took long to measure, for examinations that need it twice.
    """

    seed: int
    case: Case[Any]
    seed_of_run: int
    listing: str
    course: ClinicCourse
    run: TrainingRun | NumpyRun
    report: Report
    examined: dict[str, Any] = field(default_factory=dict[str, Any])
    measured: dict[str, Any] = field(default_factory=dict[str, Any])

    @property
    def story(self) -> Story:
        """What its author tells of the task and the rows."""
        return self.case.story

    @property
    def root(self) -> Finding | None:
        """The doctor's finding of a cause of the case, or else its first finding."""
        findings = self.report.findings
        right = [f for f in findings if f.cause in self.case.causes]
        return next(iter([*right, *findings]), None)


def patients() -> int:
    """Return how many seeds go through all cases once."""
    return len(CASES)


def case_of(seed: int) -> tuple[Case[Any], int]:
    """Return a patient's case, and the seed that it is trained with.

    Raises:
        WhygradError: there is no such seed.
    """
    if not 0 <= seed < MOST_SEEDS:
        raise WhygradError(f"a patient's seed is a whole number from 0 to {MOST_SEEDS - 1}")
    cases = tuple(CASES.values())
    lap, place = divmod(seed, len(cases))
    return cases[int(permutation(lap, "clinic", len(cases))[place])], lap


def admit(seed: int, progress: Progress = ignore) -> Patient:
    """Train a seed's case with the doctor beside it.

    Raises:
        WhygradError: there is no such seed.
    """
    case, seed_of_run = case_of(seed)
    setup = case.setup
    if isinstance(setup, NumpySetup):
        run = NumpyRun(setup, seed_of_run, progress)
        shown, report = run.listing(), run.report
        progress(1.0)
    else:
        run, report = trained(setup, seed_of_run, progress)
        shown = listing(setup, run.data, seed_of_run)
    return Patient(seed, case, seed_of_run, shown, run.course(), run, report)
