"""Plays a tape again, into buffers that are allocated once."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import partial
from types import MappingProxyType
from typing import Any

import numpy as np

from whygrad.dims import Dim, Shape, show_shape
from whygrad.errors import ShapeError, WhygradError
from whygrad.op import Array, Kernel
from whygrad.ops import OPS
from whygrad.run import Run
from whygrad.tape import Step, Tape, Value
from whygrad.tensor import output_dtype

MEMORY_LIMIT = 8 * 2**30


class Player:
    """Plays one tape at one set of sizes.

    The steps are bound to their buffers once; views (transposes, reshapes, gradients passed on
    unchanged) cost nothing when played. What is played is bit for bit what recording gave.

    Attributes:
        buffers: one array per value, by id; written in place by every play.
    """

    def __init__(
        self,
        tape: Tape,
        leaves: Mapping[int, Array],
        shared: Mapping[int, Array] = MappingProxyType({}),
    ) -> None:
        """Allocate buffers for ``tape`` at the sizes of ``leaves`` and bind the steps to them.

        Args:
            tape: what to play.
            leaves: the numbers that no step makes, by value id. They are copied, once.
            shared: leaves to use as they are, so that several players carry on one state.

        Raises:
            ShapeError: a leaf is missing, or its shape is not the tape's at any size.
            WhygradError: the buffers would need more than ``MEMORY_LIMIT`` bytes.
        """
        self.tape = tape
        shapes = shapes_at(tape, leaves)
        self._refuse_if_too_large(shapes)
        self.buffers: list[Array] = [np.empty(0)] * len(tape.values)
        for leaf in tape.leaves:
            given = shared.get(leaf.id)
            self.buffers[leaf.id] = _numbers(leaf, leaves[leaf.id]) if given is None else given
        self._program: list[Kernel] = []
        for step in tape.steps:
            self._bind(step, shapes[step.output])
        self._carried = [(self.buffers[a], self.buffers[b]) for a, b in tape.carries]
        befores = {before for before, _ in tape.carries}
        self._swaps = any(after in befores for _, after in tape.carries)

    def _bind(self, step: Step, shape: Shape) -> None:
        op = OPS[step.op]
        inputs = [self.buffers[i] for i in step.inputs]
        if op.view is not None:
            out = op.view(inputs[0], shape, **step.params)
            self.buffers[step.output] = out
            if not np.may_share_memory(out, inputs[0]):
                # NumPy had to copy: rows that do not lie one after the other, in another shape
                self._program.append(partial(np.copyto, out.reshape(inputs[0].shape), inputs[0]))
            return
        assert op.forward is not None
        out = np.empty(shape, output_dtype(op.kind, inputs))
        self.buffers[step.output] = out
        self._program.append(op.forward(*inputs, out, **step.params))

    def _refuse_if_too_large(self, shapes: list[Shape]) -> None:
        needed = sum(
            math.prod(shape) * np.dtype(value.dtype).itemsize
            for shape, value in zip(shapes, self.tape.values, strict=True)
        )
        if needed > MEMORY_LIMIT:
            raise WhygradError(
                f"playing this tape needs {needed / 2**30:.1f} GiB for its values, more than the "
                f"{MEMORY_LIMIT / 2**30:.0f} GiB allowed; use a smaller batch or narrower layers"
            )

    def play(self) -> None:
        """Compute every step, once, in order. NaN and infinity raise no warning here."""
        with np.errstate(all="ignore"):
            for compute in self._program:
                compute()

    def carry(self) -> None:
        """Put the updated parameters (and optimizer state) in place of the old ones."""
        carried = self._carried
        if self._swaps:
            carried = [(before, after.copy()) for before, after in carried]
        for before, after in carried:
            np.copyto(before, after)

    def run(self) -> Run:
        """Return a copy of the numbers as they stand."""
        arrays = [buffer.copy() for buffer in self.buffers]
        for array in arrays:
            array.setflags(write=False)
        return Run(self.tape, tuple(arrays))


def _numbers(leaf: Value, given: Any) -> Array:
    try:
        return np.array(given, dtype=leaf.dtype, order="C")
    except (ValueError, TypeError, OverflowError):
        raise WhygradError(f"{_called(leaf)} must be {leaf.dtype} numbers in even rows") from None


def _called(value: Value) -> str:
    return value.name or f"v{value.id}"


def shapes_at(tape: Tape, leaves: Mapping[int, Any]) -> list[Shape]:
    """Return the shape of every value when the tape is played with ``leaves``.

    Raises:
        ShapeError: a leaf is missing or does not fit; its name and both shapes are given.
    """
    sizes: dict[str, int] = {}
    shapes: list[Shape] = [()] * len(tape.values)
    for leaf in tape.leaves:
        if leaf.id not in leaves:
            raise ShapeError(
                f"the tape needs numbers for {tape.label(leaf.id)}, which were not given"
            )
        shapes[leaf.id] = _leaf_shape(leaf, _shape_of(leaf, leaves[leaf.id]), sizes)
    for step in tape.steps:
        inputs = [shapes[i] for i in step.inputs]
        shapes[step.output] = OPS[step.op].shape(*inputs, **step.params)
    for value in tape.values:
        of = value.gradient_of
        if of is not None and shapes[value.id] != shapes[of]:
            raise ShapeError(
                f"this tape cannot be played at these sizes: the gradient of {tape.label(of)} "
                f"comes out as {show_shape(shapes[value.id])}, but {tape.label(of)} has shape "
                f"{show_shape(shapes[of])}; record it anew with them"
            )
    return shapes


def _shape_of(leaf: Value, given: Any) -> tuple[int, ...]:
    try:
        return np.shape(given)
    except ValueError:
        raise WhygradError(f"{_called(leaf)} must be {leaf.dtype} numbers in even rows") from None


def _leaf_shape(leaf: Value, actual: tuple[int, ...], sizes: dict[str, int]) -> Shape:
    fits = len(actual) == len(leaf.shape)
    shape: list[int] = []
    for wanted, size in zip(leaf.shape, actual, strict=False):
        if isinstance(wanted, Dim):
            fits = fits and sizes.setdefault(wanted.name, size) == size
            shape.append(Dim(wanted.name, size))
        else:
            fits = fits and wanted == size
            shape.append(size)
    if not fits:
        known = ", ".join(f"{name}={size}" for name, size in sizes.items())
        raise ShapeError(
            f"{_called(leaf)} has shape {show_shape(actual)}, "
            f"but the tape has {show_shape(leaf.shape)} there"
            + (f" (and here {known})" if known else "")
        )
    return tuple(shape)


def first_fault(player: Player) -> Step | None:
    """Return the step whose NaN or infinity reached the loss or what is carried, after a play.

    It is the first that made one from finite numbers. One that led nowhere, such as a logarithm
    of 0 that a ``where`` passed over, is no fault. None if all is finite, or if what was given to
    the tape was not.
    """
    tape = player.tape
    faulty = {
        value
        for value in (tape.loss, *(after for _, after in tape.carries))
        if not _finite(player.buffers[value])
    }
    found = None
    for step in reversed(tape.steps):
        if step.output in faulty:
            causes = {i for i in step.inputs if not _finite(player.buffers[i])}
            faulty |= causes
            found = found if causes else step
    return found


def _finite(array: Array) -> bool:
    return bool(np.isfinite(array).all())
