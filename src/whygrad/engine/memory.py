"""How much memory a recording, or a player, may take: a budget, or what this machine has."""

from __future__ import annotations

import os
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache

UNKNOWN = 8 * 2**30  # bytes, taken for a machine's memory where the system does not tell
CONTAINERS = (  # where Linux tells how much memory a container has
    "/sys/fs/cgroup/memory.max",
    "/sys/fs/cgroup/memory/memory.limit_in_bytes",
)
_budget: ContextVar[tuple[int, str] | None] = ContextVar("budget", default=None)


@contextmanager
def memory_budget(limit: int, said: str = "{} are allowed") -> Generator[None]:
    """Let one recording, or one player, take at most ``limit`` bytes of memory inside.

    Args:
        limit: in bytes.
        said: how a refusal says it; with ``{}`` for the limit.
    """
    token = _budget.set((limit, said))
    try:
        yield
    finally:
        _budget.reset(token)


def memory_allowed() -> tuple[int, str]:
    """Return how many bytes one recording, or one player, may take, and how to say it.

    Where no budget is set, that is what this machine has.
    """
    limit, said = _budget.get() or (machine_memory(), "this machine has {}")
    return limit, said.format(memory_text(limit))


@cache
def machine_memory(containers: Sequence[str] = CONTAINERS) -> int:
    """Return the bytes of memory that this machine has, or the container that this runs in."""
    found = [UNKNOWN]
    if "SC_PHYS_PAGES" in getattr(os, "sysconf_names", {}):
        found = [os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")]
    for file in containers:
        try:
            with open(file, encoding="ascii") as opened:
                found.append(int(opened.read()))
        except (OSError, ValueError):  # not Linux, or no limit: "max"
            continue
    return min(found)


def memory_text(size: int) -> str:
    """Write a number of bytes for a person: ``512 MiB``, ``1.5 GiB``."""
    if size < 2**30:
        return f"{size / 2**20:,.0f} MiB" if size >= 2**20 else f"{size:,} bytes"
    return f"{size / 2**30:,.1f} GiB"
