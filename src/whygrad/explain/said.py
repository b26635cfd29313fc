"""Sentences with their slots filled: data first, text where a person reads it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from whygrad.explain import display
from whygrad.explain.sentences import SENTENCES
from whygrad.tape.run import json_number

_SLOT = re.compile(r"\{(\w+)([#=]?)\}")


@dataclass(frozen=True, slots=True)
class Named:
    """What stands in a slot: a name, a number, or both.

    Attributes:
        name: as it is written; empty where only the number counts.
        number: the number, or None.
        digits: significant digits the number is written with.
    """

    name: str = ""
    number: float | None = None
    digits: int = display.DIGITS


@dataclass(frozen=True, slots=True)
class Said:
    """A sentence: its key in the catalogue and what fills its slots.

    Attributes:
        key: of ``sentences.SENTENCES``, or ``purpose.OP`` or ``reason.OP.ARGUMENT.N`` for a
            sentence of an op's row.
        slots: by the slot's name; several sentences in one slot are written with semicolons.
        says: the sentence with its slots open.
    """

    key: str
    slots: Mapping[str, Slot]
    says: str = field(repr=False)

    def __str__(self) -> str:
        return _SLOT.sub(self._filled, self.says)

    def _filled(self, match: re.Match[str]) -> str:
        slot = self.slots[match[1]]
        if isinstance(slot, tuple):
            return "; ".join(map(str, slot))
        if isinstance(slot, Said):
            return str(slot)
        if not match[2]:
            return slot.name
        assert slot.number is not None, f"{self.key} has no number for {match[0]}"
        number = display.number(slot.number, slot.digits)
        if match[2] == "=":
            return f"{slot.name} = {number}"
        # where a minus would follow an operator
        negative = "×" in self.says and number.startswith(display.MINUS)
        return f"({number})" if negative else number

    def to_json(self) -> dict[str, Any]:
        """Return key and slots as JSON data: names as texts, numbers as numbers, both as pairs."""
        return {"key": self.key, "slots": {name: _json(slot) for name, slot in self.slots.items()}}


Slot = Named | Said | tuple[Said, ...]


def say(key: str, **slots: Slot | str | float) -> Said:
    """Return a sentence of the catalogue with its slots filled.

    Args:
        key: the sentence's key.
        slots: what fills each; a text is a name, a number a number.

    Raises:
        KeyError: there is no such sentence, or the slots are not its slots.
    """
    says = SENTENCES[key]
    if set(slots) != {name for name, _ in _SLOT.findall(says)}:
        raise KeyError(f"{key} has other slots than {', '.join(slots)}")
    return Said(key, {name: _slot(slot) for name, slot in slots.items()}, says)


def say_of_op(key: str, says: str, slots: Mapping[str, Named]) -> Said:
    """Return a sentence of an op's row with its slots filled.

    Raises:
        KeyError: a slot that it needs is not among them.
    """
    return Said(key, {name: slots[name] for name, _ in _SLOT.findall(says)}, says)


def _slot(slot: Slot | str | float) -> Slot:
    if isinstance(slot, str):
        return Named(slot)
    return Named(number=float(slot)) if isinstance(slot, int | float) else slot


def _json(slot: Slot) -> Any:
    if isinstance(slot, tuple):
        return [one.to_json() for one in slot]
    if isinstance(slot, Said):
        return slot.to_json()
    if slot.number is None:
        return slot.name
    number = json_number(slot.number)
    return [slot.name, number] if slot.name else number
