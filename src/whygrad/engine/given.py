"""Reads the options of functions: a plain number where one is expected, or a sentence."""

from __future__ import annotations

from typing import Any, cast

from whygrad.engine.tensor import NUMBERS, Tensor
from whygrad.errors import WhygradError
from whygrad.option import quoted


def number(what: str, option: str, given: Any, instead: str = "float(...)") -> float:
    """Return an option's number.

    Args:
        what: the function, for the message.
        option: the option's name.
        given: what the caller gave.
        instead: what to write where the option is a tensor.

    Raises:
        WhygradError: it is a tensor, whose gradient would be lost, or is not one number.
    """
    if isinstance(given, Tensor):
        raise WhygradError(
            f"{what}: {option} is a tensor, and no gradient passes through {option}; give a plain "
            f"number, or use {instead}"
        )
    if not isinstance(given, NUMBERS):
        raise WhygradError(f"{what}: {option} is {quoted(given)}; it must be a number")
    try:
        return float(cast("float", given))
    except OverflowError:
        raise WhygradError(f"{what}: {option} is too large to be a float") from None
