"""docs/tape-format.md is true of the code."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from whygrad.engine.formula import Expr
from whygrad.engine.op import DTYPES
from whygrad.engine.ops import OPS
from whygrad.tape.tape import FORMAT, PHASES, ROLES, Tape
from whygrad.training.start import start

DOC = (Path(__file__).parents[1] / "docs" / "tape-format.md").read_text(encoding="utf-8")
BLOCKS = [json.loads(block) for block in re.findall(r"```json\n(.*?)```", DOC, re.DOTALL)]


def section(title: str) -> str:
    """Return what stands under a heading, up to the next."""
    return re.split(r"\n##+ ", DOC.split(f"### {title}\n")[1])[0]


def nodes(node: Any) -> Iterator[Expr]:
    if isinstance(node, Expr):
        yield node
        for part in node.args:
            yield from nodes(part)


def trees() -> Iterator[Expr]:
    for op in OPS.values():
        yield from nodes(op.formula.element)
        for use in op.formula.uses:
            if use is not None:
                yield from nodes(use.local)


USES = [use for op in OPS.values() for use in op.formula.uses if use is not None]
HEADS = {tree.head for tree in trees()}
RANGES = {over[0] for use in USES for _, over in use.over} | {
    tree.args[0 if tree.head == "count" else 1][0]
    for tree in trees()
    if tree.head in ("sum", "largest", "count")
}
MAPS = {use.index[0] for use in USES} | {
    tree.args[-1][0] for tree in trees() if tree.head in ("in", "out")
}


@pytest.mark.parametrize("head", sorted(HEADS))
def test_every_head_is_documented(head: str) -> None:
    assert f"`{head}`" in section("Heads")


@pytest.mark.parametrize("kind", sorted(MAPS))
def test_every_index_map_is_documented(kind: str) -> None:
    assert f'`["{kind}"' in section("Index maps")


@pytest.mark.parametrize("kind", sorted(RANGES))
def test_every_range_is_documented(kind: str) -> None:
    assert f'`["{kind}"' in section("Ranges")


def test_every_word_of_the_record_is_documented() -> None:
    for word in (*PHASES, *ROLES, *DTYPES):
        assert f"`{word}`" in DOC
    assert FORMAT in DOC


def test_the_example_is_what_the_code_makes() -> None:
    iteration = start("fanout").iteration
    tape, run = BLOCKS
    assert iteration.tape.to_json() == tape
    assert iteration.run.to_json() == run
    assert Tape.from_json(tape) == iteration.tape
