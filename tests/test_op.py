"""A row of the table is complete or refused."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from whygrad.engine.op import find, table
from whygrad.engine.ops import OPS
from whygrad.errors import UnknownName, WhygradError

ADD = OPS["add"]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"forward": None}, "needs a forward rule, or a view"),
        ({"view": lambda x, shape: x}, "and not both"),
        ({"examples": ()}, "no examples"),
        ({"title": ""}, "how it reads aloud"),
        ({"pullbacks": ADD.pullbacks[:1]}, "takes 2 inputs and has 1 pullbacks"),
        ({"formula": replace(ADD.formula, uses=ADD.formula.uses[:1])}, "its formula has 1 uses"),
        ({"pullbacks": (None, ADD.pullbacks[1])}, "input 0 has a pullback without"),
        ({"side": ADD.formula.element}, "does not say which derivative is used"),
        ({"forward": None, "view": lambda x, shape: x}, "no memory of its own to write over"),
        (
            {"forward": None, "view": lambda x, shape: x, "in_place": False},
            "given a leading axis with its shape",
        ),
    ],
)
def test_an_incomplete_row_is_refused(change: dict[str, Any], says: str) -> None:
    with pytest.raises(WhygradError, match=f"op 'add' is refused: .*{says}"):
        table(replace(ADD, **change))


def test_two_rows_of_one_name_are_refused() -> None:
    with pytest.raises(WhygradError, match="its name is taken"):
        table(ADD, ADD)


def test_finding_a_row() -> None:
    assert find(OPS, "add") is ADD
    with pytest.raises(UnknownName, match="did you mean 'add'"):
        find(OPS, "addd")
