"""What people type is understood, or answered kindly; it is never lost and never an exception."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whygrad.explain.said import say
from whygrad.practice.answer import agrees, is_rough, read

UNDERSTOOD = {
    "0.5": 0.5,
    ".5": 0.5,
    "5.": 5.0,
    " 0.5 ": 0.5,
    "+0.5": 0.5,
    "-0.5": -0.5,
    "−1.5": -1.5,
    "– 1.5": -1.5,
    "0,5": 0.5,
    "−1,75": -1.75,
    "1,234.5": 1234.5,
    "1.234,5": 1234.5,
    "1,234,567": 1234567.0,
    "1 234": 1234.0,
    "3/4": 0.75,
    "-3/4": -0.75,
    "3 / 4": 0.75,
    "-(3/4)": -0.75,
    "3/-4": -0.75,
    "1.5/2": 0.75,
    "3 1/2": 3.5,
    "-3 1/2": -3.5,
    "½": 0.5,
    "−¼": -0.25,
    "1½": 1.5,
    "1e-3": 0.001,
    "1E-3": 0.001,
    "1.5×10^-3": 0.0015,
    "1.5 · 10⁻³": 0.0015,
    "1.5*10**-3": 0.0015,
    "50%": 0.5,
    "-50 %": -0.5,
    "(0.5)": 0.5,
    "= 0.5": 0.5,
    "w = 0.5": 0.5,
    "2 × 0.25 = 0.5": 0.5,
    "≈0.33": 0.33,
    "0.333…": 0.333,
    "0.333...": 0.333,
    "zero": 0.0,
    "Nothing": 0.0,
    "0": 0.0,
    "-0": 0.0,
}
WORDS = {
    "positive": "positive",
    "+": "positive",
    "Minus": "negative",
    "−": "negative",
    "bigger": "larger",
    "less": "smaller",
    "unchanged": "same",
}
NOT_UNDERSTOOD = (
    "x", "w*x", "2*3", "1 2", "1/2/3", "--3", "1e", "0x10", "1_000", "1e999", "1e99999", "nan",
    "inf", "(1", "1)", "/", "1/", "/2", "%", "½½", "1.2.3", "1,2,3", "∂L/∂w", "a" * 150, "9" * 400,
)  # fmt: skip


@pytest.mark.parametrize("typed", UNDERSTOOD)
def test_a_number_is_read_as_people_write_it(typed: str) -> None:
    answer = read(typed)
    assert answer.value == pytest.approx(UNDERSTOOD[typed], rel=1e-12)
    assert answer.typed == typed
    assert not answer.trouble


@pytest.mark.parametrize("typed", WORDS)
def test_a_word_says_a_sign_or_a_comparison(typed: str) -> None:
    answer = read(typed)
    assert (answer.word, answer.value) == (WORDS[typed], None)


@pytest.mark.parametrize("typed", NOT_UNDERSTOOD)
def test_what_is_no_number_is_answered_kindly(typed: str) -> None:
    answer = read(typed)
    assert answer.value is None
    assert answer.typed == typed
    assert answer.trouble is not None
    assert answer.trouble.key == ("read.too_long" if len(typed) > 200 else "read.not_a_number")
    assert len(str(answer.trouble)) < 120


@pytest.mark.parametrize("typed", ["1/0", "0/0", "1 1/0", "1e300/1e-300"])
def test_a_fraction_over_nothing_says_so(typed: str) -> None:
    assert read(typed).trouble == say("read.zero_below")


@pytest.mark.parametrize("typed", ["", " ", "\t\n"])
def test_nothing_typed_is_blank(typed: str) -> None:
    answer = read(typed)
    assert answer.blank
    assert not answer.trouble


@given(st.text(max_size=300))
def test_any_text_is_understood_or_answered(typed: str) -> None:
    answer = read(typed)
    understood = [answer.value is not None, bool(answer.word), answer.blank, bool(answer.trouble)]
    assert any(understood)
    assert answer.typed == typed
    assert answer.value is None or math.isfinite(answer.value)


@given(st.text(alphabet="0123456789.,/%eE+-−½ ()×^*=x_∞", max_size=12))
def test_any_near_number_is_understood_or_answered(typed: str) -> None:
    test_any_text_is_understood_or_answered.hypothesis.inner_test(typed)  # pyright: ignore


@given(st.floats(-1e6, 1e6), st.integers(2, 8))
def test_a_number_rounded_to_two_digits_or_more_agrees(number: float, digits: int) -> None:
    assert agrees(read(f"{number:.{digits - 1}e}"), number)


@pytest.mark.parametrize(("typed", "number"), [("1200", 1234.0), ("-100", -103.0), ("120", 123.4)])
def test_zeros_may_stand_for_digits_that_were_rounded_away(typed: str, number: float) -> None:
    assert agrees(read(typed), number)


@given(st.floats(0.01, 1e6), st.integers(2, 8))
def test_a_number_rounded_to_two_decimals_or_more_agrees(number: float, decimals: int) -> None:
    assert agrees(read(f"{number:.{decimals}f}"), number)
    assert agrees(read(f"{-number:.{decimals}f}".replace(".", ",")), -number)


@given(st.floats(0.01, 1e6))
def test_a_number_as_python_writes_it_agrees(number: float) -> None:
    assert agrees(read(repr(number)), number)


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("0.5", 0.5249),
        ("0", 0.004),
        ("0.00", 0.004),
        ("1", -1),
        ("2", 2.4),
        ("0.33", 0.3),
        ("3", 0),
    ],
)
def test_what_is_another_number_does_not_agree(typed: str, number: float) -> None:
    assert not agrees(read(typed), number)


def test_a_fraction_is_exact() -> None:
    assert agrees(read("1/3"), 1 / 3)
    assert not agrees(read("1/3"), 0.33)


def test_nothing_agrees_with_what_is_not_finite() -> None:
    assert not agrees(read("1"), math.nan)
    assert not agrees(read("1"), math.inf)
    assert not agrees(read("abc"), 1.0)


def test_one_digit_is_too_rough_but_near() -> None:
    assert is_rough(read("0.5"), 0.5249)
    assert not is_rough(read("0.5"), 0.9)
    assert not is_rough(read("0"), 0.004)


@pytest.mark.parametrize(
    ("typed", "half_a_unit"),
    [("0.333", 0.0005), ("12", 0.5), ("1200", 50), ("1.2e3", 50), ("-7,5", 0.05), ("0", 0.5)],
)
def test_a_typed_number_is_known_to_half_a_unit_in_its_last_place(
    typed: str, half_a_unit: float
) -> None:
    assert read(typed).precision == pytest.approx(half_a_unit)


def test_the_next_number_is_another() -> None:
    assert agrees(read("0.333"), 1 / 3)
    assert not agrees(read("0.334"), 1 / 3)
    assert agrees(read("0.3335"), 0.33345)
    assert not agrees(read("0.3335"), 0.33344)
