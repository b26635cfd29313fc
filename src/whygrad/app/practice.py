"""What the page asks of practice: exercises and how to grade them, homework and worksheets."""

from __future__ import annotations

from dataclasses import dataclass, replace

from whygrad.app.body import read_body
from whygrad.app.reply import Refused
from whygrad.app.traces import Files, SpecBody, started
from whygrad.practice import (
    Exercise,
    PastedLine,
    Posed,
    check_lines,
    exercise,
    from_id,
    posed,
    worksheet,
)
from whygrad.practice.exercise import MAX_SEED
from whygrad.whatif.tapes import MistakenTapes

MAX_TYPED = 20_000  # characters of the numbers of someone's homework
MAX_SHEET = 50  # exercises on a worksheet
MAX_BY_ADDRESS = 10  # exercises on a worksheet that an address alone gives


@dataclass(frozen=True)
class ExerciseBody:
    """Which exercise."""

    seed: int = 0
    feature: str | None = None
    kind: str = "next_number"
    fading: str = "solo"
    difficulty: int = 1


@dataclass(frozen=True)
class IdBody:
    """An exercise's id."""

    id: str


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


def pose(body: ExerciseBody) -> Posed:
    """Return an exercise with what is accepted for it: the page grades it."""
    return posed(make(body))


def mistakes(body: IdBody) -> MistakenTapes:
    """Return the mistakes that fit an exercise's tape."""
    return from_id(body.id).solution.mistaken_tapes()


def homework(body: HomeworkBody, kept: Files) -> list[PastedLine]:
    """Return what came of each line of someone's own work."""
    if len(body.lines) > MAX_TYPED:
        raise Refused(
            f"an answer may have {MAX_TYPED:,} characters; this one has {len(body.lines):,}"
        )
    return check_lines(started(body, kept).iteration.run, body.lines)


def sheet(body: SheetBody) -> str:
    """Return a worksheet to print, as HTML."""
    if not 1 <= body.count <= MAX_SHEET:
        raise Refused(f"a worksheet has from 1 to {MAX_SHEET} exercises, not {body.count}")
    seeds = ((body.seed + n) % MAX_SEED for n in range(body.count))
    return worksheet([make(replace(body, seed=seed)) for seed in seeds])


def asked_sheet(content: bytes) -> str:
    """Return the worksheet that JSON text asks for."""
    return sheet(read_body(content, SheetBody))
