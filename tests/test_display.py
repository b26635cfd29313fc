"""Numbers and formulas as a person reads them, and the law that what is shown adds up."""

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import whygrad as wg
from whygrad.engine.formula import Expr
from whygrad.engine.tensor import Tensor
from whygrad.explain.display import (
    ALL_DIGITS,
    in_numbers,
    in_symbols,
    number,
    rounded,
    shown,
    typeset,
)
from whygrad.explain.formulas import formula
from whygrad.explain.worked import worked_steps
from whygrad.spec import preset_names
from whygrad.tape.run import Run
from whygrad.tape.tape import Tape
from whygrad.training.start import start

VECTORS = Path(__file__).parent / "conformance" / "display.json"
FLOATS = st.floats(-1e300, 1e300)
FUNCTIONS = {name: getattr(math, name) for name in ("exp", "log", "sqrt", "tanh")}

NUMBERS = [
    (0.5, "0.5"),
    (-1.75, "−1.75"),
    (2.0, "2"),
    (0.0, "0"),
    (-0.0, "0"),
    (3.0625, "3.0625"),  # six digits hold it: it is not rounded
    (123456.0, "123456"),
    (1.158340625, "1.158"),
    (0.17500000000000002, "0.175"),
    (1 / 3, "0.3333"),
    (0.00012345678, "0.0001235"),
    (0.000012345678, "1.235e−5"),
    (1e-7, "1.0e−7"),
    (-1.23456789e-9, "−1.235e−9"),
    (0.99995123, "1"),
    (1234.5678, "1235"),
    (1234567.0, "1.235e6"),
    (999999.5, "1.0e6"),
    (2.00048828125, "2"),
    (1000.5000000001, "1001"),
    (5e-324, "5.0e−324"),
    (1e21, "1.0e21"),
    (math.inf, "∞"),
    (math.nextafter(1.4225, 2), "1.4225"),  # off by rounding alone
    (math.nextafter(0.123456, 0), "0.123456"),
    (-math.inf, "−∞"),
    (math.nan, "NaN"),
]


@pytest.mark.parametrize(("x", "text"), NUMBERS)
def test_a_number_has_four_significant_digits(x: float, text: str) -> None:
    assert number(x) == text


def test_more_digits_when_asked_and_all_of_them_at_seventeen() -> None:
    assert number(1 / 3, 6) == "0.333333"
    assert number(0.1 + 0.2, ALL_DIGITS) == "0.30000000000000004"
    assert number(0.1, ALL_DIGITS) == "0.1"


@given(FLOATS, st.integers(4, ALL_DIGITS))
def test_what_is_shown_is_what_rounded_gives(x: float, digits: int) -> None:
    read = as_number(number(x, digits))
    assert read == rounded(x, digits)
    assert number(read, digits) == number(x, digits)
    assert math.copysign(1, rounded(0.0 * x, digits)) == 1


@pytest.mark.parametrize(
    ("python", "typed"),
    [
        ("0.5 * 1 + 0", "0.5 × 1 + 0"),
        ("(yhat - t) ** 2", "(yhat − t)²"),
        ("x ** 12", "x ^ 12"),
        ("2 ** 0.5", "2 ^ 0.5"),
        ("-1.75e-09 * (-2)", "−1.75e−9 × (−2)"),
        ("max(z1, -(z1))", "max(z1, −(z1))"),
        ("W₁[0,12] * x[1,0]", "W₁[0,12] × x[1,0]"),
        ("1 / 1e-12", "1 / 1.0e−12"),
    ],
)
def test_arithmetic_is_written_as_people_do(python: str, typed: str) -> None:
    assert typeset(python) == typed


def test_a_formula_in_symbols_and_in_numbers() -> None:
    run = start("flow").iteration.run
    tree = formula(run, *run.element("dL/dw2"))
    assert in_symbols(tree, run) == "∂L/∂ŷ × a₁"
    assert in_numbers(tree, run.number, 4) == "−3.5 × 0.5"


def test_inputs_get_the_digits_that_the_result_needs() -> None:
    total = Expr("add", (Expr("leaf", (0, 0)), Expr("leaf", (1, 0))))
    thirds = [1 / 3, 1 / 3 + 0.0002]
    found = shown(total, lambda value, _: thirds[value], sum(thirds))
    assert found.result == "0.6669"
    assert found.digits == 5
    assert in_numbers(total, lambda value, _: thirds[value], 5) == "0.33333 + 0.33353"


