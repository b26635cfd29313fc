"""Numbers and formulas as a person reads them.

The law: a shown formula with its shown numbers gives the shown result. So a result has four
significant digits, and its inputs as many more as it takes for the law to hold. A number that six
digits hold exactly but for its last bits, such as 3.0625, is shown so. The page does the same
(``web/src/text/numbers.ts``); ``tests/conformance/display.json`` holds both to it.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from functools import lru_cache

from whygrad.engine.formula import Expr, Get, evaluate, number_text, to_python
from whygrad.engine.notation import symbol
from whygrad.explain.formulas import in_names
from whygrad.explain.sentences import MOST_NAMED, SENTENCES
from whygrad.tape.run import Run

DIGITS = 4
SHORT = 6  # digits; a number that needs no more is never rounded
SAME = 1e-14  # relative difference that the last bits of exp or tanh make from machine to machine
ALL_DIGITS = 17  # a text with so many holds every bit of a float64
MINUS = "−"
_SMALLEST_PLAIN, _LARGEST_PLAIN = -4, 6  # powers of ten that are written out
_SUPERSCRIPTS = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
_NUMBER = re.compile(r"(?<![\w.,\[])\d+(?:\.\d+)?(?:e[-+]?\d+)?(?!\w)")
_POWER = re.compile(r" \*\* (\d)(?![\w.])")


@lru_cache(65536)
def number(x: float, digits: int = DIGITS) -> str:
    """Write a number to some significant digits: 0.5, −1.75, 0.3333, 1.0e−7.

    Zeros at the end are left out, and halves rounded to even.
    """
    if math.isnan(x):
        return "NaN"
    if x == 0:
        return "0"
    sign = MINUS if x < 0 else ""
    if math.isinf(x):
        return f"{sign}∞"
    if digits < ALL_DIGITS:
        digits = _own_digits(x) or digits
    mantissa, power = _scientific(abs(x), digits)
    first, _, rest = mantissa.rstrip("0").partition(".")
    if not _SMALLEST_PLAIN <= power < _LARGEST_PLAIN:
        return f"{sign}{first}.{rest or '0'}e{str(power).replace('-', MINUS)}"
    figures = "0" * -power + (first + rest).ljust(power + 1, "0")
    point = max(0, power) + 1
    return sign + f"{figures[:point]}.{figures[point:]}".rstrip(".")


@lru_cache(65536)
def rounded(x: float, digits: int = DIGITS) -> float:
    """Return the number that ``number`` shows."""
    if math.isfinite(x) and digits < ALL_DIGITS:
        x = _cut(x, _own_digits(x) or digits)
    return x + 0.0  # never -0


@dataclass(frozen=True, slots=True)
class Shown:
    """How precisely to show an equation so that it holds as it is shown.

    Attributes:
        digits: significant digits for what goes in.
        result_digits: significant digits to which what comes out is what was shown to go in.
        result: what comes out, as shown.
    """

    digits: int
    result_digits: int
    result: str


def shown(tree: Expr, get: Get, result: float, digits: int = DIGITS) -> Shown:
    """Return the fewest digits, from ``digits`` up, at which an equation holds as it is shown.

    Args:
        tree: a formula placed at one element, its branches chosen.
        get: gives the number of a leaf.
        result: what the formula came to.
        digits: the fewest for what comes out; what goes in may need more.
    """
    for out in range(max(digits, _own_digits(result)), ALL_DIGITS):
        for into in range(out, ALL_DIGITS + 1):
            if _agree(evaluate(*_as_shown(tree, get, into)), result, out):
                return Shown(into, out, number(result, out))
    return Shown(ALL_DIGITS, ALL_DIGITS, number(result, ALL_DIGITS))


def ranked_size(number: float) -> float:
    """Return a number's size to rank by; sizes that only rounding tells apart are one."""
    return float(f"{abs(number):.9e}")


