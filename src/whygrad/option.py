"""Options with a type and a range: what the tables of datasets, initialisers and optimizers allow.

A table's row declares its options once; the spec reader checks against them, and a page or a help
text lists them.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, SupportsIndex, cast

import numpy as np

from whygrad.errors import WhygradError, unknown

Scalar = bool | int | float


@dataclass(frozen=True)
class Option:
    """One option: its type is its default's type (bool, int or float), its range low..high.

    `says` is half a sentence for a help text. `below_high` leaves `high` itself out, and
    `above_low` leaves `low` out.
    """

    default: Scalar
    low: float = -math.inf
    high: float = math.inf
    says: str = ""
    below_high: bool = False
    above_low: bool = False

    @property
    def allowed(self) -> str:
        """What may be written, in words: "a whole number from 50 to 500"."""
        if isinstance(self.default, bool):
            return "true or false"
        kind = "a whole number" if isinstance(self.default, int) else "a number"
        bounds: list[str] = []
        if not math.isinf(self.low):
            bounds.append(f"{'above' if self.above_low else 'from'} {_shown(self.low)}")
        if not math.isinf(self.high):
            upper = "below" if self.below_high else "up to"
            bounds.append(f"{upper} {_shown(self.high)}")
        words = f"{kind} {' and '.join(bounds)}".rstrip()
        return words if self.above_low else words.replace(" and up to ", " to ")

    def checked(self, name: str, value: object) -> Scalar:
        """The value in the option's own type. Raises WhygradError for a wrong type or range."""
        if isinstance(self.default, bool) or isinstance(value, bool):
            fits = isinstance(self.default, bool) and isinstance(value, bool)
        elif isinstance(value, int) and abs(value) < 2**1000:
            fits = self._in_range(value)
        else:
            fits = (
                isinstance(value, float) and isinstance(self.default, float)
            ) and self._in_range(value)
        if not fits:
            raise WhygradError(f"{name} must be {self.allowed}, not {quoted(value)}")
        assert isinstance(value, bool | int | float)
        return float(value) if isinstance(self.default, float) else value

    def _in_range(self, value: float) -> bool:
        above = value > self.low if self.above_low else value >= self.low
        below = value < self.high if self.below_high else value <= self.high
        return above and below and math.isfinite(value)


def checked_options(
    what: str, options: Mapping[str, Option], given: Mapping[str, object]
) -> dict[str, Scalar]:
    """Every option's value: the given one, checked, or its default.

    Raises WhygradError for a name that is not in `options` (the nearest known one is offered),
    and for a value that `Option.checked` refuses. `what` names whose options they are.
    """
    for name in given:
        if name not in options:
            raise WhygradError(unknown(f"option of {what}", name, options))
    return {
        name: option.checked(name, given[name]) if name in given else option.default
        for name, option in options.items()
    }


def is_a(given: object, *kinds: type) -> bool:
    """Whether something is of a kind, whatever its annotation promises: callers may be untyped."""
    return isinstance(given, kinds)


def truth(what: str, option: str, given: object) -> bool:
    """An option of a function that is True or False. Raises WhygradError for anything else.

    `what` is the function's name and `option` the option's, for the message.
    """
    if is_a(given, bool, np.bool_):
        return bool(given)
    raise WhygradError(f"{what}: {option} is {quoted(given)}; it must be True or False")


def whole(what: str, option: str, given: object, least: int | None = None) -> int:
    """An option that is a whole number. Raises WhygradError for anything else, or below `least`."""
    wanted = "a whole number" + ("" if least is None else f" from {least} up")
    if isinstance(given, bool):
        raise WhygradError(f"{what}: {option} is {quoted(given)}; it must be {wanted}")
    try:
        number = operator.index(cast("SupportsIndex", given))
    except Exception:  # NumPy and others raise what they like
        raise WhygradError(f"{what}: {option} is {quoted(given)}; it must be {wanted}") from None
    if (least is not None and number < least) or abs(number) >= 2**63:
        raise WhygradError(f"{what}: {option} is {quoted(given)}; it must be {wanted}")
    return given if isinstance(given, int) else number


def text(what: str, option: str, given: object) -> str:
    """An option that is a text. Raises WhygradError for anything else."""
    if isinstance(given, str):
        return given
    raise WhygradError(f"{what}: {option} is {quoted(given)}; it must be a text")


def several(what: str, option: str, given: object) -> list[Any]:
    """An option that is a list, or anything to go through. Raises WhygradError for the rest."""
    if is_a(given, Iterable) and not is_a(given, str, bytes, Mapping):
        try:
            return list(cast("Iterable[Any]", given))
        except WhygradError:
            raise
        except TypeError:  # an array of one number is no list
            pass
    raise WhygradError(f"{what}: {option} is {quoted(given)}; it must be a list")


def mapping(what: str, option: str, given: object) -> Mapping[str, Any]:
    """An option that is a dict with names. Raises WhygradError for anything else."""
    if is_a(given, Mapping) and all(is_a(key, str) for key in cast("Any", given)):
        return cast("Mapping[str, Any]", given)
    raise WhygradError(f"{what}: {option} is {quoted(given)}; it must be a dict with names")


def function(what: str, option: str, given: object) -> Callable[..., Any]:
    """An option that is a function. Raises WhygradError for anything else."""
    if callable(given):
        return given
    raise WhygradError(f"{what}: {option} is {quoted(given)}; it must be a function")


def _shown(number: float) -> str:
    whole = float(number).is_integer() and abs(number) < 1e16
    return str(int(number)) if whole else f"{number:g}"


def quoted(value: object) -> str:
    """A value as a message shows it: as written in TOML or Python, cut where it is long."""
    if isinstance(value, bool):
        return "true" if value else "false"
    try:
        text = repr(value)
    except Exception:  # whatever a stranger's class does
        text = f"a {type(value).__name__}"
    return text if len(text) <= 60 else text[:57] + "..."
