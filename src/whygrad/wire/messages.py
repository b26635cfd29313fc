"""Messages: domain objects as JSON.

A frozen dataclass becomes an object of its fields, unless ``SENT`` says which are sent and under
which keys. What has a JSON form of its own (a tape, a formula) is sent in that. Numbers that JSON
cannot hold (inf, nan) travel as texts.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any, cast

import numpy as np

from whygrad.tape.run import json_number, numbers
from whygrad.wire.sent import SENT


def to_json(item: Any) -> Any:
    """Return a domain object, or lists and mappings of them, as JSON data.

    Raises:
        TypeError: there is something in it that has no JSON form.
    """
    if item is None or isinstance(item, str | bool | int):
        return item
    if isinstance(item, float):
        return json_number(item)
    if isinstance(item, np.ndarray):
        return numbers(cast("np.ndarray[Any, Any]", item))
    if isinstance(item, Mapping):
        return {str(key): to_json(part) for key, part in cast("Mapping[Any, Any]", item).items()}
    if isinstance(item, list | tuple):
        return [to_json(part) for part in cast("list[Any]", item)]
    sent = next((SENT[kind] for kind in type(item).__mro__ if kind in SENT), None)
    if sent is not None:
        return {key: to_json(_followed(item, path)) for key, path in sent.fields.items()}
    if hasattr(item, "to_json"):
        return item.to_json()
    if dataclasses.is_dataclass(item):
        names = (field.name for field in dataclasses.fields(item))
        return {name: to_json(getattr(item, name)) for name in names}
    raise TypeError(f"{type(item).__name__} has no JSON form")


def _followed(item: Any, path: str) -> Any:
    """Return the attribute of an attribute that a dotted path names; None where one is None."""
    for name in path.split("."):
        item = None if item is None else getattr(item, name)
    return item