def shortened(tree: Expr, get: Get) -> tuple[Expr, Get]:
    """Return a formula whose long sums show their largest terms, and what gives its numbers.

    The other terms stand as one, a leaf of a negative id and with their number as its place, so
    that the formula still comes to the same. The largest come first; of terms of a size, the first.
    """
    rests: list[float] = []

    def short(node: Expr) -> Expr:
        if node.head in ("number", "leaf"):
            return node
        if node.head != "terms" or len(node.args) <= MOST_NAMED + 1:
            return node.over(tuple([short(a) for a in node.args]))
        numbers = [evaluate(a, get) for a in node.args]
        order = sorted(range(len(numbers)), key=lambda n: -ranked_size(numbers[n]))
        others = [numbers[n] for n in sorted(order[MOST_NAMED:])]
        finite = all(map(math.isfinite, others))
        rests.append(math.fsum(others) if finite else sum(others))
        rest = Expr("leaf", (-len(rests), len(others)))
        return Expr("terms", (*[short(node.args[n]) for n in order[:MOST_NAMED]], rest))

    tree = short(tree)
    return tree, lambda value, at: rests[-value - 1] if value < 0 else get(value, at)


def in_symbols(tree: Expr, run: Run) -> str:
    """Write a formula in names: ``w₁ × x + b₁``."""
    return typeset(to_python(tree, lambda value, at: symbol(in_names(run, value, at))))


def in_numbers(tree: Expr, get: Get, digits: int) -> str:
    """Write a formula with its numbers put in, at some significant digits: ``0.5 × 1 + 0``."""
    tree, read = _as_shown(tree, get, digits)
    return typeset(to_python(tree, lambda value, at: _leaf(value, at, _plain(read(value, at)))))


def typeset(text: str) -> str:
    """Write plain arithmetic the way people do: × for \\*, a real minus, (ŷ − t)²."""
    text = _NUMBER.sub(lambda match: number(float(match[0]), ALL_DIGITS), text)
    text = _POWER.sub(lambda match: match[1].translate(_SUPERSCRIPTS), text)
    return text.replace(" ** ", " ^ ").replace(" * ", " × ").replace("-", MINUS)


def _as_shown(tree: Expr, get: Get, digits: int) -> tuple[Expr, Get]:
    """Return a formula and its numbers as they are shown: its own constants are rounded too."""
    return _constants(tree, digits), lambda value, at: rounded(get(value, at), digits)


def _constants(node: Expr, digits: int) -> Expr:
    if node.head == "number":
        return Expr("number", (rounded(node.args[0], digits),))
    if node.head == "leaf":
        return node
    return Expr(node.head, tuple(_constants(a, digits) for a in node.args))


def _leaf(value: int, at: int, text: str) -> str:
    """Write a leaf; one that stands for several terms says so."""
    return smaller(at, text) if value < 0 else text


def smaller(count: int, rest: str = "") -> str:
    """Write what stands for the smaller terms of a sum, with what they come to if it is given."""
    key = "formula.smaller_come_to" if rest else "formula.smaller"
    return SENTENCES[key].format(count=f"{count:,}", rest=rest)


def _plain(x: float) -> str:
    if math.isnan(x):
        return "NaN"
    if math.isinf(x):
        return "∞" if x > 0 else "-∞"
    return number_text(x)


@lru_cache(65536)
def _own_digits(x: float) -> int:
    """Return how many digits hold a number but for its last bits, or 0 if it is not ``SHORT``."""
    near = (n for n in range(1, SHORT + 1) if abs(_cut(x, n) - x) <= SAME * abs(x))
    return next(near, 0)


def _agree(x: float, result: float, digits: int) -> bool:
    """Say whether two numbers are shown the same, and ``x`` is not halfway to the next."""
    shown = _cut(result, digits)
    if _cut(x, digits) != shown or not math.isfinite(shown):
        return x == result or (math.isnan(x) and math.isnan(result))
    _, power = _scientific(abs(shown), ALL_DIGITS)
    return abs(x - shown) < 0.5 * (1 - 1e-9) * 10.0 ** (power - digits + 1)


def _cut(x: float, digits: int) -> float:
    return float(f"{x:.{digits - 1}e}")


def _scientific(size: float, digits: int) -> tuple[str, int]:
    """Return the first digits of a number, with a point after the first, and its power of ten."""
    texts = (f"{size:.{n}e}" for n in range(ALL_DIGITS))
    if digits < ALL_DIGITS:
        text = f"{size:.{digits - 1}e}"
    else:  # the fewest that tell it from its neighbours
        text = next(text for text in texts if float(text) == size)
    mantissa, _, power = text.partition("e")
    return (mantissa if "." in mantissa else f"{mantissa}."), int(power)
