"""The cases that the browser is checked on are those that the table of ops gives today."""

from __future__ import annotations

import json
import math
from typing import Any

import make_conformance
import numpy as np
import pytest

from whygrad.engine.ops import OPS
from whygrad.tape.run import Run
from whygrad.tape.tape import Tape

HINT = "out of date: run python scripts/make_conformance.py and commit what it writes"


def same(a: Any, b: Any) -> bool:
    """Compare JSON; numbers may differ in the last bits, as they do between machines."""
    if isinstance(a, dict) and isinstance(b, dict):
        return list(a) == list(b) and all(same(a[key], b[key]) for key in a)
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, float) and isinstance(b, float):
        return math.isclose(a, b, rel_tol=1e-11, abs_tol=1e-14)
    return type(a) is type(b) and a == b


@pytest.mark.parametrize("name", make_conformance.FILES)
def test_the_committed_cases_are_up_to_date(name: str) -> None:
    kept = json.loads((make_conformance.FOLDER / name).read_text(encoding="utf-8"))
    now = json.loads(make_conformance.text(make_conformance.FILES[name]()))
    assert len(kept) == len(now), HINT
    for before, after in zip(kept, now, strict=True):
        assert same(before, after), f"{before.get('op') or before['name']} is {HINT}"


def test_every_op_has_a_case() -> None:
    assert {case["op"] for case in make_conformance.op_cases()} == set(OPS)


def test_a_tape_and_its_run_survive_the_journey_through_json() -> None:
    for case in json.loads(make_conformance.text(make_conformance.tape_cases())):
        tape = Tape.from_json(case["tape"])
        run = Run.from_json(tape, case["run"])
        assert run.arrays[tape.loss] == pytest.approx(case["losses"][0], rel=1e-15)
        assert all(np.isfinite(array).all() for array in run.arrays)
