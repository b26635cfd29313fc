"""Messages say what, where, and what is allowed."""

from __future__ import annotations

import pytest

from whygrad import errors


@pytest.mark.parametrize(
    ("source", "line", "text"),
    [
        (None, None, "wrong"),
        ("a.csv", None, "a.csv: wrong"),
        ("a.csv", 3, "a.csv, line 3: wrong"),
        (None, 3, "line 3: wrong"),
    ],
)
def test_an_error_says_where(source: str | None, line: int | None, text: str) -> None:
    error = errors.DataError("wrong", source=source, line=line)
    assert str(error) == text
    assert (error.message, error.source, error.line) == ("wrong", source, line)
    assert isinstance(error, errors.WhygradError)
    assert isinstance(error, ValueError)


def test_the_nearest_name_is_offered_and_all_are_listed() -> None:
    names = ["tanh", "sigmoid", "relu", "leaky_relu"]
    assert errors.unknown("activation", "rleu", names) == (
        "unknown activation 'rleu': did you mean 'relu'? Allowed: relu, tanh, sigmoid, leaky_relu."
    )
    assert "did you mean 'relu'" in errors.unknown("activation", "ReLU", names)


def test_a_name_like_none_lists_all_in_their_own_order() -> None:
    assert errors.unknown("loss", "xyz", ["mse", "bce"]) == (
        "unknown loss 'xyz': Allowed: mse, bce."
    )


def test_a_name_where_none_is_allowed() -> None:
    assert errors.unknown("option", "a", []) == "unknown option 'a': none is allowed here."


def test_a_long_name_is_cut() -> None:
    message = errors.unknown("loss", "x" * 1000, ["mse"])
    assert "x" * 57 + "..." in message
    assert len(message) < 150


def test_something_that_is_no_text_is_refused_as_a_name() -> None:
    assert "unknown loss '3'" in errors.unknown("loss", 3, ["mse"])


def test_nearest_puts_alike_names_first() -> None:
    assert errors.nearest("weight", ["age", "height", "weight_kg"]) == [
        "height",
        "weight_kg",
        "age",
    ]
    assert errors.nearest_or_none("Weigth", ["age", "weight"]) == "weight"
    assert errors.nearest_or_none("zzz", ["age", "weight"]) is None


def test_a_long_name_of_a_file_is_quoted_short() -> None:
    error = errors.WhygradError("no", source="x" * 100_000)
    assert str(error) == "x" * 197 + "...: no"
