"""Formulas: evaluation as NumPy does it, text as Python reads it."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from whygrad.engine.formula import (
    Expr,
    Formula,
    StepContext,
    call,
    choose,
    evaluate,
    expr,
    flat,
    leaves,
    number_text,
    place,
    place_local,
    settled,
    to_python,
    unflat,
)
from whygrad.engine.moves import Moves
from whygrad.engine.ops import OPS

NOTHING = Moves(OPS["identity"], [np.zeros(2)], (2,), {})
A, B = Expr("leaf", (0, 0)), Expr("leaf", (1, 0))
NAMES = {name: getattr(math, name) for name in ("exp", "log", "sqrt", "tanh")}
ODD = [0.0, -0.0, 1.0, -1.0, 2.0, -2.5, 0.5, 1e-320, 1e308, -1e308, 800.0, -800.0]
ODD += [math.inf, -math.inf, math.nan]
small = st.sampled_from([0.0, -0.0, 1.0, -1.0, 2.0, -2.5, 0.5, 0.1, 3.0, 800.0, -800.0])
numbers = st.one_of(st.sampled_from(ODD), st.floats())
UFUNCS = {
    **{"add": np.add, "sub": np.subtract, "mul": np.multiply, "div": np.divide, "pow": np.power},
    **{"max": np.maximum, "min": np.minimum, "gt": np.greater, "ge": np.greater_equal},
    "eq": np.equal,
}
UNARY = {
    **{"neg": np.negative, "exp": np.exp, "log": np.log, "sqrt": np.sqrt, "tanh": np.tanh},
    "abs": np.absolute,
}


@given(st.sampled_from(sorted(UFUNCS)), numbers, numbers)
def test_two_numbers_as_numpy(head: str, a: float, b: float) -> None:
    # NumPy itself says nan or inf, by whether it is asked for one number or for many
    assume(not (head == "pow" and a == -math.inf and b == 0.5))
    with np.errstate(all="ignore"):
        expected = float(UFUNCS[head](np.float64(a), np.float64(b)))
    got = float(evaluate(Expr(head, (A, B)), lambda value, _: (a, b)[value]))
    np.testing.assert_allclose(got, expected, rtol=1e-14)


@given(st.sampled_from(sorted(UNARY)), numbers)
def test_one_number_as_numpy(head: str, a: float) -> None:
    with np.errstate(all="ignore"):
        expected = float(UNARY[head](np.float64(a)))
    got = evaluate(Expr(head, (A,)), lambda *_: a)
    np.testing.assert_allclose(got, expected, rtol=1e-12, atol=1e-300)


ARITHMETIC = ["add", "sub", "mul", "div", "pow", "max", "min"]
trees = st.recursive(
    st.one_of(st.sampled_from([A, B]), small.map(expr)),
    lambda inner: st.one_of(
        st.builds(lambda h, a, b: Expr(h, (a, b)), st.sampled_from(ARITHMETIC), inner, inner),
        st.builds(lambda h, a: Expr(h, (a,)), st.sampled_from(sorted(UNARY)), inner),
        st.lists(inner, min_size=2, max_size=4).map(lambda terms: Expr("terms", tuple(terms))),
    ),
    max_leaves=12,
)


@given(trees, small, small)
def test_the_text_means_what_the_tree_does(tree: Expr, a: float, b: float) -> None:
    def get(value: int, _: int) -> float:
        return (a, b)[value]

    expected = evaluate(tree, get)
    if not math.isfinite(expected):
        return
    text = to_python(settled(tree, get), lambda value, at: number_text(get(value, at)))
    assert "complex" not in type(eval(text, {**NAMES, "max": max, "min": min})).__name__
    got = float(eval(text, {**NAMES, "max": max, "min": min}))
    assert got == pytest.approx(expected, rel=1e-9, abs=1e-9)


@pytest.mark.parametrize(
    ("tree", "text"),
    [
        ((A + B) * A, "(a + b) * a"),
        (A - (B - A), "a - (b - a)"),
        (A / (B * A), "a / (b * a)"),
        (A * (B / A), "a * b / a"),
        (-(A**2.0), "-(a ** 2)"),
        ((-A) ** 2.0, "(-a) ** 2"),
        (A + expr(-3.0), "a + (-3)"),
        (A * -0.5, "a * (-0.5)"),
        (1.0 - A, "1 - a"),
        (2.0 / A + 1.0 * B, "2 / a + 1 * b"),
        (3.0 + A, "3 + a"),
        (call("exp", -A), "exp(-a)"),
        (call("abs", A - B), "max(a - b, -(a - b))"),
        (call("max", A, 0.0), "max(a, 0)"),
        (Expr("terms", (-A, -B, A * B)), "-a + (-b) + a * b"),
    ],
    ids=str,
)
def test_how_it_is_written(tree: Expr, text: str) -> None:
    assert to_python(tree, lambda value, _: "ab"[value]) == text


def test_numbers_in_full() -> None:
    shown = {0.1: "0.1", 3.0: "3", -0.0: "-0.0", 1e20: "1e+20", math.inf: "1e999"}
    assert {x: number_text(x) for x in shown} == shown
    assert number_text(-math.inf) == "-1e999"
    assert math.isnan(eval(number_text(math.nan)))


def test_a_saturated_sigmoid_can_be_evaluated() -> None:
    tree = 1.0 / (1.0 + call("exp", -A))
    assert evaluate(tree, lambda *_: -1000.0) == 0.0
    text = to_python(settled(tree, lambda *_: -1000.0), lambda *_: "-1000")
    assert text == "1 / (1 + 1e999)"
    assert eval(text) == 0.0


def test_a_sum_of_many_terms_can_be_read_by_python() -> None:
    tree = Expr("terms", tuple(Expr("leaf", (0, n)) for n in range(20_000)))
    assert eval(to_python(tree, lambda _, n: str(n))) == sum(range(20_000))


def test_choosing_a_branch() -> None:
    tree = Expr("cases", (Expr("gt", (A, expr(0.0))), A, -A)) + B
    assert choose(tree, lambda *_: 2.0) == A + B
    assert choose(tree, lambda *_: -2.0) == -A + B
    assert list(leaves(tree)) == [(0, 0), (0, 0), (0, 0), (1, 0)]


def test_positions() -> None:
    for position in range(24):
        assert flat(unflat(position, (2, 3, 4)), (2, 3, 4)) == position
    assert unflat(0, ()) == ()


def test_a_formula_as_json() -> None:
    data = OPS["matmul"].formula.to_json()
    assert data["axes"] == ["i", "j"]
    assert data["element"] == [
        "sum",
        "k",
        ["axis", 0, -1],
        ["mul", ["in", 0, ["axes", "i", "k"]], ["in", 1, ["axes", "k", "j"]]],
    ]
    assert data["uses"][0]["over"] == [["k", ["axis", 0, -1]]]
    assert OPS["gt"].formula.to_json()["uses"] == [None, None]


@pytest.mark.parametrize("a", [0.0, -0.0])
@pytest.mark.parametrize("b", [-1.0, -2.0, -3.0, -0.5])
def test_zero_to_a_negative_power(a: float, b: float) -> None:
    with np.errstate(all="ignore"):
        expected = np.power(a, b)
    assert evaluate(Expr("pow", (A, B)), lambda value, _: (a, b)[value]) == expected


@pytest.mark.parametrize(("a", "b"), [(1e308, 2.0), (-1e308, 2.0), (-1e308, 3.0), (-2.0, 0.5)])
def test_powers_that_are_too_large_or_no_number(a: float, b: float) -> None:
    with np.errstate(all="ignore"):
        expected = np.power(a, b)
    got = evaluate(Expr("pow", (A, B)), lambda value, _: (a, b)[value])
    np.testing.assert_array_equal(got, expected)


def test_an_argument_without_a_derivative_has_no_local_ones() -> None:
    chosen = StepContext(
        OPS["where"].formula, (0, 1, 2), ((2,),) * 3, 3, (2,), {}, lambda *_: 0, NOTHING
    )
    assert list(place_local(chosen, 0, (1,))) == []
    ((index, _),) = place_local(chosen, 1, (1,))
    assert index == (1,)


@pytest.mark.parametrize("a", [0.0, -0.0, 2.0, -2.0, math.inf, -math.inf, math.nan])
@pytest.mark.parametrize("b", [0.0, -0.0])
def test_division_by_zero(a: float, b: float) -> None:
    with np.errstate(all="ignore"):
        expected = np.divide(a, b)
    got = evaluate(Expr("div", (A, B)), lambda value, _: (a, b)[value])
    np.testing.assert_array_equal(got, expected)


def placed(formula: Formula, shape: tuple[int, ...] = (2,), params: Any = None) -> StepContext:
    given = {"axis": -1} if params is None else params
    return StepContext(formula, (0, 1), ((2,), (2,)), 2, shape, given, lambda *_: 0, NOTHING)


def test_a_formula_that_speaks_of_what_there_is_not() -> None:
    unknown_map = placed(Formula(Expr("in", (0, ("sideways",))), (None,)))
    with pytest.raises(AssertionError, match="unknown index map sideways"):
        place(unknown_map, (0,))
    unknown_range = placed(Formula(Expr("count", (("sideways", 0),)), (None,)))
    with pytest.raises(AssertionError, match="unknown range sideways"):
        place(unknown_range, (0,))
