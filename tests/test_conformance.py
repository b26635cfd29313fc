"""The cases that the browser is checked on are those that Python gives today."""

from __future__ import annotations

import json
import math
from typing import Any

import make_conformance
import make_glossary
import make_sentences
import numpy as np
import pytest

from whygrad.engine.ops import OPS
from whygrad.tape.run import Run
from whygrad.tape.tape import Tape

HINT = "out of date: run python scripts/make_conformance.py and commit what it writes"
#: how far numbers may be apart between machines; an error of rounding is all of a gradient check
RELATIVE = {"whatifs.json": 1e-6}
ABSOLUTE = {"whatifs.json": 1e-8}


def apart(a: Any, b: Any, rel: float, least: float, at: str = "") -> str:
    """Return where JSON data differs, numbers by more than their last bits; nothing if nowhere."""
    if isinstance(a, dict) and isinstance(b, dict):
        if list(a) != list(b):
            return f"{at}: other keys"
        parts = ((f"{at}/{key}", a[key], b[key]) for key in a)
    elif isinstance(a, list) and isinstance(b, list):
        if len(a) != len(b):
            return f"{at}: another length"
        parts = ((f"{at}/{n}", x, y) for n, (x, y) in enumerate(zip(a, b, strict=True)))
    elif isinstance(a, float) and isinstance(b, float):
        return "" if math.isclose(a, b, rel_tol=rel, abs_tol=least) else f"{at}: {a}, not {b}"
    else:
        return "" if type(a) is type(b) and a == b else f"{at}: {a}, not {b}"
    return next(filter(None, (apart(x, y, rel, least, where) for where, x, y in parts)), "")


#: which formulas give their result to the last bit hangs on the machine; test_display.py holds them
OF_A_MACHINE = {"display.json"}


@pytest.mark.parametrize("name", sorted(make_conformance.FILES.keys() - OF_A_MACHINE))
def test_the_committed_cases_are_up_to_date(name: str) -> None:
    kept = json.loads((make_conformance.FOLDER / name).read_text(encoding="utf-8"))
    now = json.loads(make_conformance.text(make_conformance.FILES[name]()))
    found = apart(kept, now, RELATIVE.get(name, 1e-11), ABSOLUTE.get(name, 1e-14))
    assert not found, f"{name} is {HINT}: {found}"


@pytest.mark.parametrize("preset", make_conformance.READ)
def test_ladders_read_as_they_were_read(preset: str) -> None:
    file = make_conformance.SNAPSHOTS / f"{preset}.txt"
    assert make_conformance.snapshot(preset) == file.read_text(encoding="utf-8"), HINT


def test_the_page_has_the_sentences_of_the_catalogue() -> None:
    hint = "out of date: run python scripts/make_sentences.py and commit what it writes"
    assert make_sentences.TARGET.read_text(encoding="utf-8") == make_sentences.text(), hint


def test_the_words_of_the_page_are_those_of_the_glossary() -> None:
    hint = "out of date: run python scripts/make_glossary.py and commit what it writes"
    assert make_glossary.TARGET.read_text(encoding="utf-8") == make_glossary.written(), hint


def test_every_op_has_a_case() -> None:
    assert {case["op"] for case in make_conformance.op_cases()} == set(OPS)


def test_a_tape_and_its_run_survive_the_journey_through_json() -> None:
    for case in json.loads(make_conformance.text(make_conformance.tape_cases())):
        tape = Tape.from_json(case["tape"])
        run = Run.from_json(tape, case["run"])
        assert run.arrays[tape.loss] == pytest.approx(case["losses"][0], rel=1e-15)
        assert all(np.isfinite(array).all() for array in run.arrays)
