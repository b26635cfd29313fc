"""How far a piece of work has come, told while it goes on."""

from __future__ import annotations

from collections.abc import Callable

Progress = Callable[[float], None]  # is called with the share that is done, from 0 to 1


def ignore(share: float) -> None:
    """Take note of nothing."""
