"""Writes the front end's types of the messages it receives, ``web/src/wire.ts``, from ``wire/``.

The dataclasses of ``wire.MESSAGES`` become interfaces of the same names and fields; what the page
knows better (``tape``, ``formula``, ``when``) keeps its types. Run it after a change to
``wire/``: ``python scripts/make_wire_types.py``.
"""

from __future__ import annotations

import dataclasses
import inspect
import re
import textwrap
import types
from pathlib import Path
from typing import Any, Union, get_args, get_origin, get_type_hints

from whygrad.wire import messages as wire

TARGET = Path(__file__).parent.parent / "web" / "src" / "wire.ts"
HEADER = """\
// The messages that the server, a static page and a notebook give the page.
// Written by scripts/make_wire_types.py from src/whygrad/wire/messages.py; do not edit.

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
}
PLAIN = {str: "string", int: "number", float: "number", bool: "boolean", Any: "unknown"}


def text() -> str:
    """Return the file, the messages' own parts before them."""
    found: dict[type, None] = {}
    for message in wire.MESSAGES:
        _gather(message, found)
    interfaces = "\n".join(_interface(message) for message in found)
    return f"{HEADER}\nexport const VERSION = {wire.VERSION}\n\n{interfaces}"


def _gather(message: type, found: dict[type, None]) -> None:
    for hint in get_type_hints(message).values():
        for part in _parts(hint):
            if isinstance(part, type) and dataclasses.is_dataclass(part) and part not in found:
                _gather(part, found)
    found[message] = None


def _parts(hint: Any) -> list[Any]:
    return [hint, *(inner for argument in get_args(hint) for inner in _parts(argument))]


def _interface(message: type) -> str:
    about, notes = _doc(message)
    lines = [*_comment(about, ""), f"export interface {message.__name__} {{"]
    for name, hint in get_type_hints(message).items():
        if name in notes:
            lines += _comment(notes[name], "  ")
        known = KNOWN.get((message.__name__, name))
        lines.append(f"  readonly {name}: {known or _type(hint)}")
    return "\n".join([*lines, "}", ""])


def _doc(message: type) -> tuple[str, dict[str, str]]:
    """Return what a docstring says of the whole, and of each attribute."""
    whole, _, attributes = (inspect.getdoc(message) or "").partition("Attributes:")
    notes = re.findall(r"^    (\w+): (.+(?:\n {8}.+)*)", attributes, re.M)
    return _line(whole), {name: _line(note) for name, note in notes}


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
    if origin is dict:
        return f"Readonly<Record<string, {_type(arguments[1])}>>"
    return PLAIN.get(hint) or hint.__name__


def _element(hint: Any) -> str:
    inner = _type(hint)
    return f"({inner})" if " " in inner else inner


if __name__ == "__main__":
    TARGET.write_text(text(), encoding="utf-8")
