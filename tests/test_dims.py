"""Named sizes: a size that may change is not the number it happens to be."""

from __future__ import annotations

import copy
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whygrad.engine.dims import (
    Dim,
    broadcast,
    canonical_axes,
    normalise_axes,
    reduced_shape,
    same_shape,
    same_size,
    show_shape,
)
from whygrad.errors import ShapeError

ONE, FOUR = Dim("batch", 1), Dim("batch", 4)


def test_a_dim_is_an_int_that_remembers_its_name() -> None:
    assert FOUR == 4
    assert FOUR * 2 == 8
    for again in (copy.deepcopy(FOUR), pickle.loads(pickle.dumps(FOUR))):
        assert (again, again.name, repr(again)) == (4, "batch", "batch=4")


@pytest.mark.parametrize(
    ("a", "b", "same"),
    [
        (4, 4, True),
        (4, 3, False),
        (FOUR, 4, True),
        (FOUR, Dim("hidden", 4), False),
        (ONE, 1, False),
        (1, ONE, False),
        (1, 1, True),
        (ONE, ONE, True),
        (ONE, Dim("hidden", 1), False),
    ],
)
def test_same_at_every_size(a: int, b: int, same: bool) -> None:
    assert same_size(a, b) is same
    assert same_shape((2, a), (2, b)) is same
    assert not same_shape((a,), (a, a))


def test_broadcasting_keeps_names() -> None:
    assert show_shape(broadcast("add", (FOUR, 3), (3,))) == "(batch=4, 3)"
    assert show_shape(broadcast("add", (ONE, 3), (1, 3))) == "(batch=1, 3)"
    assert show_shape(broadcast("add", (1, 3), (ONE, 3))) == "(batch=1, 3)"
    assert show_shape(broadcast("add", (4, 1), (FOUR, 1))) == "(batch=4, 1)"
    assert show_shape(broadcast("add", (ONE,), (5,))) == "(5,)"
    assert broadcast("add", (), ()) == ()
    with pytest.raises(ShapeError, match=r"add: .*\(batch=4, 3\) and \(5, 3\).*axis -2.*4 and 5"):
        broadcast("add", (FOUR, 3), (5, 3))


sizes = st.integers(1, 3).flatmap(
    lambda n: st.sampled_from([n, Dim("batch", n), Dim(f"h{n}", n), 1])
)


@given(st.lists(sizes, max_size=3).map(tuple), st.lists(sizes, max_size=3).map(tuple))
def test_broadcasting_is_numpys(a: tuple[int, ...], b: tuple[int, ...]) -> None:
    import numpy as np

    try:
        expected = np.broadcast_shapes(a, b)
    except ValueError:
        with pytest.raises(ShapeError):
            broadcast("add", a, b)
        return
    together = broadcast("add", a, b)
    assert tuple(map(int, together)) == expected
    for size in together[-len(a) :] if a else ():
        assert isinstance(size, Dim) or size in (*a, *b)


def test_axes() -> None:
    assert normalise_axes("sum", None, 2) == (-2, -1)
    assert normalise_axes("sum", (1, 0), 2) == (-2, -1)
    assert normalise_axes("sum", -1, 2) == (-1,)
    canonical_axes("sum", (-2, -1), (3, 4))
    with pytest.raises(ShapeError, match=r"axes \(0,\) of \(3, 4\) must be .* as \(-2,\)"):
        canonical_axes("sum", (0,), (3, 4))
    with pytest.raises(ShapeError, match="there is no axis -3; allowed: -2 to 1"):
        normalise_axes("sum", -3, 2)
    assert reduced_shape((FOUR, 3), (-1,), True) == (4, 1)
    assert show_shape(reduced_shape((FOUR, 3), (-1,), False)) == "(batch=4,)"
