"""The numbers of one play of a tape: one array per value."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, cast

import numpy as np

from whygrad.engine.dims import show_shape
from whygrad.engine.formula import Index, flat, unflat
from whygrad.engine.moves import Moves
from whygrad.engine.op import Array
from whygrad.engine.ops import OPS
from whygrad.errors import TapeError, WhygradError
from whygrad.tape.tape import Step, Tape

Json = Any
_ELEMENT = re.compile(r"^(?P<name>.+?)(?:\[(?P<index>\s*\d+\s*(?:,\s*\d+\s*)*)\])?$", re.DOTALL)


@dataclass(frozen=True)
class Run:
    """The numbers of one play, by value id (``arrays``) or by name (``run["W1"]``)."""

    tape: Tape
    arrays: tuple[Array, ...]

    def __getitem__(self, name: str | int) -> Array:
        """Return a value's array, read-only.

        Raises:
            WhygradError: there is no value of that name; the nearest names come first.
        """
        return self.arrays[name if isinstance(name, int) else self.tape.find(name).id]

    def element(self, name: str) -> tuple[int, int]:
        """Return ``(value id, flat index)`` for a name such as ``dL/dW1[0,2]`` or ``w1``.

        Raises:
            WhygradError: no such value, an index outside its shape, or no index where the value
                has several elements.
        """
        if name in self.tape.by_name:
            value, index = self.tape.by_name[name], None
        else:
            match = _ELEMENT.match(name)
            value = self.tape.find(match["name"] if match else name).id
            index = match and match["index"]
        shape = self.arrays[value].shape
        shown = f"{self.tape.label(value)} has shape {show_shape(shape)}"
        if not index:
            if self.arrays[value].size != 1:
                example = ",".join("0" * len(shape))
                raise WhygradError(f"{shown}: say which element, such as {name}[{example}]")
            return value, 0
        numbers = tuple(int(part) for part in index.split(","))
        if len(numbers) != len(shape) or any(i >= n for i, n in zip(numbers, shape, strict=True)):
            raise WhygradError(f"{shown}: there is no element [{index}]")
        return value, flat(numbers, shape)

    def number(self, value: int, at: int) -> float:
        """Return one element by value id and flat index."""
        return float(self.arrays[value].item(at))

    def label(self, value: int, at: int) -> str:
        """Return an element's name: ``dL/dW1[0,2]``, or ``w1`` where there is only one."""
        return element_label(self.tape.label(value), self.arrays[value].shape, at)

    def moves(self, step: Step) -> Moves:
        """Return what a step of an op that only moves numbers moves, worked out once."""
        if step.id not in self._moves:
            inputs = [self.arrays[i] for i in step.inputs]
            shape = self.arrays[step.output].shape
            self._moves[step.id] = Moves(OPS[step.op], inputs, shape, step.params)
        return self._moves[step.id]

    @cached_property
    def _moves(self) -> dict[int, Moves]:
        return {}

    def to_json(self) -> Json:
        """Return the numbers as nested lists by value id; inf and nan as texts."""
        return {"values": [numbers(array) for array in self.arrays]}

    @staticmethod
    def from_json(tape: Tape, data: Json) -> Run:
        """Read the numbers of a play and check that they fit the tape.

        Raises:
            TapeError: a value is missing, is not numbers, or has another shape than the tape says.
        """
        values = cast("dict[str, Json]", data).get("values") if isinstance(data, dict) else None
        listed = cast("list[Json]", values) if isinstance(values, list) else []
        if not isinstance(values, list) or len(listed) != len(tape.values):
            raise TapeError(f"a run of this tape has {len(tape.values)} values, in order of id")
        return Run(tape, tuple(_array(tape, n, item) for n, item in enumerate(listed)))


def element_label(name: str, shape: Sequence[int], at: int) -> str:
    """Name an element: ``W1[0,2]``; the bare name where the value holds one number."""
    if math.prod(shape) == 1:
        return name
    index: Index = unflat(at, shape)
    return f"{name}[{','.join(map(str, index))}]"


def json_number(number: float) -> float | str:
    """Return a number as JSON can hold it; inf and nan as texts."""
    return number if math.isfinite(number) else str(number)


def numbers(array: Array) -> Json:
    """Return an array as nested lists; inf and nan, which JSON cannot hold, as texts."""
    if array.ndim:
        return [numbers(part) for part in array]
    return json_number(array.item())


def _array(tape: Tape, n: int, item: Json) -> Array:
    value = tape.values[n]
    shape = tuple(map(int, value.shape))
    flat_list: list[Any] = []
    try:
        _gather(item, shape, _KINDS[value.dtype[0]], flat_list)
        array = np.array(flat_list, dtype=value.dtype).reshape(shape)
    except (ValueError, OverflowError):
        raise TapeError(
            f"run.values[{n}] must be {value.dtype} numbers in the shape {show_shape(value.shape)}"
        ) from None
    array.setflags(write=False)
    return array


def _gather(item: Json, shape: tuple[int, ...], kinds: tuple[type, ...], into: list[Any]) -> None:
    """Collect the numbers of nested lists in order.

    Raises:
        ValueError: they have another shape, or hold something else.
    """
    if shape:
        rows = cast("list[Json]", item) if isinstance(item, list) else []
        if not isinstance(item, list) or len(rows) != shape[0]:
            raise ValueError
        for row in rows:
            _gather(row, shape[1:], kinds, into)
    elif type(item) in kinds or (float in kinds and item in _NOT_FINITE):
        into.append(item)
    else:
        raise ValueError


_KINDS: dict[str, tuple[type, ...]] = {"f": (int, float), "i": (int,), "b": (bool,)}
_NOT_FINITE = ("inf", "-inf", "nan")


def leaves_of(run: Run) -> Mapping[int, Array]:
    """Return the numbers that were given rather than computed, by value id."""
    return {value.id: run.arrays[value.id] for value in run.tape.leaves}
