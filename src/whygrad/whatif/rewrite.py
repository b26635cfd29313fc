"""Writes a tape anew, step by step, with some steps done differently.

A rewrite is asked about every step of the old tape. It returns False to have the step copied, or
does something else in its place and returns True. Names stay where they were, so that the two tapes
can be compared value by value.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any

import numpy as np

from whygrad.engine.dims import Dim, Shape, same_shape
from whygrad.engine.op import Array, Dtype, dtype_name
from whygrad.engine.ops import OPS
from whygrad.engine.roles import Role
from whygrad.tape.tape import Reversal, Step, Tape, Value

Rewrite = Callable[[Step, "Rewriter"], bool]


class Rewriter:
    """The tape being written: ``copy``, ``emit`` and ``finish`` add steps to it."""

    def __init__(self, tape: Tape, leaves: Mapping[int, Array]) -> None:
        """Start with the old tape's leaves, but for the seed, which follows the loss."""
        self.old = tape
        self.leaves: dict[int, Array] = {}
        self.origins: dict[int, int] = {}  # the old leaf that a leaf was, by new id
        self.values: list[Value] = []
        self.steps: list[Step] = []
        self.carries: list[tuple[int, int]] = []
        self._ids: dict[int, int] = {}
        self._steps: dict[int, int] = {}
        self._given = leaves
        for leaf in tape.leaves:
            if leaf.gradient_of is None:
                self._leaf(leaf)

    def id(self, old: int) -> int:
        """Return the new id of an old value; a step that makes it must have been written."""
        if old not in self._ids:
            self._leaf(self.old.values[old])
        return self._ids[old]

    def _leaf(self, leaf: Value) -> None:
        of = None if leaf.gradient_of is None else self.id(leaf.gradient_of)
        self._ids[leaf.id] = self._add(replace(leaf, shape=_plain(leaf.shape), gradient_of=of))
        self.leaves[self._ids[leaf.id]] = self._given[leaf.id]
        self.origins[self._ids[leaf.id]] = leaf.id

    def known(self, old: int) -> bool:
        """Say whether an old value has been made on the new tape by now."""
        return old in self._ids

    def shape(self, new: int) -> Shape:
        """Return the shape of a new value."""
        return self.values[new].shape

    def constant(self, number: float) -> int:
        """Add a constant."""
        return self.leaf(np.array(number), (), "constant")

    def leaf(self, numbers: Array, shape: Shape, role: Role, name: str = "") -> int:
        """Add a leaf with its numbers."""
        new = self._add(Value(0, name, _plain(shape), dtype_name(numbers.dtype), role))
        self.leaves[new] = numbers
        return new

    def copy(self, step: Step) -> None:
        """Do a step as it was done."""
        self.finish(step, step.op, [self.id(i) for i in step.inputs], **step.params)

    def again(self, step: Step) -> int:
        """Do a step as it was done, as an unnamed one leading to what ``finish`` will make."""
        return self.emit(step, step.op, [self.id(i) for i in step.inputs], **step.params)

    def emit(self, like: Step, op: str, inputs: Sequence[int], **params: Any) -> int:
        """Add a step whose result is unnamed."""
        return self._step(like, op, inputs, params, None)

    def finish(self, step: Step, op: str, inputs: Sequence[int], **params: Any) -> None:
        """Add the step that makes the old step's value, under its name."""
        old = self.old.values[step.output]
        self._ids[step.output] = self._step(step, op, inputs, params, old)
        self._steps[step.id] = len(self.steps) - 1

    def tape(self) -> Tape:
        """Return the new tape, once every step has been written."""
        carries = [(self.id(a), self.id(b)) for a, b in self.old.carries] + self.carries
        return Tape(tuple(self.values), tuple(self.steps), self.id(self.old.loss), tuple(carries))

    def _step(
        self,
        like: Step,
        op: str,
        inputs: Sequence[int],
        params: Mapping[str, Any],
        old: Value | None,
    ) -> int:
        shape = OPS[op].shape(*(self.shape(i) for i in inputs), **params)
        dtype = "bool" if OPS[op].kind == "bool" else self._float(inputs)
        if OPS[op].kind == "like":
            dtype = self.values[inputs[1]].dtype
        value = Value(0, "", shape, dtype, "intermediate")
        if old is not None:
            of = old.gradient_of
            value = Value(
                0, old.name, shape, dtype, old.role, self._ids.get(of) if of is not None else None
            )
        new = self._add(value)
        self.steps.append(
            Step(
                len(self.steps),
                op,
                tuple(inputs),
                new,
                MappingProxyType(dict(params)),
                like.phase,
                like.part,
                self._reversal(like, new),
                like.source,
            )
        )
        return new

    def _float(self, inputs: Sequence[int]) -> Dtype:
        dtypes = (self.values[i].dtype for i in inputs)
        kinds: list[Dtype] = [d for d in dtypes if d in ("float32", "float64")]
        return kinds[0] if kinds else "float64"

    def _reversal(self, like: Step, new: int) -> Reversal | None:
        r = like.reverses
        if r is None or r.step not in self._steps or r.upstream not in self._ids:
            return None
        local = None if r.local is None else self._ids.get(r.local)
        return Reversal(
            self._steps[r.step],
            r.argument,
            self._ids[r.upstream],
            local,
            self._ids.get(r.contribution, new),
        )

    def _add(self, value: Value) -> int:
        new = len(self.values)
        self.values.append(replace(value, id=new))
        return new


def _plain(shape: Shape) -> Shape:
    """Forget the names of sizes, but for the batch: a mistake may mix layers of equal width."""
    return tuple(n if isinstance(n, Dim) and n.name == "batch" else int(n) for n in shape)


def rewrite(
    tape: Tape, leaves: Mapping[int, Array], change: Rewrite
) -> tuple[Tape, Mapping[int, Array]]:
    """Write ``tape`` anew, doing differently what ``change`` does differently.

    Args:
        tape: the tape; it is not changed.
        leaves: the numbers of its leaves, by id.
        change: asked about every step in order; returns True where it has made the step's value
            itself.

    Returns:
        The new tape and the numbers of its leaves.
    """
    new = rewriter(tape, leaves, change)
    return new.tape(), new.leaves


def rewriter(tape: Tape, leaves: Mapping[int, Array], change: Rewrite) -> Rewriter:
    """Do as ``rewrite`` does, and return what wrote the tape: it knows where leaves came from."""
    new = Rewriter(tape, leaves)
    for step in tape.steps:
        if not change(step, new):
            new.copy(step)
    return new


def is_chain(step: Step) -> bool:
    """Say whether a step is ``upstream x local`` for one use of a value."""
    r = step.reverses
    return r is not None and r.local is not None and step.inputs == (r.upstream, r.local)


def is_accumulation(tape: Tape, step: Step) -> bool:
    """Say whether a step adds up the contributions of two uses."""
    return step.op == "add" and step.phase == "backward" and step.reverses is None


def reversed_step(tape: Tape, step: Step) -> Step | None:
    """Return the forward step that a backward step passes a gradient through."""
    return None if step.reverses is None else tape.steps[step.reverses.step]


def fits_in_place(a: Shape, b: Shape) -> bool:
    """Say whether a value of one shape can stand where the other stood."""
    return same_shape(a, b) or tuple(map(int, a)) == tuple(map(int, b))
