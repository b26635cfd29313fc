"""Reading one section: its values come out checked, or a fault says where."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from whygrad.engine.random import SEED_LIMIT
from whygrad.errors import SpecError, WhygradError, unknown
from whygrad.option import Option, Scalar, quoted
from whygrad.spec.model import Nested, shape_of


@dataclass(frozen=True)
class Place:
    """Where a spec comes from: makes errors that say so."""

    source: str
    lines: Mapping[str, int]

    def fault(self, section: str, key: str, message: str) -> SpecError:
        line = self.lines.get(f"{section}.{key}" if section else key) or self.lines.get(section)
        named = key if key.isprintable() and len(key) <= 60 else quoted(key)
        label = " ".join(part for part in (section and f"[{section}]", named) if part)
        text = f"{label}: {message}" if label else message
        return SpecError(text, source=self.source or None, line=line)


@dataclass(frozen=True)
class Section:
    """One section being read: its values come out checked, or a fault says where."""

    place: Place
    name: str
    values: Mapping[str, object]

    def fault(self, key: str, message: str) -> SpecError:
        return self.place.fault(self.name, key, message)

    def only(self, allowed: Iterable[str], given: str = "") -> None:
        """Refuses a key that is not allowed; `given` is the key that these ones go with."""
        names = list(allowed)
        for key in self.values:
            if key not in names:
                remark = f" (These go with {given}.)" if given else ""
                kind = "key" if self.name else "section"
                raise self.fault(key, unknown(kind, key, names) + remark)

    def text(self, key: str, default: str = "", limit: int = 200) -> str:
        value = self.values.get(key, default)
        if not isinstance(value, str):
            raise self.fault(key, f"must be text in quotation marks, not {quoted(value)}")
        if len(value) > limit or not value.isprintable():
            raise self.fault(key, f"must be one line of at most {limit} characters")
        return value

    def choice(self, key: str, kind: str, allowed: Iterable[str], default: str = "") -> str:
        value = self.text(key, default)
        names = list(allowed)
        if value not in names and value != default:
            raise self.fault(key, unknown(kind, value, names))
        return value

    def option(self, key: str, option: Option) -> Scalar:
        try:
            return option.checked(key, self.values.get(key, option.default))
        except WhygradError as fault:
            raise self.fault(key, fault.message.removeprefix(f"{key} ")) from None

    def options(self, options: Mapping[str, Option]) -> dict[str, Scalar]:
        return {key: self.option(key, option) for key, option in options.items()}

    def seed(self) -> int:
        return int(self.option("seed", Option(0, 0, SEED_LIMIT - 1)))

    def texts(self, key: str, needed: bool = False) -> tuple[str, ...]:
        value = self.values.get(key, [] if not needed else None)
        items = [value] if isinstance(value, str) else value
        if not isinstance(items, list | tuple) or (needed and not items):
            raise self.fault(key, 'must be a list of the names of columns, as in ["y"]')
        for item in cast("Sequence[object]", items):
            if not isinstance(item, str):
                raise self.fault(key, f"a column's name is text, not {quoted(item)}")
        return tuple(cast("Sequence[str]", items))

    def nested(self, key: str, depth: int) -> Nested:
        try:
            return _nested(self.values[key], depth)
        except SpecError as fault:
            raise self.fault(key, fault.message) from None


def _nested(value: object, depth: int) -> Nested:
    """Numbers as nested tuples. Raises SpecError for what is no number, and for ragged lists."""
    if isinstance(value, list | tuple):
        if depth == 0:
            raise SpecError("lists are nested too deeply")
        items = tuple(_nested(item, depth - 1) for item in cast("Sequence[object]", value))
        if not items:
            raise SpecError("an empty list; write at least one number")
        first = shape_of(items[0])
        for position, item in enumerate(items):
            if shape_of(item) != first:
                raise SpecError(
                    f"item {position + 1} has shape {shape_of(item)}, but item 1 has {first}; "
                    "all rows must be of one length"
                )
        return items
    try:
        return float(Option(0.0).checked("", value))
    except WhygradError:
        raise SpecError(f"must be finite numbers, not {quoted(value)}") from None


def count(number: int, thing: str) -> str:
    """Return how many, in words: 1 layer, 2 layers."""
    return f"{number} {thing}{'' if number == 1 else 's'}"
