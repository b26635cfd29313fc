"""The errors whygrad raises, and the words they use.

A message says what was wrong, where, what is allowed, and what to try. Every error a person can
cause by what they typed, uploaded or wrote is a `WhygradError`, which is also a `ValueError`.
"""

from __future__ import annotations

from collections.abc import Iterable


class WhygradError(ValueError):
    """Something given to whygrad cannot be used as it is.

    `source` (a file's name) and `line` (counted from 1) say where, when that is known; they are
    put in front of the message: `data.csv, line 3: ...`. `message` is the text without them.
    """

    message: str
    source: str | None
    line: int | None

    def __init__(self, message: str, *, source: str | None = None, line: int | None = None) -> None:
        self.message = message
        self.source = source and shortened(source)
        self.line = line
        place = [part for part in (self.source, line and f"line {line}") if part]
        super().__init__(f"{', '.join(place)}: {message}" if place else message)


def shortened(text: str, most: int = 200) -> str:
    """The text, cut where it is longer than `most` characters, as messages quote it."""
    return text if len(text) <= most else f"{text[: most - 3]}..."


class SpecError(WhygradError):
    """A spec (TOML file, preset or mapping) says something that is not allowed."""


class DataError(WhygradError):
    """A dataset cannot be read, made or trained on."""


class TapeError(WhygradError):
    """A tape, or a step on it, breaks a rule of the record."""


class ShapeError(WhygradError):
    """Shapes that do not fit each other."""


class GradientError(WhygradError):
    """A gradient that does not agree with nudging."""


class NonFiniteError(WhygradError):
    """A NaN or infinity arose in training."""


class UnknownName(WhygradError):
    """A name that is not in the table it was looked up in."""


def nearest(name: str, allowed: Iterable[str]) -> list[str]:
    """The allowed names, the ones spelled most like `name` first, the rest in their own order."""
    from difflib import SequenceMatcher

    def unlike(other: str) -> float:
        alike = SequenceMatcher(None, name.lower(), other.lower()).ratio()
        return -alike if alike >= 0.6 else 0.0

    return sorted(allowed, key=unlike)


def unknown(kind: str, name: object, allowed: Iterable[str]) -> str:
    """The sentence that refuses a name: the nearest allowed one is offered, and all are listed.

    >>> unknown("activation", "rleu", ["tanh", "relu"])
    "unknown activation 'rleu': did you mean 'relu'? Allowed: relu, tanh."
    """
    names = list(allowed)
    try:
        text = str(name)
    except Exception:  # whatever a stranger's class does
        text = type(name).__name__
    shown = shortened(text, 60)
    ordered = nearest(shown, names)
    if not ordered:
        return f"unknown {kind} {shown!r}: none is allowed here."
    close = nearest_or_none(shown, names)
    guess = f"did you mean {close!r}? " if close else ""
    return f"unknown {kind} {shown!r}: {guess}Allowed: {', '.join(ordered)}."


def nearest_or_none(name: str, allowed: Iterable[str]) -> str | None:
    """The allowed name spelled most like `name`, or None where none is close."""
    from difflib import get_close_matches

    by_lower = {other.lower(): other for other in allowed}
    close = get_close_matches(name.lower(), by_lower, n=1, cutoff=0.6)
    return by_lower[close[0]] if close else None
