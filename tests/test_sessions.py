"""The trainings that the page's session is checked on are those that Python gives today."""

from __future__ import annotations

import json
from typing import Any

import make_sessions
import pytest

KEPT = {case["name"]: case for case in json.loads(make_sessions.FILE.read_text(encoding="utf-8"))}


def numbers(data: Any) -> list[float]:
    """Return all numbers of JSON data, in order."""
    if isinstance(data, dict):
        return [number for item in data.values() for number in numbers(item)]
    if isinstance(data, list):
        return [number for item in data for number in numbers(item)]
    return [data] if isinstance(data, float) else []


def shape(data: Any) -> Any:
    """Return JSON data with a mark in place of each number that may differ in its last bits."""
    if isinstance(data, dict):
        return {key: shape(item) for key, item in data.items()}
    if isinstance(data, list):
        return [shape(item) for item in data]
    return "a number" if isinstance(data, float) else data


@pytest.mark.parametrize("case", make_sessions.sessions(), ids=lambda case: case["name"])
def test_the_committed_trainings_are_up_to_date(case: dict[str, Any]) -> None:
    kept, now = KEPT[case["name"]], json.loads(make_sessions.text([case]))[0]
    hint = "out of date: run python scripts/make_sessions.py and commit what it writes"
    assert shape(kept) == shape(now), hint
    assert numbers(kept) == pytest.approx(numbers(now), rel=1e-11, abs=1e-14), hint
