"""Request bodies: what fits their declared types, and what is said of the rest."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from whygrad.app.body import read_body, read_query
from whygrad.app.reply import Refused


@dataclass(frozen=True)
class Body:
    """One key of each type that a body may have."""

    name: str
    count: int = 4
    title: str | None = None
    files: Mapping[str, str] = field(default_factory=dict[str, str])
    spec: Mapping[str, Any] | None = None
    lines: list[str] = field(default_factory=list[str])


def test_what_fits_becomes_the_body() -> None:
    content = b'{"name": "a", "files": {"b": "c"}, "spec": {"d": [1]}, "lines": ["e"]}'
    assert read_body(content, Body) == Body("a", files={"b": "c"}, spec={"d": [1]}, lines=["e"])


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, '"name" must be a text; it is missing. The keys: name, count, title, files, spec'),
        ({"name": 3}, '"name" must be a text, not 3'),
        ({"name": "a", "count": "4"}, "\"count\" must be a whole number, not '4'"),
        ({"name": "a", "count": True}, '"count" must be a whole number, not true'),
        ({"name": "a", "count": 4.0}, '"count" must be a whole number, not 4.0'),
        ({"name": "a", "title": None}, '"title" must be a text'),
        ({"name": "a", "files": {"b": 3}}, '"files" must be an object that maps names to texts'),
        ({"name": "a", "files": ["b"]}, '"files" must be an object that maps names to texts'),
        ({"name": "a", "spec": []}, '"spec" must be an object, not []'),
        ({"name": "a", "lines": "b"}, '"lines" must be a list of texts'),
        ({"name": "a", "lines": [3]}, '"lines" must be a list of texts'),
        ({"name": "a", "nmae": "b"}, "did you mean 'name'? Allowed: name, count"),
        ([], "send a JSON object with the keys name, count, title, files, spec, lines"),
        ("a", "send a JSON object"),
    ],
)
def test_what_does_not_fit_is_refused_with_what_does(given: Any, said: str) -> None:
    with pytest.raises(Refused) as refused:
        read_body(json.dumps(given).encode(), Body)
    assert said in refused.value.message
    assert refused.value.status == 400


def test_a_query_says_numbers_in_digits() -> None:
    assert read_query({"name": "7", "count": "12"}, Body) == Body("7", 12)
    for count in ("x", "", "-1", "1" * 11, "٣"):
        with pytest.raises(Refused, match='"count" must be a whole number'):
            read_query({"name": "a", "count": count}, Body)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b'{"spec": ' + b"[" * 100_000, "JSON may be nested 32 levels deep"),
        (b'{"name": "\\ud800"}', "half of a surrogate pair"),
        (b'{"count": ' + b"9" * 10_000 + b"}", "may have 400 digits; one has 10,000"),
        (b'{"spec": {"x": NaN}}', "NaN is no number that JSON can hold"),
        (b'{"name": "\xff"}', "this is not JSON"),
        (b'{"name": "a" "b"}', "this is not JSON"),
    ],
)
def test_what_no_reader_should_have_to_parse_is_refused(content: bytes, said: str) -> None:
    with pytest.raises(Refused) as refused:
        read_body(content, Body)
    assert said in refused.value.message
    assert len(refused.value.message) < 300


def test_brackets_and_pairs_in_texts_are_texts() -> None:
    content = b'{"name": "' + b"[" * 100 + b'\\ud83d\\ude00"}'
    assert read_body(content, Body).name == "[" * 100 + "\U0001f600"
