"""Plays a tape again, into buffers that are allocated once."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import partial
from types import MappingProxyType
from typing import Any

import numpy as np

from whygrad.engine.dims import Dim, Shape, show_shape
from whygrad.engine.memory import memory_allowed, memory_text
from whygrad.engine.op import Array, Kernel
from whygrad.engine.ops import OPS
from whygrad.engine.tensor import output_dtype
from whygrad.errors import ShapeError, WhygradError
from whygrad.tape.plan import Plan, plan
from whygrad.tape.run import Run
from whygrad.tape.tape import Step, Tape, Value


class Player:
    """Plays one tape at one set of sizes.

    The steps are bound to their buffers once; views (transposes, reshapes, gradients passed on
    unchanged) cost nothing when played. What is played is bit for bit what recording gave.

    Attributes:
        buffers: one array per value, by id; written in place by every play. In a lean player a
            value's array holds its numbers only until its last use, but for the leaves, the loss
            and what is carried on.
        memory: how many bytes the buffers take.
    """

    def __init__(
        self,
        tape: Tape,
        leaves: Mapping[int, Array],
        shared: Mapping[int, Array] = MappingProxyType({}),
        *,
        lean: bool = False,
    ) -> None:
        """Allocate buffers for ``tape`` at the sizes of ``leaves`` and bind the steps to them.

        Args:
            tape: what to play.
            leaves: the numbers that no step makes, by value id. They are copied, once.
            shared: leaves to use as they are, so that several players carry on one state.
            lean: give a value's memory to another after its last use, and write updated
                parameters over the old ones: for training, where only the state is read.

        Raises:
            ShapeError: a leaf is missing, or its shape is not the tape's at any size.
            WhygradError: the buffers would need more memory than is allowed.
        """
        self.tape = tape
        shapes = shapes_at(tape, leaves)
        layout = plan(tape, shapes, reuse=lean)
        refuse_if_too_large(tape, shapes, layout.memory)
        self.memory = layout.memory
        self.buffers: list[Array] = [np.empty(0)] * len(tape.values)
        self._blocks: dict[int, Array] = {}
        for leaf in tape.leaves:
            given = shared.get(leaf.id)
            self.buffers[leaf.id] = _numbers(leaf, leaves[leaf.id]) if given is None else given
            self._blocks[layout.block[leaf.id]] = self.buffers[leaf.id]
        self._program: list[Kernel] = []
        self._played: list[Step] = []
        for step in tape.steps:
            self._bind(step, shapes[step.output], layout)
            self._played += [step] * (len(self._program) - len(self._played))
        self._carried = [(self.buffers[a], self.buffers[b]) for a, b in layout.copies]
        befores = {before for before, _ in tape.carries}
        self._swaps = any(after in befores for _, after in tape.carries)

    def _bind(self, step: Step, shape: Shape, layout: Plan) -> None:
        op = OPS[step.op]
        inputs = [self.buffers[i] for i in step.inputs]
        if op.view is not None:
            out = op.view(inputs[0], shape, **step.params)
            self.buffers[step.output] = out
            if out.size and not np.may_share_memory(out, inputs[0]):
                # NumPy had to copy: rows that do not lie one after the other, in another shape
                self.memory += out.nbytes
                self._program.append(partial(np.copyto, out.reshape(inputs[0].shape), inputs[0]))
            return
        assert op.forward is not None
        dtype = output_dtype(op.kind, inputs)
        at = layout.block[step.output]
        block = self._blocks.get(at)
        if block is None:
            block = self._blocks[at] = np.empty(layout.sizes[at], np.uint8)
        out = _shaped(block, shape, dtype)
        self.buffers[step.output] = out
        self._program.append(op.forward(*inputs, out, **step.params))

    def kernels(self) -> list[tuple[Step, Kernel]]:
        """Return what a play calls, in order, each with its step; views are not called."""
        return list(zip(self._played, self._program, strict=True))

    def play(self) -> None:
        """Compute every step, once, in order. NaN and infinity raise no warning here."""
        with np.errstate(all="ignore"):
            for compute in self._program:
                compute()

    def train(self, n: int, losses: list[float]) -> None:
        """Play and carry on, ``n`` times over, noting the loss before each update."""
        loss = self.buffers[self.tape.loss]
        program = self._program
        if self._carried:
            program = [*program, self.carry]
        with np.errstate(all="ignore"):
            for _ in range(n):
                for compute in program:
                    compute()
                losses.append(loss.item())

    def carry(self) -> None:
        """Put the updated parameters (and optimizer state) in place of the old ones.

        In a lean player most are there already.
        """
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


def _shaped(block: Array, shape: Shape, dtype: np.dtype[Any]) -> Array:
    if block.dtype == dtype and block.shape == shape:
        return block
    flat = block.reshape(-1).view(np.uint8)
    size = math.prod(map(int, shape)) * dtype.itemsize
    return flat[:size].view(dtype).reshape(shape)


def memory_needed(tape: Tape, leaves: Mapping[int, Any], *, lean: bool = False) -> int:
    """Return how many bytes a player would take, without allocating them.

    Args:
        tape: what would be played.
        leaves: arrays, or anything else with a shape, by value id.
        lean: as for ``Player``.

    Raises:
        ShapeError: a leaf is missing, or its shape is not the tape's at any size.
    """
    return plan(tape, shapes_at(tape, leaves), reuse=lean).memory


def refuse_if_too_large(tape: Tape, shapes: Sequence[Shape], needed: int) -> None:
    """Say how large a player would be, and what takes the most, before it is allocated.

    Raises:
        WhygradError: it needs more memory than is allowed.
    """
    limit, allowed = memory_allowed()
    if needed <= limit:
        return
    sizes = [math.prod(map(int, shape)) for shape in shapes]
    largest = max(range(len(sizes)), key=sizes.__getitem__)
    raise WhygradError(
        f"playing this tape needs {memory_text(needed)} for its values, and {allowed}; "
        f"the largest, {tape.label(largest)}, has shape {show_shape(shapes[largest])}; use a "
        "smaller batch or narrower layers"
    )


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
        try:
            shapes[step.output] = OPS[step.op].shape(*inputs, **step.params)
        except ShapeError as error:
            raise ShapeError(
                f"this tape cannot be played at these sizes: step {step.id}, making "
                f"{tape.label(step.output)}: {error}"
            ) from None
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
