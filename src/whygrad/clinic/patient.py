# pyright: basic
# PyTorch's own annotations are too loose for strict checking.
"""A patient: one case, trained from a seed, with what its author would tell and no more.

Neither the seed nor anything told says what the case is. Seeds that follow each other go through
all cases once, in an order that looks random, and then through all of them again on other rows.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import torch

from whygrad.clinic.cases import Case, Setup, faults, healthy
from whygrad.clinic.hand import HandCase, HandRun, hand_cases
from whygrad.clinic.listing import listing, score_name
from whygrad.clinic.stories import STORIES, Story
from whygrad.clinic.train import Run
from whygrad.doctor import Report
from whygrad.engine.random import permutation
from whygrad.errors import WhygradError

MOST_SEEDS = 1_000_000

Tell = Callable[[float], None]


def quiet(share: float) -> None:
    """Tell nobody."""


@dataclass(frozen=True)
class Course:
    """What a run's author sees of it.

    Attributes:
        losses: (iteration, mean training loss since the one before), while it is finite.
        epochs: the last iteration of each epoch.
        validation: the loss on validation rows after each epoch, as the author judges it.
        scores: accuracy or R² on validation rows after each epoch.
        broke: the first iteration whose loss is not finite.
    """

    losses: tuple[tuple[int, float], ...]
    epochs: tuple[int, ...]
    validation: tuple[float, ...]
    scores: tuple[float, ...]
    broke: int | None

    @property
    def score(self) -> float:
        """The last score."""
        return self.scores[-1]


class Watched(Run):
    """A run with a doctor, whose course is written down."""

    def __init__(self, setup: Setup, seed: int, tell: Tell = quiet) -> None:
        super().__init__(setup, seed, watched=True)
        self.tell = tell
        self.scores: list[float] = []
        self.ends: list[int] = []

    def judge(self) -> None:
        """Judge, and say how far the run has come."""
        super().judge()
        assert self.doctor is not None
        self.scores.append(self.judged)
        self.ends.append(self.doctor.iterations)
        self.tell(len(self.scores) / self.setup.epochs)

    def course(self) -> Course:
        """Return what was seen of it."""
        assert self.doctor is not None
        return Course(
            tuple(self.doctor.losses),
            tuple(self.ends),
            tuple(self.doctor.validation_losses),
            tuple(self.scores),
            None if self.doctor.broke is None else self.doctor.broke.step,
        )


@dataclass(frozen=True, eq=False)
class Patient:
    """One case as the learner meets it, and what the doctor knows of it.

    Attributes:
        listing: the program that was trained.
        course: its losses and scores.
        case: what it is; the learner is not told before answering.
        seed_of_run: what rows, first weights and order come from.
        report: the doctor's.
        run: what was trained; examinations ask it.
        examined: the examinations that were ordered, by name.
        measured: what took long to measure, for those that need it twice.
    """

    seed: int
    story: Story
    score_name: str
    listing: str
    course: Course
    case: Case | HandCase
    seed_of_run: int
    report: Report
    run: Watched | HandRun
    examined: dict[str, Any] = field(default_factory=dict)
    measured: dict[str, Any] = field(default_factory=dict)


@cache
def _cases() -> tuple[Case | HandCase, ...]:
    return (*faults(), *healthy(), *hand_cases())


def patients() -> int:
    """Return how many seeds go through all cases once."""
    return len(_cases())


def case_of(seed: int) -> tuple[Case | HandCase, int]:
    """Return a seed's case, and the seed that it is trained with.

    Raises:
        WhygradError: there is no such seed.
    """
    if not 0 <= seed < MOST_SEEDS:
        raise WhygradError(f"a patient's seed is a whole number from 0 to {MOST_SEEDS - 1}")
    cases = _cases()
    lap, place = divmod(seed, len(cases))
    return cases[permutation(lap, "clinic", len(cases))[place]], lap


def admit(seed: int, tell: Tell = quiet) -> Patient:
    """Train a seed's case with the doctor beside it; `tell` hears the share that is done."""
    case, seed_of_run = case_of(seed)
    if isinstance(case, HandCase):
        by_hand = HandRun(case, case.slip, seed_of_run, tell)
        tell(1.0)
        return Patient(
            seed,
            STORIES[case.name],
            "accuracy",
            by_hand.listing(),
            hand_course(by_hand),
            case,
            seed_of_run,
            by_hand.report,
            by_hand,
        )
    run, report = trained(case.faulty, seed_of_run, tell)
    return Patient(
        seed,
        STORIES[case.name],
        score_name(case.faulty),
        listing(case.faulty, run.data, seed_of_run),
        run.course(),
        case,
        seed_of_run,
        report,
        run,
    )


def hand_course(run: HandRun) -> Course:
    """Return what the author of a program in plain NumPy sees of it."""
    finite = ((at, loss) for at, loss in run.losses if math.isfinite(loss))
    return Course(tuple(finite), tuple(run.epochs), tuple(run.validation), tuple(run.scores), None)


def trained(setup: Setup, seed: int, tell: Tell = quiet) -> tuple[Watched, Report]:
    """Train a setup, and have the doctor's report on it."""
    with one_thread():
        run = Watched(setup, seed, lambda share: tell(0.7 * share))
        assert run.doctor is not None
        with run.doctor:
            run.play()
            report = run.doctor.report()
    tell(1.0)
    return run, report


@contextmanager
def one_thread() -> Iterator[None]:
    """Sums do not depend on the number of processors then, and small networks are faster."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)
