"""Reads an einsum equation such as ``ij,jk->ik``: one letter for each axis."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from whygrad.errors import ShapeError


@dataclass(frozen=True, slots=True)
class Equation:
    """What an einsum equation says.

    Attributes:
        terms: the letters of each input's axes.
        result: the letters of the output's axes.
        summed: the letters that are added up: those not in the result, in order of appearance.
    """

    terms: tuple[str, ...]
    result: str
    summed: str

    def sizes(self, shapes: Sequence[tuple[int, ...]]) -> dict[str, int]:
        """Return the size of each letter's axis."""
        found: dict[str, int] = {}
        for term, shape in zip(self.terms, shapes, strict=True):
            for letter, size in zip(term, shape, strict=True):
                found.setdefault(letter, size)
        return found


@cache
def parse(text: str) -> Equation:
    """Read an equation.

    Raises:
        ShapeError: it has no ``->``, an input or the result names a letter twice, the result names
            one that no input has, or there is something other than letters.
    """
    left, arrow, result = text.replace(" ", "").partition("->")
    terms = tuple(left.split(","))
    if not arrow or not all(part.isascii() and part.isalpha() for part in (*terms, result) if part):
        raise ShapeError(
            f"einsum: {text!r} is not an equation such as 'ij,jk->ik': letters for each input, "
            f"separated by commas, then -> and the letters of the result"
        )
    for part in (*terms, result):
        if len(set(part)) != len(part):
            raise ShapeError(f"einsum: {part!r} in {text!r} names a letter twice")
    letters = dict.fromkeys("".join(terms))
    unknown = [letter for letter in result if letter not in letters]
    if unknown:
        raise ShapeError(f"einsum: no input of {text!r} has the letter {unknown[0]!r}")
    return Equation(terms, result, "".join(x for x in letters if x not in result))
