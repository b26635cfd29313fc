"""What the page asks of practice: exercises, grading, homework and worksheets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from whygrad.app.reply import Refused, coded
from whygrad.practice import (
    Exercise,
    check_lines,
    exercise,
    from_id,
    grade,
    worksheet,
)
from whygrad.practice.exercise import MAX_SEED
from whygrad.training.start import Training
from whygrad.wire.messages import exercise_message, line_message, mark_message, practice_info

NAMES = ("feature", "kind", "fading")
EXERCISE_KEYS = ("seed", *NAMES, "difficulty")
MAX_TYPED = 20_000  # characters of one answer, or of the numbers of someone's homework
MAX_SHEET = 50  # exercises on a worksheet


def choices() -> bytes:
    """Answer with what exercises there are."""
    return coded(practice_info())


def made(asked: Mapping[str, Any]) -> bytes:
    """Answer with an exercise."""
    return coded(exercise_message(_exercise(asked)))


def graded(asked: Mapping[str, Any]) -> bytes:
    """Answer with the marks of what was typed, in the order in which it was asked."""
    id_, answers = asked.get("id"), asked.get("answers")
    if not isinstance(id_, str) or not isinstance(answers, dict):
        raise Refused('say "id" (of an exercise) and "answers" (what was typed, by name)')
    typed = {name: _typed(text) for name, text in cast("dict[str, Any]", answers).items()}
    found = grade(from_id(id_), typed)
    return coded([mark_message(mark) for mark in found])


def checked(training: Training, lines: Any) -> bytes:
    """Answer with what came of each line of someone's own work."""
    found = check_lines(training.iteration.run, _typed(lines))
    return coded([line_message(line) for line in found])


def sheet(asked: Mapping[str, str]) -> str:
    """Return a worksheet to print."""
    for key in asked:
        if key not in (*EXERCISE_KEYS, "count"):
            raise Refused(
                f"a worksheet has no {key[:40]!r}; it has {', '.join(EXERCISE_KEYS)}, count"
            )
    count = _whole("count", asked.get("count", "4"))
    if not 1 <= count <= MAX_SHEET:
        raise Refused(f"a worksheet has from 1 to {MAX_SHEET} exercises, not {count}")
    numbers = {
        "seed": _whole("seed", asked.get("seed", "0")),
        "difficulty": _whole("difficulty", asked.get("difficulty", "1")),
    }
    names = {key: asked[key] for key in NAMES if key in asked}
    seeds = ((numbers["seed"] + n) % MAX_SEED for n in range(count))
    return worksheet([_exercise({**names, **numbers, "seed": seed}) for seed in seeds])


def _exercise(asked: Mapping[str, Any]) -> Exercise:
    numbers = {"seed": asked.get("seed", 0), "difficulty": asked.get("difficulty", 1)}
    for name, number in numbers.items():
        if not isinstance(number, int) or isinstance(number, bool):
            raise Refused(f'"{name}" must be a whole number')
    names = {key: asked[key] for key in NAMES if key in asked}
    if not all(isinstance(name, str) for name in names.values()):
        raise Refused(f"{', '.join(NAMES)} must be texts")
    return exercise(**numbers, **names)


def _whole(name: str, text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 10):
        raise Refused(f"the {name} is {text[:40]!r}; it must be a whole number")
    return int(text)


def _typed(text: Any) -> str:
    if not isinstance(text, str):
        raise Refused("what was typed must be sent as texts")
    if len(text) > MAX_TYPED:
        raise Refused(f"an answer may have {MAX_TYPED:,} characters; this one has {len(text):,}")
    return text