def test_what_is_not_finite_is_shown_so() -> None:
    double = Expr("mul", (Expr("number", (2.0,)), Expr("leaf", (0, 0))))
    for x, text in ((math.inf, "2 × ∞"), (-math.inf, "2 × (−∞)"), (math.nan, "2 × NaN")):
        found = shown(double, lambda *_, x=x: x, 2 * x)
        assert (found.digits, found.result) == (4, number(x))
        assert in_numbers(double, lambda *_, x=x: x, 4) == text


def test_a_result_that_the_formula_does_not_come_to_is_shown_in_full() -> None:
    # summed in another order, 0.1 + 0.2 - 0.3 is another number of the size of the rounding error
    total = Expr("add", (Expr("leaf", (0, 0)), Expr("leaf", (1, 0))))
    found = shown(total, lambda value, _: [0.1 + 0.2, -0.3][value], 2.7755575615628914e-17)
    assert (found.digits, found.result_digits) == (17, 17)
    assert found.result == "2.7755575615628914e−17"


# --- the law ----------------------------------------------------------------------------------


def assert_adds_up(run: Run, *, fold: bool, most: int = 20) -> None:
    """Read every equation of a run as it is shown, work it out, and show that."""
    for step in worked_steps(run.tape, unfold=not fold):
        for at in range(min(run.arrays[step.value].size, most)):
            tree = formula(run, step.value, at, fold=fold)
            found = shown(tree, run.number, run.number(step.value, at))
            text = in_numbers(tree, run.number, found.digits)
            where = f"{in_symbols(tree, run)} = {text} = {found.result}"
            assert same(worked_out(text), as_number(found.result), found.result_digits), where


def same(x: float, y: float, digits: int) -> bool:
    return f"{x:.{digits - 1}e}" == f"{y:.{digits - 1}e}" or x == y == 0


def as_number(text: str) -> float:
    return float(text.replace("−", "-"))


def worked_out(text: str) -> float:
    for read, typed in ("×", "*"), ("−", "-"), (" ^ ", "**"), ("²", "**2"), ("³", "**3"):
        text = text.replace(read, typed)
    return float(eval(text, {"__builtins__": {}, "max": max, "min": min, **FUNCTIONS}))


@pytest.mark.parametrize("fold", [True, False])
@pytest.mark.parametrize("preset", preset_names())
def test_every_equation_of_a_preset_adds_up(preset: str, fold: bool) -> None:
    training = start(preset)
    assert_adds_up(training.iteration.run, fold=fold)
    assert_adds_up(training.iteration.play(7), fold=fold)


@settings(max_examples=40)
@given(
    st.lists(st.floats(-3, 3, width=32), min_size=4, max_size=4),
    st.lists(
        st.sampled_from(["add", "mul", "sub", "tanh", "square", "exp", "relu", "div"]), max_size=6
    ),
)
def test_every_equation_of_a_random_tape_adds_up(numbers: list[float], ops: list[str]) -> None:
    def grown(x: Tensor) -> Tensor:
        a, b = x, x * 0.7 + 1 / 3
        for op in ops:
            match op:
                case "add":
                    a, b = a + b, a
                case "mul":
                    a, b = a * b, a
                case "sub":
                    a, b = a - 0.3 * b, a
                case "div":
                    a, b = a / (1 + b.square()), a
                case "tanh" | "exp":
                    a = a.tanh() if op == "tanh" else a.tanh().exp()
                case "square":
                    a = (a * 0.3).square()
                case _:
                    a = a.relu()
        return (a * b).sum()

    x = wg.tensor(np.array(numbers), role="parameter", name="x")
    assert_adds_up(recorded(grown(x), x), fold=True)


def recorded(loss: Tensor, x: Tensor) -> Run:
    from whygrad.training.trace import record_iteration

    tape, run, _ = record_iteration(loss.named("L"), [x], None, {})
    assert isinstance(tape, Tape)
    return run


# --- the vectors that the page is held to -----------------------------------------------------


def test_the_vectors_still_hold() -> None:
    data = json.loads(VECTORS.read_text(encoding="utf-8"))
    for x, digits, text in data["number"]:
        assert number(x, digits) == text
    for case in data["shown"]:
        numbers = {(value, at): x for value, at, x in case["leaves"]}
        found = shown(from_json(case["tree"]), lambda v, at: numbers[v, at], case["result"])  # noqa: B023
        assert (found.digits, found.result) == (case["digits"], case["shown"])


def from_json(tree: list[Any]) -> Expr:
    head, *args = tree
    return Expr(head, tuple(from_json(a) if isinstance(a, list) else a for a in args))
