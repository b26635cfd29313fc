"""The numbers of a play, by name and element."""

from __future__ import annotations

import numpy as np
import pytest

import whygrad as wg
from whygrad.errors import TapeError, UnknownName, WhygradError
from whygrad.tape.record import write
from whygrad.tape.run import Run, leaves_of

x = wg.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], name="x")
w = wg.tensor(2.0, name="w")
TAPE, RUN, IDS = write((x * w).named("z").sum().named("L"))


def test_by_name_and_by_id() -> None:
    assert RUN["w"] == RUN[TAPE.find("w").id] == 2.0
    assert RUN.element("x[1,2]") == (IDS[x], 5)
    assert RUN.element("x[ 1 , 0 ]") == (IDS[x], 3)
    assert RUN.element("w") == (IDS[w], 0)
    assert RUN.number(*RUN.element("z[0,1]")) == 4.0
    assert RUN.label(IDS[x], 5) == "x[1,2]"
    assert RUN.label(IDS[w], 0) == "w"
    assert leaves_of(RUN).keys() == {IDS[x], IDS[w]}


def test_by_the_name_that_is_shown() -> None:
    weight = wg.tensor([[3.0, 4.0]], name="W1")
    tape, run, ids = write((weight * 2.0).named("yhat").sum().named("L"))
    assert run.element("W₁[0,1]") == (ids[weight], 1)
    assert tape.find("ŷ") is tape.find("yhat")


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("x", r"x has shape \(2, 3\): say which element, such as x\[0,0\]"),
        ("x[2,0]", r"there is no element \[2,0\]"),
        ("x[0]", r"there is no element \[0\]"),
        ("w[0]", r"w has shape \(\): there is no element"),
        ("y[0,0]", "unknown value 'y'"),
        ("x[-1,0]", "unknown value"),
        ("x[,]", "unknown value"),
        ("x[]", "unknown value"),
        ("", "unknown value"),
    ],
)
def test_names_of_nothing(name: str, says: str) -> None:
    with pytest.raises(WhygradError, match=says):
        RUN.element(name)


def test_an_array_that_is_read_out_cannot_be_written_to() -> None:
    for array in (RUN["x"], RUN["z"], RUN["L"]):
        with pytest.raises(ValueError, match="read-only"):
            array[...] = 0.0
    with pytest.raises(UnknownName):
        RUN["nothing"]


@pytest.mark.parametrize(
    ("bad", "says"),
    [
        ({"values": [1]}, "has 4 values"),
        ({}, "has 4 values"),
        ([], "has 4 values"),
        (None, "has 4 values"),
        (1, r"run.values\[0\] must be float64 numbers in the shape \(2, 3\)"),
        ([[1, 2, 3]], "in the shape"),
        ([[1, 2, "3"], [4, 5, 6]], "must be float64 numbers"),
        ([[1, 2, None], [4, 5, 6]], "must be float64 numbers"),
        ([[1, 2, True], [4, 5, 6]], "must be float64 numbers"),
        ([[1, 2, 10**400], [4, 5, 6]], "must be float64 numbers"),
        ([[1, 2, 3], [4, 5, [6]]], "must be float64 numbers"),
    ],
    ids=range(11),
)
def test_a_faulty_run_is_refused(bad: object, says: str) -> None:
    data = RUN.to_json()
    if isinstance(bad, int) or (isinstance(bad, list) and bad):
        data["values"][0] = bad
    else:
        data = bad
    with pytest.raises(TapeError, match=says):
        Run.from_json(TAPE, data)


def test_whole_numbers_and_truths() -> None:
    index = wg.tensor([1, 0], dtype=int)
    tape, run, _ = write(wg.where(x[index] > 2.0, 1.0, 0.0).sum())
    again = Run.from_json(tape, run.to_json())
    assert [a.dtype for a in again.arrays] == [a.dtype for a in run.arrays]
    assert all(map(np.array_equal, again.arrays, run.arrays))
    data = run.to_json()
    place = next(n for n, v in enumerate(tape.values) if v.dtype == "int64")
    data["values"][place] = [1.5, 0]
    with pytest.raises(TapeError, match="must be int64 numbers"):
        Run.from_json(tape, data)
