"""How much memory may be taken: what the machine has, or a budget, which a refusal says."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from whygrad.engine.memory import (
    UNKNOWN,
    machine_memory,
    memory_allowed,
    memory_budget,
    memory_text,
)


def test_without_a_budget_the_machine_has_the_say() -> None:
    limit, said = memory_allowed()
    assert limit == machine_memory()
    assert said == f"this machine has {memory_text(machine_memory())}"
    with memory_budget(2**20):
        assert memory_allowed() == (2**20, "1 MiB are allowed")
        with memory_budget(2**30, "a page may use {}"):
            assert memory_allowed() == (2**30, "a page may use 1.0 GiB")
        assert memory_allowed()[0] == 2**20


def test_a_container_may_have_less_than_the_machine(tmp_path: Path) -> None:
    limit, none = tmp_path / "limit", tmp_path / "none"
    limit.write_text("1048576\n")
    none.write_text("max\n")
    assert machine_memory((str(tmp_path / "nothing"), str(none), str(limit))) == 2**20
    assert machine_memory((str(none),)) == machine_memory(())


def test_where_the_system_does_not_tell(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(os, "sysconf_names", {})
    assert machine_memory((str(tmp_path),)) == UNKNOWN


@pytest.mark.parametrize(
    ("size", "text"),
    [(0, "0 bytes"), (65536, "65,536 bytes"), (2**29, "512 MiB"), (15 * 2**28, "3.8 GiB")],
)
def test_sizes_are_written_for_people(size: int, text: str) -> None:
    assert memory_text(size) == text
