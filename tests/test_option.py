"""Options know their type and range, and say them."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import numpy as np
import pytest

from whygrad.errors import WhygradError
from whygrad.option import (
    Option,
    checked_options,
    function,
    mapping,
    quoted,
    several,
    text,
    truth,
    whole,
)


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


class Loud:
    """An object of a stranger's class, which says nothing and can be gone through by nobody."""

    def __repr__(self) -> str:
        raise RuntimeError("no")

    def __iter__(self) -> Iterator[int]:
        raise TypeError("no")


READERS: list[tuple[Callable[..., object], object, object]] = [
    (truth, True, True),
    (truth, np.False_, False),
    (whole, 3, 3),
    (whole, np.int32(3), 3),
    (text, "x", "x"),
    (several, (1, 2), [1, 2]),
    (several, np.arange(2), [0, 1]),
    (function, len, len),
    (mapping, {"a": 1}, {"a": 1}),
]


@pytest.mark.parametrize("n", range(len(READERS)))
def test_an_argument_is_read(n: int) -> None:
    reader, given, wanted = READERS[n]
    assert reader("f", "x", given) == wanted


UNREAD: list[tuple[Callable[..., object], object, str]] = [
    (truth, 1, "f: x is 1; it must be True or False"),
    (truth, Loud(), "f: x is a Loud; it must be True or False"),
    (whole, True, "f: x is true; it must be a whole number"),
    (whole, 1.5, "f: x is 1.5; it must be a whole number"),
    (whole, 2**63, "must be a whole number"),
    (text, 3, "f: x is 3; it must be a text"),
    (several, "ab", "f: x is 'ab'; it must be a list"),
    (several, 3, "f: x is 3; it must be a list"),
    (several, {"a": 1}, "f: x is {'a': 1}; it must be a list"),
    (several, Loud(), "f: x is a Loud; it must be a list"),
    (several, np.array(2.0), "it must be a list"),
    (function, 3, "f: x is 3; it must be a function"),
    (mapping, [("a", 1)], "it must be a dict with names"),
    (mapping, {1: 2}, "f: x is {1: 2}; it must be a dict with names"),
]


@pytest.mark.parametrize("n", range(len(UNREAD)))
def test_what_is_no_such_argument_is_refused(n: int) -> None:
    reader, given, says = UNREAD[n]
    with pytest.raises(WhygradError) as refused:
        reader("f", "x", given)
    assert says in str(refused.value)


def test_a_whole_number_has_a_least() -> None:
    assert whole("f", "x", 2, least=2) == 2
    with pytest.raises(WhygradError, match="f: x is 1; it must be a whole number from 2 up"):
        whole("f", "x", 1, least=2)


def test_a_list_that_refuses_its_own_items_says_why() -> None:
    def items() -> Iterator[int]:
        raise WhygradError("the reason")
        yield 1

    with pytest.raises(WhygradError, match="the reason"):
        several("f", "x", items())
