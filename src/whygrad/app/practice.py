"""What the page asks of practice: exercises, grading, homework and worksheets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from whygrad.app.reply import Refused
from whygrad.app.traces import Files, SpecBody, started
from whygrad.practice import (
    Exercise,
    Line,
    Mark,
    check_lines,
    exercise,
    from_id,
    grade,
    worksheet,
)
from whygrad.practice.exercise import MAX_SEED

MAX_TYPED = 20_000  # characters of one answer, or of the numbers of someone's homework
MAX_SHEET = 50  # exercises on a worksheet


@dataclass(frozen=True)
class ExerciseBody:
    """Which exercise."""

    seed: int = 0
    feature: str | None = None
    kind: str = "next_number"
    fading: str = "solo"
    difficulty: int = 1


@dataclass(frozen=True)
class GradeBody:
    """An exercise's id, and what was typed, by the name of what was asked."""

    id: str
    answers: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class HomeworkBody(SpecBody):
    """A spec, and someone's own work on it: a name and a number in each line."""

    lines: str


@dataclass(frozen=True)
class SheetBody(ExerciseBody):
    """The exercise that a worksheet begins with, and how many there are; the seed counts up."""

    count: int = 4


def make(body: ExerciseBody) -> Exercise:
    """Return an exercise."""
    return exercise(
        body.seed,
        feature=body.feature,
        kind=body.kind,
        fading=body.fading,
        difficulty=body.difficulty,
    )


def marks(body: GradeBody) -> list[Mark]:
    """Return the marks of what was typed, in the order in which it was asked."""
    for text in body.answers.values():
        _check_length(text)
    return grade(from_id(body.id), body.answers)


def homework(body: HomeworkBody, kept: Files) -> list[Line]:
    """Return what came of each line of someone's own work."""
    _check_length(body.lines)
    return check_lines(started(body, kept).iteration.run, body.lines)


def sheet(body: SheetBody) -> str:
    """Return a worksheet to print, as HTML."""
    if not 1 <= body.count <= MAX_SHEET:
        raise Refused(f"a worksheet has from 1 to {MAX_SHEET} exercises, not {body.count}")
    seeds = ((body.seed + n) % MAX_SEED for n in range(body.count))
    return worksheet([make(replace(body, seed=seed)) for seed in seeds])


def _check_length(text: str) -> None:
    if len(text) > MAX_TYPED:
        raise Refused(f"an answer may have {MAX_TYPED:,} characters; this one has {len(text):,}")
