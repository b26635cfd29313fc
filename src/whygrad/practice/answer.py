"""What a learner typed, understood as kindly as it can be."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

MAX_LENGTH = 200
_NUMBER = re.compile(r"^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$", re.IGNORECASE)
_FRACTION = re.compile(r"^(?P<top>[^/]+)/(?P<bottom>[^/]+)$")
_VULGAR = {"½": 0.5, "¼": 0.25, "¾": 0.75, "⅓": 1 / 3, "⅔": 2 / 3, "⅛": 0.125}
_WORDS = {
    "zero": "zero",
    "nothing": "zero",
    "none": "zero",
    "positive": "positive",
    "plus": "positive",
    "negative": "negative",
    "minus": "negative",
    "larger": "larger",
    "bigger": "larger",
    "greater": "larger",
    "more": "larger",
    "smaller": "smaller",
    "less": "smaller",
    "same": "same",
    "equal": "same",
    "unchanged": "same",
}


@dataclass(frozen=True, slots=True)
class Answer:
    """What was understood of a typed answer.

    Attributes:
        typed: the text as typed, never lost.
        value: the number, or None if it is not one.
        precision: half a unit in the last place that was typed; 0 for a fraction.
        word: "zero", "positive", "negative", "larger", "smaller" or "same" if it was a word.
        trouble: why it could not be understood, and what would be; empty if it was.
        blank: nothing was typed.
    """

    typed: str
    value: float | None = None
    precision: float = 0.0
    word: str = ""
    trouble: str = ""
    blank: bool = False


def read(typed: str) -> Answer:
    """Read a number as people write it: 0.5, .5, −1,5, 3/4, 1e-3, 50%, ½; or a word like zero."""
    text = typed.strip()
    if not text:
        return Answer(typed, blank=True)
    if len(text) > MAX_LENGTH:
        return Answer(typed, trouble=f"this is longer than {MAX_LENGTH} characters; type a number")
    if text.lower() in _WORDS:
        word = _WORDS[text.lower()]
        return Answer(typed, value=0.0 if word == "zero" else None, word=word)
    plain = text.replace("−", "-").replace("–", "-").replace("×10^", "e").replace("*10^", "e")
    plain = re.sub(r"\s+", "", plain).removeprefix("=")
    sign = -1.0 if plain.startswith("-") else 1.0
    if plain.lstrip("+-") in _VULGAR:
        return Answer(typed, value=sign * _VULGAR[plain.lstrip("+-")])
    percent = plain.endswith("%")
    plain = plain.removesuffix("%")
    fraction = _FRACTION.match(plain)
    parts = [_number(part) for part in (fraction["top"], fraction["bottom"])] if fraction else []
    if len(parts) == 2 and parts[0] and parts[1]:
        if parts[1][0] == 0:
            return Answer(typed, trouble="a fraction cannot have 0 below the line")
        return Answer(typed, value=parts[0][0] / parts[1][0] / (100 if percent else 1))
    found = _number(plain)
    if found is None:
        return Answer(
            typed,
            trouble=f"{text!r} is not read as a number; write it as 0.25, -1.5, 3/4 or 1e-3",
        )
    value, precision = found
    scale = 100.0 if percent else 1.0
    return Answer(typed, value=value / scale, precision=precision / scale)


def _number(text: str) -> tuple[float, float] | None:
    """Return a number and half a unit in its last place; a lone comma is a decimal point."""
    plain = text.strip("()")
    if "," in plain:
        grouped = re.fullmatch(r"[-+]?\d{1,3}(,\d{3})+(\.\d*)?", plain)
        if grouped and ("." in plain or plain.count(",") > 1):
            plain = plain.replace(",", "")
        elif plain.count(",") == 1 and "." not in plain:
            plain = plain.replace(",", ".")
    if not _NUMBER.match(plain):
        return None
    mantissa, _, power = plain.lower().partition("e")
    if len(power) > 5:
        return None
    decimals = len(mantissa.partition(".")[2])
    value = float(plain)
    if not math.isfinite(value):
        return None
    return value, 0.5 * 10.0 ** (int(power or 0) - decimals)


def agrees(answer: Answer, number: float, most: float = 0.051) -> bool:
    """Say whether a typed number is ``number``, rounded as a person rounds.

    It may be off by half a unit in the last place typed, but by no more than ``most`` of the
    number: two significant digits are enough, one is not.
    """
    if answer.value is None or math.isnan(number):
        return False
    slack = max(answer.precision * (1 + 1e-9), 1e-9 * abs(number))
    return abs(answer.value - number) <= min(slack, most * abs(number)) or answer.value == number
