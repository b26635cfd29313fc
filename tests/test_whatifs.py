"""The mistakes and answers that the page is checked on are those that Python gives today."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import make_whatifs
import pytest


def same(a: Any, b: Any) -> bool:
    """Compare JSON; numbers may differ in the last bits, which an error of rounding is all of."""
    if isinstance(a, dict) and isinstance(b, dict):
        return list(a) == list(b) and all(same(a[key], b[key]) for key in a)
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, float) and isinstance(b, float):
        return math.isclose(a, b, rel_tol=1e-6, abs_tol=1e-8)
    return type(a) is type(b) and a == b


@pytest.mark.parametrize("file", make_whatifs.FILES, ids=lambda file: file.name)
def test_the_committed_cases_are_up_to_date(file: Path) -> None:
    kept = json.loads(file.read_text(encoding="utf-8"))
    now = json.loads(make_whatifs.text(make_whatifs.FILES[file]()))
    assert same(kept, now), "out of date: run python scripts/make_whatifs.py and commit the files"
