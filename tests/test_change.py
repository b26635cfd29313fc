"""What an update did to the loss, in words."""

from __future__ import annotations

import math
import re

import numpy as np
import pytest

import whygrad as wg
from whygrad.explain.change import LossChange, change, fell_or_rose, happened
from whygrad.training.start import start


def said(found: LossChange, seen: list[int] | None = None, of: int = 0) -> str:
    return " ".join(map(str, happened(found, seen, of)))


def test_flow_falls_by_nearly_what_its_gradient_promised() -> None:
    found = change(start("flow").iteration.run)
    assert found is not None
    assert said(found) == (
        "The loss fell by 1.904, from 3.0625 to 1.158; the gradient promised 2.14375."
    )


@pytest.mark.parametrize(
    ("found", "text"),
    [
        (
            LossChange(1.0, 0.5, -0.4),
            "The loss fell by 0.5, from 1 to 0.5; the gradient promised 0.4.",
        ),
        (
            LossChange(1.0, 1.5, -0.4),
            "The loss rose by 0.5, from 1 to 1.5; the gradient promised a fall of 0.4. "
            "A gradient holds for small changes; this one was too large for it.",
        ),
        (
            LossChange(1.0, 1.5, 0.4),
            "The loss rose by 0.5, from 1 to 1.5; the gradient promised 0.4. Together the "
            "parameters moved up the gradient, not down it, as momentum or "
            "weight decay can make them.",
        ),
        (
            LossChange(1.0, 0.5, 0.4),
            "The loss fell by 0.5, from 1 to 0.5; the gradient promised a rise of 0.4. Together "
            "the parameters moved up the gradient, not down it, as momentum "
            "or weight decay can make them.",
        ),
        (
            LossChange(1.0, 1.0 + 1e-15, -0.4),
            "The loss stayed at 1; the gradient promised a fall of 0.4.",
        ),
        (LossChange(0.0, 0.0, 0.0), "The loss stayed at 0; the gradient promised no change."),
        (
            LossChange(1.0, math.inf, -1e300),
            "The loss went from 1 to ∞; the gradient promised a fall of 1.0e300. A gradient "
            "holds for small changes; this one was too large for it.",
        ),
        (
            LossChange(1.0, 2.0, math.nan),
            "The loss rose by 1, from 1 to 2; the gradient promised no number.",
        ),
        (
            # at four digits both would be 0.7
            LossChange(0.7, 0.69999, -1e-5),
            "The loss fell by 1.0e−5, from 0.7 to 0.69999; the gradient promised 1.0e−5.",
        ),
    ],
)
def test_what_happened_is_said(found: LossChange, text: str) -> None:
    first, _, rest = said(found).partition(". ")
    wanted, _, more = text.partition(". ")
    assert (first, rest) == (wanted, more)


def test_a_change_below_every_digit_is_shown_with_all_of_them() -> None:
    text = said(LossChange(0.1, 0.1 + 2e-14 + 1 / 3e15, 0.0))
    assert "from 0.1 to 0.10000000000002" in text
    assert str(happened(LossChange(1 / 3, 1 / 3 + 4e-16, 0.0))[0]).startswith("The loss stayed")
    deep = LossChange(1 / 3, 1 / 3 + 1.23456e-13, 0.0)
    assert re.search(r"from 0\.\d{16,} to 0\.\d{16,};", said(deep)), said(deep)


@pytest.mark.parametrize(
    ("seen", "of", "text"),
    [
        (None, 0, ""),
        ([0], 1, ""),
        ([4], 9, " Both losses are of example 5 of 9, which this iteration saw."),
        ([4, 2], 9, " Both losses are of the 2 of 9 examples that this iteration saw."),
        ([0, 1, 2], 3, " Both losses are of all 3 examples."),
    ],
)
def test_the_samples_are_said(seen: list[int] | None, of: int, text: str) -> None:
    first = str(happened(LossChange(1.0, 0.5, -0.4))[0])
    assert said(LossChange(1.0, 0.5, -0.4), seen, of) == first + text


@pytest.mark.parametrize(
    ("numbers", "text"),
    [
        ((3.0, 1.0, 50), "In 50 iterations the loss fell by 2, from 3 to 1."),
        ((3.0, 4.5, 1), "In one iteration the loss rose by 1.5, from 3 to 4.5."),
        ((3.0, 3.0, 7), "After 7 iterations the loss is 3, as at first."),
        ((3.0, math.inf, 7), "In 7 iterations the loss went from 3 to ∞."),
    ],
)
def test_a_course_is_said(numbers: tuple[float, float, int], text: str) -> None:
    assert str(fell_or_rose(*numbers)) == text


def test_a_tape_without_updates_has_no_change() -> None:
    traced = wg.trace(wg.nn.Linear(2, 1), [[1.0, 2.0]], [[1.0]])
    assert change(traced.run) is None


def test_what_no_gradient_reaches_promises_nothing() -> None:
    iteration = start("flow").iteration
    iteration.set_state({"b1": np.array([-10.0])})
    run = iteration.play(1)  # the unit is shut: only b2 moves
    found = change(run)
    assert found is not None
    assert found.promised == pytest.approx(-0.1 * run["dL/db2"].item() ** 2)
