"""Options know their type and range, and say them."""

from __future__ import annotations

import math

import pytest

from whygrad.errors import WhygradError
from whygrad.option import Option, checked_options, quoted


@pytest.mark.parametrize(
    ("option", "allowed"),
    [
        (Option(True), "true or false"),
        (Option(0), "a whole number"),
        (Option(1.0), "a number"),
        (Option(200, 50, 500), "a whole number from 50 to 500"),
        (Option(0.1, 0, 0.5), "a number from 0 to 0.5"),
        (Option(0.1, 0), "a number from 0"),
        (Option(0.1, 0, above_low=True), "a number above 0"),
        (Option(0.1, 0, 1, below_high=True), "a number from 0 and below 1"),
        (Option(0.1, 0, 100, above_low=True), "a number above 0 and up to 100"),
        (Option(0.1, high=3), "a number up to 3"),
        (Option(0.1, high=3, below_high=True), "a number below 3"),
        (Option(0, 0, 2**53 - 1), "a whole number from 0 to 9007199254740991"),
    ],
)
def test_allowed_in_words(option: Option, allowed: str) -> None:
    assert option.allowed == allowed


@pytest.mark.parametrize(
    ("option", "value", "result"),
    [
        (Option(True), False, False),
        (Option(1, 0, 5), 5, 5),
        (Option(1.0, 0, 5), 5, 5.0),
        (Option(1.0, 0, 5), 0.25, 0.25),
        (Option(0.0, 0, 1, below_high=True), 0.999, 0.999),
        (Option(1.0, 0, 1, above_low=True), 1, 1.0),
    ],
)
def test_a_fitting_value_comes_back_in_the_options_type(
    option: Option, value: object, result: object
) -> None:
    checked = option.checked("p", value)
    assert checked == result
    assert type(checked) is type(option.default)


@pytest.mark.parametrize(
    ("option", "value"),
    [
        (Option(True), 1),
        (Option(1), True),
        (Option(1.0), True),
        (Option(1, 0, 5), 6),
        (Option(1, 0, 5), -1),
        (Option(1, 0, 5), 2.0),
        (Option(1.0), "1"),
        (Option(1.0), None),
        (Option(1.0), math.nan),
        (Option(1.0), math.inf),
        (Option(1.0), 10**400),
        (Option(0.0, 0, 1, below_high=True), 1.0),
        (Option(1.0, 0, 1, above_low=True), 0.0),
    ],
)
def test_what_does_not_fit_is_refused_with_what_does(option: Option, value: object) -> None:
    with pytest.raises(WhygradError) as refused:
        option.checked("p", value)
    assert str(refused.value).startswith(f"p must be {option.allowed}, not ")
    assert len(str(refused.value)) < 150


def test_options_are_filled_in_from_their_defaults() -> None:
    options = {"points": Option(200, 50, 500), "noise": Option(0.1, 0, 1)}
    assert checked_options("moons", options, {"noise": 0}) == {"points": 200, "noise": 0.0}
    with pytest.raises(WhygradError, match="unknown option of moons 'point': did you mean"):
        checked_options("moons", options, {"point": 100})
    with pytest.raises(WhygradError, match="points must be a whole number from 50 to 500, not 7"):
        checked_options("moons", options, {"points": 7})


def test_values_are_shown_as_written_and_cut() -> None:
    assert quoted(True) == "true"
    assert quoted(False) == "false"
    assert quoted("a") == "'a'"
    assert quoted("a" * 100) == "'" + "a" * 56 + "..."
    assert quoted(10**5000) == "a int"
