"""How much memory a recording, or a player, may take: a budget, or what this machine has."""

from __future__ import annotations

import os
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache
from pathlib import Path

UNKNOWN = 8 * 2**30  # bytes, taken for a machine's memory where the system does not tell
CONTAINERS = (  # where Linux tells how much memory a container has
    Path("/sys/fs/cgroup/memory.max"),
    Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"),
)


@dataclass(frozen=True, slots=True)
class Budget:
    """How much memory one recording, or one player, may take.

    Attributes:
        limit: in bytes.
        said: how a refusal says it; with ``{}`` for the limit.
    """

    limit: int
    said: str = "{} are allowed"

    def __str__(self) -> str:
        """Say it."""
        return self.said.format(memory_text(self.limit))


_budget: ContextVar[Budget | None] = ContextVar("budget", default=None)


@contextmanager
def memory_budget(limit: int, said: str = Budget(0).said) -> Generator[None]:
    """Let one recording, or one player, take at most ``limit`` bytes of memory inside.

    Args:
        limit: in bytes.
        said: how a refusal says it; with ``{}`` for the limit.
    """
    token = _budget.set(Budget(limit, said))
    try:
        yield
    finally:
        _budget.reset(token)


def memory_allowed() -> Budget:
    """Return the budget that was set; what this machine has, where none was."""
    return _budget.get() or Budget(machine_memory(), "this machine has {}")


@cache
def machine_memory(containers: Sequence[Path] = CONTAINERS) -> int:
    """Return the bytes of memory that this machine has, or the container that this runs in."""
    found = [UNKNOWN]
    if hasattr(os, "sysconf") and "SC_PHYS_PAGES" in os.sysconf_names:
        found = [os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")]
    for file in containers:
        try:
            found.append(int(file.read_text()))
        except (OSError, ValueError):  # not Linux, or no limit: "max"
            continue
    return min(found)


def memory_text(size: int) -> str:
    """Write a number of bytes for a person: ``512 MiB``, ``1.5 GiB``."""
    if size < 2**30:
        return f"{size / 2**20:,.0f} MiB" if size >= 2**20 else f"{size:,} bytes"
    return f"{size / 2**30:,.1f} GiB"
