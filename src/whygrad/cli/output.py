"""What is printed reaches any terminal: signs it does not know are spelled, a full disk is said."""

from __future__ import annotations

import codecs
import contextlib
import os
import re
import sys
from collections.abc import Generator
from io import TextIOWrapper
from typing import TextIO

_SPELLED = str.maketrans(
    {
        **dict(zip("₀₁₂₃₄₅₆₇₈₉", "0123456789", strict=True)),
        **dict(zip("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-", strict=True)),
        **{"∂": "d", "ŷ": "yhat", "×": "*", "·": "-", "−": "-", "–": "-", "—": "-", "÷": "/"},
        **{"′": "'", "“": '"', "”": '"', "’": "'", "…": "...", "→": "->", "≤": "<=", "≥": ">="},
        **{"σ": "sigma", "η": "eta", "μ": "mu", "✓": "+", "✗": "x", "²": "^2", "√": "sqrt"},
        **{"≈": "~", "∞": "inf", "\u00a0": " ", "█": "#"},
    }
)
_LONG = re.compile(r"\S{200,}")


def spell(error: UnicodeError) -> tuple[str, int]:
    """Return how signs are written that an encoding does not have; a question mark for the rest."""
    assert isinstance(error, UnicodeEncodeError)
    text = error.object[error.start : error.end].translate(_SPELLED)
    return text.encode("ascii", "replace").decode("ascii"), error.end


def shorten(message: str) -> str:
    """Return a message with what is very long in it cut."""
    return _LONG.sub(lambda match: f"{match[0][:60]}...", message)[:4000]


@contextlib.contextmanager
def any_terminal() -> Generator[None]:
    """Write to a terminal of any encoding inside; where nothing more fits, end with a message."""
    codecs.register_error("spell", spell)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="spell")
    try:
        try:
            yield
        finally:
            sys.stdout.flush()
    except OSError as fault:
        if fault.filename is not None:  # of a file, not of the output
            raise
        _discard(sys.stdout)  # else it would be tried again, and fail again, at the end
        with contextlib.suppress(OSError):
            print(f"Error: the output cannot be written: {fault.strerror}", file=sys.stderr)
        _discard(sys.stderr)
        sys.exit(1)


def _discard(stream: TextIO) -> None:
    """Send what is left to write nowhere."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)
