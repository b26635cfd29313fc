"""Someone's work on their own network, as they wrote it down: a name and a number in each line."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from whygrad.engine.notation import symbol
from whygrad.errors import WhygradError, nearest_or_none
from whygrad.explain.said import Said, say
from whygrad.practice.grade import plain_name
from whygrad.practice.numbers import Mark, grade_numbers
from whygrad.practice.solution import Solution
from whygrad.tape.run import Run

MAX_LINES = 500
MOST_SHOWN = 60  # characters of a name that are said back
_LINE = re.compile(r"(?P<name>[^=:≈]*)[=:≈](?P<number>.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class PastedLine:
    """A line of someone's work.

    Attributes:
        typed: the line as it was written.
        mark: what came of its number; None where there was none to grade.
        trouble: why it could not be graded; empty if it was.
    """

    typed: str
    mark: Mark | None = None
    trouble: str = ""


def check_lines(run: Run, text: str) -> list[PastedLine]:
    """Check each line of a text, such as ``dL/dw1 = -1.75``; empty lines are left out.

    Lines may come in any order: a wrong number is carried through in the order of work. A name may
    be written as whygrad writes it, as on the page (∂L/∂w₁), or, as in code, dw1.

    Raises:
        WhygradError: there are too many lines.
    """
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if len(lines) > MAX_LINES:
        raise WhygradError(f"{len(lines):,} lines; at most {MAX_LINES} are checked at once")
    work = Solution(run)
    labels = [work.label(place) for place in work.order]
    names = _names(labels)
    given = {plain_name(leaf.name) for leaf in run.tape.leaves if leaf.name}
    found: dict[str, int] = {}
    troubles: dict[int, Said] = {}
    numbers: dict[int, str] = {}
    for n, line in enumerate(lines):
        match = _LINE.fullmatch(line)
        if match is None or not match["number"].strip():
            troubles[n] = say("pasted.not_a_line")
            continue
        name = match["name"].strip()
        label = names.get(name) or names.get(plain_name(name))
        if label is None:
            troubles[n] = _not_there(name, names, given)
        elif label in found:
            troubles[n] = say("pasted.twice", x=symbol(label))
        else:
            found[label], numbers[n] = n, match["number"]
    typed = [(label, numbers[found[label]]) for label in labels if label in found]
    marks = {found[mark.name]: mark for mark in grade_numbers(run, typed, solution=work)}
    return [
        PastedLine(line, marks.get(n), str(troubles.get(n, ""))) for n, line in enumerate(lines)
    ]


def _names(labels: list[str]) -> dict[str, str]:
    """Return what each number may be called; what comes first wins."""
    names = {label: label for label in labels}
    for label in labels:
        names.setdefault(plain_name(label), label)
    for label in labels:
        names.setdefault(plain_name(label).replace("dl/d", "d", 1), label)
    return names


def _not_there(name: str, names: Mapping[str, str], given: set[str]) -> Said:
    plain, shown = plain_name(name), name[:MOST_SHOWN]
    if plain.partition("[")[0] in given:
        return say("pasted.given", name=shown)
    parts = [label for own, label in names.items() if plain and own.startswith(f"{plain}[")]
    if parts:
        return say("pasted.several", name=shown, one=parts[0])
    close = nearest_or_none(shown, names.values())
    if close is not None:
        return say("pasted.near", name=shown, near=close)
    return say("pasted.unknown", name=shown)
