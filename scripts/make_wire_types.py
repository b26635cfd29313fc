"""Writes the front end's types of the messages it receives, ``web/src/wire.ts``, from ``wire``.

The classes that ``wire/sent.py`` lists as MESSAGES become interfaces, and so do those they lead to;
what is sent of them and under which names is what its table SENT says. What the page knows better
(``tape``, ``formula``, ``when``) keeps its types. Run it after a change to a class that is sent:
``python scripts/make_wire_types.py``.
"""

from __future__ import annotations

import dataclasses
import inspect
import re
import textwrap
import types
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from whygrad.nn.registry import ACTIVATIONS, LOSSES
from whygrad.training.study import VERSION
from whygrad.wire.sent import MESSAGES, SENT

TARGET = Path(__file__).parent.parent / "web" / "src" / "wire.ts"
HEADER = """\
// The messages that the server, a static page and a notebook give the page.
// Written by scripts/make_wire_types.py from src/whygrad/wire/; do not edit.

import type { Declared, Formula, Test } from './player/formula'
import type { Numbers, Phase, Tape } from './player/tape'
"""
KNOWN = {
    ("StepInfo", "phase"): "Phase",
    ("OpInfo", "formula"): "Formula",
    ("OpInfo", "side"): "Declared | readonly ['branches'] | null",
    ("ReasonInfo", "when"): "Test | null",
    ("MistakeInfo", "tape"): "Tape",
    ("MistakeInfo", "leaves"): "Readonly<Record<string, Numbers>>",
    ("TraceMessage", "tape"): "Tape",
    ("TraceMessage", "leaves"): "Readonly<Record<string, Numbers>>",
    ("DatasetInfo", "flipped"): "readonly boolean[] | null",
    ("Samples", "x"): "readonly (readonly number[])[]",
    ("Samples", "y"): "readonly (readonly number[])[]",
}
PLAIN = {str: "string", int: "number", float: "number", bool: "boolean"}


def text() -> str:
    """Return the file, the messages' own parts before them."""
    found: dict[type, None] = {}
    for message in MESSAGES:
        _gather(message, found)
    interfaces = "\n".join(_interface(message) for message in found)
    return f"{HEADER}\nexport const VERSION = {VERSION}\n\n{_rows()}\n{interfaces}"


def _rows() -> str:
    """Return what the page offers and calls by name, from the registry."""
    activations = (
        f"  {{ name: '{row.name}', words: '{row.words}', part: '{row.module.__name__.lower()}', "
        f"hidden: {str(row.hidden).lower()} }},"
        for row in ACTIVATIONS.values()
        if row.module is not None
    )
    losses = (
        f"  {{ name: '{row.name}', words: '{row.words}', outputs: {list(row.outputs)} }},"
        for row in LOSSES.values()
        if row.common
    )
    return "\n".join(
        [
            "/** Activations: as specs name them, as people do, and as a part of a network. */",
            "export const ACTIVATIONS = [",
            *activations,
            "] as const",
            "",
            "/** The usual losses, and the last layers they need; none for any. */",
            "export const LOSSES: readonly {",
            "  readonly name: string",
            "  readonly words: string",
            "  readonly outputs: readonly string[]",
            "}[] = [",
            *losses,
            "]",
            "",
        ]
    )


def _fields(message: type) -> dict[str, tuple[Any, str]]:
    """Return the type of each key that is sent of a class, and what is said of it."""
    sent = SENT.get(message)
    if sent is not None:
        return {key: _field(message, path) for key, path in sent.fields.items()}
    return {field.name: _field(message, field.name) for field in dataclasses.fields(message)}


def _field(owner: Any, path: str) -> tuple[Any, str]:
    name, _, rest = path.partition(".")
    member = inspect.getattr_static(owner, name, None)
    if isinstance(member, property):
        hint, note = get_type_hints(member.fget)["return"], inspect.getdoc(member) or ""
        note = note[:1].lower() + note[1:]
    else:
        hint, note = _hint(owner, name), _notes(owner).get(name, "")
    if not rest:
        return hint, _line(note)
    parts = [part for part in get_args(hint) or [hint] if part is not type(None)]
    inner, note = _field(parts[0], rest)
    return (inner | None if type(None) in get_args(hint) else inner), note


def _hint(owner: type, name: str) -> Any:
    """Return the type of one field; those of others need not be known here."""
    by = next(kind for kind in owner.__mro__ if name in vars(kind).get("__annotations__", {}))
    alone = {"__annotations__": {name: by.__annotations__[name]}, "__module__": by.__module__}
    return get_type_hints(type(owner.__name__, (), alone))[name]


def _gather(message: type, found: dict[type, None]) -> None:
    for hint, _ in _fields(message).values():
        for part in _parts(hint):
            if _is_sent(part) and part not in found:
                _gather(part, found)
    found[message] = None


def _is_sent(part: Any) -> bool:
    if not isinstance(part, type):
        return False
    return part in SENT or (dataclasses.is_dataclass(part) and not hasattr(part, "to_json"))


def _parts(hint: Any) -> list[Any]:
    return [hint, *(inner for argument in get_args(hint) for inner in _parts(argument))]


def _name(message: type) -> str:
    return SENT[message].name if message in SENT else message.__name__


def _interface(message: type) -> str:
    about = (inspect.getdoc(message) or "").partition("\n\n")[0]
    lines = [*_comment(_line(about), ""), f"export interface {_name(message)} {{"]
    for key, (hint, note) in _fields(message).items():
        if note:
            lines += _comment(note, "  ")
        known = KNOWN.get((_name(message), key))
        lines.append(f"  readonly {key}: {known or _type(hint)}")
    return "\n".join([*lines, "}", ""])


def _notes(message: type) -> dict[str, str]:
    """Return what a docstring says of each attribute."""
    _, _, attributes = (inspect.getdoc(message) or "").partition("Attributes:")
    return dict(re.findall(r"^    (\w+): (.+(?:\n {8}.+)*)", attributes, re.M))


def _line(words: str) -> str:
    return " ".join(words.replace("``", "`").replace("None", "null").split())


def _comment(words: str, indent: str) -> list[str]:
    if len(words) <= 88:
        return [f"{indent}/** {words} */"]
    inner = textwrap.wrap(words, 94 - len(indent))
    return [f"{indent}/**", *(f"{indent} * {line}" for line in inner), f"{indent} */"]


def _type(hint: Any) -> str:
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        return " | ".join("null" if part is type(None) else _type(part) for part in arguments)
    if origin in (list, tuple):
        return f"readonly {_element(arguments[0])}[]"
    if origin in (dict, Mapping):
        return f"Readonly<Record<string, {_type(arguments[1])}>>"
    if origin is Literal:
        return "string"
    return "unknown" if hint is Any else PLAIN.get(hint) or _name(hint)


def _element(hint: Any) -> str:
    inner = _type(hint)
    return f"({inner})" if " " in inner else inner


if __name__ == "__main__":
    TARGET.write_text(text(), encoding="utf-8")
