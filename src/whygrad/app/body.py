"""Request bodies: each is a frozen dataclass, and what is sent is checked against its types.

``read_body`` takes what arrived and gives the object back, or refuses it with the key at fault,
what it must be, and the keys that are allowed.
"""

from __future__ import annotations

import dataclasses
import json
import re
import types
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, TypeVar, cast, get_args, get_origin, get_type_hints

from whygrad.app.reply import Refused
from whygrad.errors import unknown
from whygrad.option import quoted

T = TypeVar("T")
Check = Callable[[Any], bool]
MAX_DEPTH = 32  # levels of lists and objects
MAX_DIGITS = 400  # of a whole number; a float has 309 at most
_BRACKETS = re.compile(rb'"(?:[^"\\]|\\.)*+"|[][{}]', re.DOTALL)
_DIGITS = re.compile(r"[0-9]{1,10}", re.ASCII)


def read_body(content: bytes, kind: type[T]) -> T:
    """Return the object of class ``kind`` that JSON text says.

    Raises:
        Refused: it is not a JSON object, a key is not allowed or is missing, or a value has
            another type than its field.
    """
    _check_depth(content)
    try:
        data: Any = json.loads(content, parse_int=_whole, parse_constant=_no_number)
        json.dumps(data, ensure_ascii=False).encode()  # a lone surrogate is no text
    except Refused:
        raise
    except UnicodeEncodeError:
        raise Refused("a text holds half of a surrogate pair, which is no character") from None
    except (ValueError, RecursionError) as fault:
        raise Refused(f"this is not JSON: {fault}"[:200]) from None
    if not isinstance(data, dict):
        raise Refused(f"send a JSON object with the keys {', '.join(_checks(kind))}")
    return checked(cast("dict[str, Any]", data), kind)


def _check_depth(content: bytes) -> None:
    """Refuse JSON that is nested deeply, before it is parsed."""
    depth = 0
    for mark in _BRACKETS.finditer(content):
        depth += {b"[": 1, b"{": 1, b"]": -1, b"}": -1}.get(mark[0], 0)
        if depth > MAX_DEPTH:
            raise Refused(f"JSON may be nested {MAX_DEPTH} levels deep; this is deeper")


def _whole(digits: str) -> int:
    if len(digits) > MAX_DIGITS:
        raise Refused(f"a whole number may have {MAX_DIGITS} digits; one has {len(digits):,}")
    return int(digits)


def _no_number(name: str) -> float:
    raise Refused(f"{name} is no number that JSON can hold")


def read_query(query: Mapping[str, str], kind: type[T]) -> T:
    """Return the object of class ``kind`` that an address's query says, numbers as digits.

    Raises:
        Refused: as ``read_body`` does.
    """
    numbers = {key for key, (_, fits) in _checks(kind).items() if fits is _is_whole}
    return checked(
        {
            key: int(text) if key in numbers and _DIGITS.fullmatch(text) else text
            for key, text in query.items()
        },
        kind,
    )


def checked(given: Mapping[str, Any], kind: type[T]) -> T:
    """Return the object of class ``kind`` with what is given, checked against its types.

    Raises:
        Refused: a key is not allowed or is missing, or a value has another type than its field.
    """
    allowed = _checks(kind)
    listed = ", ".join(allowed)
    for key, value in given.items():
        if key not in allowed:
            raise Refused(unknown("key", key, allowed))
        words, fits = allowed[key]
        if not fits(value):
            raise Refused(f'"{key}" must be {words}, not {quoted(value)}')
    for field in dataclasses.fields(cast("Any", kind)):
        if field.name not in given and _is_needed(field):
            words, _ = allowed[field.name]
            raise Refused(f'"{field.name}" must be {words}; it is missing. The keys: {listed}')
    return kind(**given)


def _is_needed(field: dataclasses.Field[Any]) -> bool:
    return field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING


@lru_cache
def _checks(kind: type[Any]) -> Mapping[str, tuple[str, Check]]:
    """Return, for each key of a body, what it must be in words, and the check of it."""
    hints = get_type_hints(kind)
    return {field.name: _check(hints[field.name]) for field in dataclasses.fields(kind)}


def _check(hint: Any) -> tuple[str, Check]:
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is types.UnionType:  # X | None: a key that may be left out
        (inner,) = (part for part in arguments if part is not types.NoneType)
        return _check(inner)
    return _WORDS[hint], _CHECKS[hint]


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_object(value: Any) -> bool:
    return isinstance(value, dict)


def _is_object_of_texts(value: Any) -> bool:
    return isinstance(value, dict) and all(map(_is_text, cast("dict[str, Any]", value).values()))


def _is_list_of_texts(value: Any) -> bool:
    return isinstance(value, list) and all(map(_is_text, cast("list[Any]", value)))


# The types that a body's fields may have.
_WORDS: Mapping[Any, str] = {
    str: "a text",
    int: "a whole number",
    list[str]: "a list of texts",
    Mapping[str, str]: "an object that maps names to texts",
    Mapping[str, Any]: "an object",
}
_CHECKS: Mapping[Any, Check] = {
    str: _is_text,
    int: _is_whole,
    list[str]: _is_list_of_texts,
    Mapping[str, str]: _is_object_of_texts,
    Mapping[str, Any]: _is_object,
}
