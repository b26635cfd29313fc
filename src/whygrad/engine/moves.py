"""Which numbers an op moves where, found by playing it on positions in place of numbers.

So there is one rule of where a number goes: the op's own forward rule.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np

from whygrad.engine.op import Array, Op, Params
from whygrad.engine.ops import OPS

Sizes = tuple[int, ...]


class Moves:
    """What one step of an op that only moves numbers moves; worked out once, when it is asked."""

    def __init__(self, op: Op, inputs: Sequence[Array], shape: Sizes, params: Params) -> None:
        """Keep a step: its op, its inputs' numbers, its output's shape and its params."""
        self._op = op
        self._inputs = inputs
        self._shape = shape
        self._params = params
        self._readers: dict[str, tuple[Array, Array]] = {}

    def source(self, at: int) -> tuple[int, int] | None:
        """Return which element stands at flat index ``at`` of the output.

        Returns:
            The input's number and the flat index in it; None where no input's element stands,
            as in the border of a padding.
        """
        found: int = self._sources.item(at)
        if found < 0:
            return None
        argument = int(np.searchsorted(self._starts, found, "right")) - 1
        return argument, found - self._starts.item(argument)

    def added(self, reader: str, at: int) -> list[int]:
        """Return which elements of the first input are added up at flat index ``at``.

        Args:
            reader: the op that reads each of them from there: it is played on the positions of
                this step's output, with this step's further inputs and its params.
            at: a flat index of the output.
        """
        if reader not in self._readers:
            self._readers[reader] = self._grouped(OPS[reader])
        order, starts = self._readers[reader]
        return order[starts[at] : starts[at + 1]].tolist()

    @cached_property
    def _starts(self) -> Array:
        """Where each input's positions start: those of all inputs are counted through."""
        moved = (self._op.formula.use(n) is not None for n in range(len(self._inputs)))
        return np.cumsum([0, *(x.size * is_ for x, is_ in zip(self._inputs, moved, strict=True))])

    @cached_property
    def _sources(self) -> Array:
        """For each element of the output, the position of its source in all inputs; -1 for none.

        It is played twice, with every position raised by as much the second time: what a number
        of the op's own fills, such as a border, stays the same.
        """
        whole = self._starts.item(-1)
        first, second = (
            _played(self._op, self._numbered(raised), self._shape, self._params)
            for raised in (0, whole)
        )
        with np.errstate(invalid="ignore"):  # a border may be infinite
            moved = second - first == whole
        return np.where(moved, first, -1.0).astype(np.int64).reshape(-1)

    def _numbered(self, raised: int) -> list[Array]:
        return [
            np.arange(x.size, dtype=float).reshape(x.shape) + start + raised
            if self._op.formula.use(n) is not None
            else x
            for n, (x, start) in enumerate(zip(self._inputs, self._starts, strict=False))
        ]

    def _grouped(self, reader: Op) -> tuple[Array, Array]:
        """Return the first input's elements by where they go, and where each group starts."""
        size = int(np.prod(self._shape, dtype=int))
        taken = len(self._inputs) if reader.variadic else len(reader.pullbacks)
        inputs = [np.arange(size, dtype=float).reshape(self._shape), *self._inputs[1:][: taken - 1]]
        target = _played(reader, inputs, self._inputs[0].shape, self._params).reshape(-1)
        order = np.argsort(target, kind="stable")
        return order, np.searchsorted(target, np.arange(size + 1), sorter=order)


def _played(op: Op, inputs: Sequence[Array], shape: Sizes, params: Params) -> Array:
    if op.view is not None:
        return op.view(inputs[0], shape, **params)
    assert op.forward is not None
    out: Array = np.empty(shape)
    op.forward(*inputs, out, **params)()
    return out
