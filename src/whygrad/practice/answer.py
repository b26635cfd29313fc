"""What a learner typed, understood as kindly as it can be."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from whygrad.explain.said import Said, say
from whygrad.explain.sentences import READ_AS

MAX_LENGTH = 200

_NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d{1,4})?", re.IGNORECASE)
_GROUPED = re.compile(r"[-+]?\d{1,3}(?P<mark>[ ,'])\d{3}((?P=mark)\d{3})*(\.\d*)?")
_GROUPED_BY_POINTS = re.compile(r"[-+]?\d{1,3}(\.\d{3})+,\d*")
_MIXED = re.compile(r"(?P<sign>[-+]?)(?P<whole>\d+) +(?P<top>\d+)/(?P<bottom>\d+)")
_POWER = re.compile(r" *(×|·|\*|x) *10 *(\^|\*\*)? *(?=[-+]?\d)")
_VULGAR = {
    "½": "1/2", "⅓": "1/3", "⅔": "2/3", "¼": "1/4", "¾": "3/4", "⅕": "1/5", "⅖": "2/5",
    "⅗": "3/5", "⅘": "4/5", "⅙": "1/6", "⅚": "5/6", "⅛": "1/8", "⅜": "3/8", "⅝": "5/8", "⅞": "7/8",
}  # fmt: skip
_SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺", "0123456789-+")
_MINUSES = str.maketrans("−–—‐‑﹣－", "-------")


@dataclass(frozen=True, slots=True)
class TypedAnswer:
    """What was understood of a typed answer.

    Attributes:
        typed: the text as typed, never lost.
        value: the number, or None if it is not one.
        precision: half a unit in the last place that was typed; 0 for a fraction.
        word: "zero", "positive", "negative", "larger", "smaller" or "same" if it was a word.
        trouble: why it could not be understood, and what would be; None if it was.
        blank: nothing was typed.
    """

    typed: str
    value: float | None = None
    precision: float = 0.0
    word: str = ""
    trouble: Said | None = None
    blank: bool = False


def read(typed: str) -> TypedAnswer:
    """Read a number as people write it: 0.5, .5, −1,5, 3/4, 1e-3, 50%, ½; or a word like zero."""
    text = typed.strip()
    if not text:
        return TypedAnswer(typed, blank=True)
    if len(text) > MAX_LENGTH:
        return TypedAnswer(typed, trouble=say("read.too_long", most=MAX_LENGTH))
    plain = text.translate(_MINUSES)
    if (word := READ_AS.get(plain.lower().strip(" ."))) is not None:
        return TypedAnswer(typed, value=0.0 if word == "zero" else None, word=word)
    # of an equation, such as "2 × 3 = 6", it is the end that is meant
    plain = re.sub(r"\s+", " ", plain.rpartition("=")[2]).strip(" ≈~")
    percent = plain.endswith("%")
    number = _fraction(plain.removesuffix("%").strip()) or _decimal(plain.removesuffix("%").strip())
    if number is None:
        return TypedAnswer(typed, trouble=_trouble(text))
    value, precision = number
    scale = 100.0 if percent else 1.0
    if math.isnan(value):
        return TypedAnswer(typed, trouble=say("read.zero_below"))
    return TypedAnswer(typed, value=value / scale, precision=precision / scale)


def _trouble(text: str) -> Said:
    return say("read.not_a_number", typed=text if len(text) <= 40 else f"{text[:39]}…")


def _fraction(text: str) -> tuple[float, float] | None:
    """Return a fraction, precise as it is; NaN where it divides by 0."""
    for sign, written in _VULGAR.items():
        text = re.sub(rf"(?<=\d) ?{sign}", f" {written}", text).replace(sign, written)
    mixed = _MIXED.fullmatch(text)
    if mixed:
        part = _over(float(mixed["top"]), float(mixed["bottom"]))
        return (-1 if mixed["sign"] == "-" else 1) * (float(mixed["whole"]) + part), 0.0
    halves = text.split("/")
    if len(halves) != 2:
        return None
    sign = 1.0
    if outer := re.fullmatch(r"(?P<sign>[-+]?) ?\((?P<inside>[^()]*)\)", text):
        halves = outer["inside"].split("/")
        sign = -1.0 if outer["sign"] == "-" else 1.0
    numbers = [_decimal(half.strip()) for half in halves]
    if len(numbers) != 2 or numbers[0] is None or numbers[1] is None:
        return None
    return sign * _over(numbers[0][0], numbers[1][0]), 0.0


def _over(top: float, bottom: float) -> float:
    """Divide; what is nothing below the line, or too large to hold, is NaN."""
    found = top / bottom if bottom else math.nan
    return found if math.isfinite(found) else math.nan


def _decimal(text: str) -> tuple[float, float] | None:
    """Return a number and half a unit in its last place."""
    plain = _POWER.sub("e", text.translate(_SUPERSCRIPTS)).rstrip("… ")
    plain = re.sub(r"\.{2,}$", "", plain)
    if plain.startswith("(") and plain.endswith(")"):
        plain = plain[1:-1].strip()
    plain = re.sub(r"^([-+]) ", r"\1", plain)
    plain = _with_a_point(plain)
    if not _NUMBER.fullmatch(plain):
        return None
    value = float(plain)
    if not math.isfinite(value):
        return None
    mantissa, _, power = plain.lower().partition("e")
    whole, _, decimals = mantissa.partition(".")
    # of 1200 the zeros may stand for digits that were rounded away
    rounded = len(whole) - len(whole.rstrip("0")) if not decimals and value else 0
    return value, 0.5 * 10.0 ** (int(power or 0) - len(decimals) + rounded)


def _with_a_point(text: str) -> str:
    """Take out the marks between thousands; a lone comma is a decimal point."""
    if _GROUPED_BY_POINTS.fullmatch(text):
        return text.replace(".", "").replace(",", ".")
    grouped = _GROUPED.fullmatch(text)
    if grouped and not (grouped["mark"] == "," and text.count(",") == 1 and "." not in text):
        return text.replace(grouped["mark"], "")
    return text.replace(",", ".") if text.count(",") == 1 and "." not in text else text


def agrees(answer: TypedAnswer, number: float) -> bool:
    """Say whether a typed number is ``number``, rounded as a person rounds.

    It may be off by half a unit in the last place typed, if two significant digits or two decimals
    were kept. 0 is only 0.
    """
    return _near(answer, number, _coarsest(number))


def is_rough(answer: TypedAnswer, number: float) -> bool:
    """Say whether a typed number is ``number``, rounded more than tells it from others."""
    return answer.value != 0 and _near(answer, number, 0.15 * abs(number))


def is_off_by_rounding(answer: TypedAnswer, number: float) -> bool:
    """Say whether a typed number is as near to ``number`` as rounding on the way leads."""
    return answer.value is not None and abs(answer.value - number) <= 0.01 * abs(number)


def _near(answer: TypedAnswer, number: float, most: float) -> bool:
    if answer.value is None or not math.isfinite(number):
        return False
    noise = 1e-12 + 1e-9 * abs(number)
    slack = min(answer.precision * (1 + 1e-9), most) if answer.value != 0 else 0.0
    return abs(answer.value - number) <= slack + noise


def _coarsest(number: float) -> float:
    """Return half a unit of the second significant digit, or of the second decimal."""
    if number == 0 or not math.isfinite(number):
        return 0.0
    return max(0.005, 0.5 * 10.0 ** (math.floor(math.log10(abs(number))) - 1))
