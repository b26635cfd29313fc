"""Plays one tape for many runs at once: every value has a leading axis of runs.

Axes in params count from the end, so most kernels take a leading axis as more of the same. Where
the matrices are small the runs are kept innermost in memory: what looks like (runs, rows, columns)
lies as (rows, columns, runs), so that every NumPy call works along all runs, and a matrix product
is a few multiplications and additions of whole rows of runs. NumPy's own product of a thousand
2 x 4 matrices takes three times as long.

What is promised: a run's numbers do not depend on which runs, or how many, are played beside it,
bit for bit. Beside the same run played by ``Player`` they agree to 1e-12 relative per iteration
in float64 and not to the bit: there BLAS makes the products (it fuses multiplying and adding),
and sums take another order.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from whygrad.engine.dims import Shape, show_shape
from whygrad.engine.op import Array, Kernel, Op
from whygrad.engine.ops import OPS
from whygrad.engine.tensor import output_dtype
from whygrad.errors import ShapeError, WhygradError
from whygrad.tape.plan import Plan, plan
from whygrad.tape.player import refuse_if_too_large, shapes_at
from whygrad.tape.run import Run
from whygrad.tape.tape import Step, Tape, Value

SMALL = 16  # the longest inner size of a product that is done by multiplying and adding rows


class ManyPlayer:
    """Plays one tape for many runs at once.

    Attributes:
        runs: how many.
        buffers: one array per value, by id, with the runs as its first axis. Unless ``keep_all``,
            a value's array holds its numbers only until its last use, but for the leaves, the
            loss and what is carried on.
        memory: how many bytes the buffers take.
    """

    def __init__(
        self,
        tape: Tape,
        leaves: Mapping[int, Any],
        runs: int,
        *,
        keep_all: bool = False,
        beside: ManyPlayer | None = None,
    ) -> None:
        """Allocate buffers and bind the steps to them.

        Args:
            tape: what to play.
            leaves: the numbers that no step makes, by value id: with one axis more than the tape
                has there, they are one per run, else all runs share them. They are copied.
            runs: how many runs.
            keep_all: keep every value's numbers, not only those that training needs.
            beside: a player of the same runs at another batch size; both carry on one state.

        Raises:
            ShapeError: a leaf is missing or does not fit; both shapes are named.
            WhygradError: there are no runs, or the buffers would take too much memory.
        """
        if runs < 1:
            raise WhygradError(f"runs is {runs}; play at least 1 run")
        self.tape = tape
        self.runs = runs
        given = {leaf.id: np.asarray(leaves[leaf.id]) for leaf in tape.leaves if leaf.id in leaves}
        own = {leaf.id for leaf in tape.leaves if _has_runs(leaf, given.get(leaf.id), runs)}
        shapes = shapes_at(tape, {i: x[0] if i in own else x for i, x in given.items()})
        layout = plan(tape, shapes, reuse=not keep_all, least=max(4096 // runs, 1))
        self.memory = layout.memory * runs
        refuse_if_too_large(tape, [(runs, *shape) for shape in shapes], self.memory)
        self._innermost = _all_small(tape, shapes)
        self.buffers: list[Array] = [np.empty(0)] * len(tape.values)
        self._blocks: dict[int, Array] = {}
        self._bases: dict[int, Array] = {}
        carried = {before for before, _ in tape.carries}
        common = carried | {leaf.id for leaf in tape.leaves if leaf.role == "hyperparameter"}
        for leaf in tape.leaves:
            if beside is not None and leaf.id in common:
                self.buffers[leaf.id] = beside.buffers[leaf.id]
                self._bases[leaf.id] = beside._bases[leaf.id]
            else:
                self._leaf(leaf, given[leaf.id], shapes[leaf.id], leaf.id in own | carried)
            self._blocks[layout.block[leaf.id]] = self.buffers[leaf.id]
        self._program: list[Kernel] = []
        for step in tape.steps:
            self._bind(step, shapes[step.output], layout)
        self._carried = [(self.buffers[a], self.buffers[b]) for a, b in layout.copies]

    def _leaf(self, leaf: Value, given: Array, shape: Shape, own: bool) -> None:
        if own:
            made = base = self._room(shape, np.dtype(leaf.dtype))
            made[...] = given
        else:
            base = np.array(given, leaf.dtype)
            made = np.broadcast_to(base, (self.runs, *shape))
        self.buffers[leaf.id], self._bases[leaf.id] = made, base

    def feed(self, leaf: int, numbers: Any) -> None:
        """Put other numbers into a leaf: one set per run, or one for all, as it was given."""
        np.copyto(self._bases[leaf], numbers)

    def _room(self, shape: Shape, dtype: np.dtype[Any], block: Array | None = None) -> Array:
        """Return an array of one ``shape`` per run, innermost in memory if that is the way."""
        sizes = (*shape, self.runs) if self._innermost else (self.runs, *shape)
        if block is None:
            made = np.empty(sizes, dtype)
        else:
            made = block[: math.prod(sizes) * dtype.itemsize].view(dtype).reshape(sizes)
        return np.moveaxis(made, -1, 0) if self._innermost else made

    def _bind(self, step: Step, shape: Shape, layout: Plan) -> None:
        op = OPS[step.op]
        inputs = [self.buffers[i] for i in step.inputs]
        if op.aligned or op.name == "matmul":
            rank = max(x.ndim for x in inputs)
            inputs = [_padded(x, rank) for x in inputs]
        if op.view is not None:
            out = op.view(inputs[0], (self.runs, *shape), **step.params)
            self.buffers[step.output] = out
            if not np.may_share_memory(out, inputs[0]):
                # NumPy had to copy: rows that do not lie one after the other, in another shape
                look = _again(op.view, inputs[0], (self.runs, *shape), step.params)
                self._program.append(_copying(out, look))
            return
        dtype = output_dtype(op.kind, inputs)
        at = layout.block[step.output]
        block = self._blocks.get(at)
        if block is None:
            block = self._blocks[at] = np.empty(layout.sizes[at] * self.runs, np.uint8)
        out = block if block.dtype != np.uint8 else self._room(shape, dtype, block)
        self.buffers[step.output] = out
        self._program.append(self._kernel(op, inputs, out, step.params))

    def _kernel(self, op: Op, inputs: list[Array], out: Array, params: Mapping[str, Any]) -> Kernel:
        if op.name == "matmul":
            return _matmul(inputs[0], inputs[1], out, innermost=self._innermost)
        if not op.leading:  # right, and slow
            return _one_by_one(op, inputs, out, params)
        assert op.forward is not None
        if op.aligned:
            out = _padded(out, inputs[0].ndim)
        return op.forward(*inputs, out, **params)

    def play(self) -> None:
        """Compute every step of every run, once. NaN and infinity raise no warning here."""
        with np.errstate(all="ignore"):
            for compute in self._program:
                compute()

    def carry(self) -> None:
        """Put the updated parameters (and optimizer state) in place of the old ones."""
        for before, after in self._carried:
            np.copyto(before, after)

    def train(self, n: int) -> None:
        """Play and carry on, ``n`` times over."""
        program = [*self._program, self.carry] if self._carried else self._program
        with np.errstate(all="ignore"):
            for _ in range(n):
                for compute in program:
                    compute()

    def losses(self) -> Array:
        """Return a copy of each run's loss in the last play, shape (runs,)."""
        return self.buffers[self.tape.loss].reshape(self.runs).copy()

    def run(self, which: int) -> Run:
        """Return a copy of one run's numbers as they stand."""
        arrays = [np.array(buffer[which], order="C") for buffer in self.buffers]
        for array in arrays:
            array.setflags(write=False)
        return Run(self.tape, tuple(arrays))


def _has_runs(leaf: Value, given: Array | None, runs: int) -> bool:
    if given is None or given.ndim != len(leaf.shape) + 1:
        return False
    if given.shape[0] != runs:
        raise ShapeError(
            f"{leaf.name or f'v{leaf.id}'} has shape {show_shape(given.shape)}: one axis more than "
            f"the tape, so its first must be the {runs} runs"
        )
    return True


def _all_small(tape: Tape, shapes: Sequence[Shape]) -> bool:
    inner = (shapes[step.inputs[0]][-1] for step in tape.steps if step.op == "matmul")
    return all(size <= SMALL for size in inner)


def _padded(x: Array, rank: int) -> Array:
    """Put axes of size 1 behind the runs, so that what broadcasts lines up from the end."""
    return np.expand_dims(x, tuple(range(1, rank - x.ndim + 1)))


def _matmul(a: Array, b: Array, out: Array, *, innermost: bool) -> Kernel:
    if not innermost or not a.shape[-1]:
        # each run's product is made by itself, whatever runs stand beside it
        return lambda: np.matmul(a, b, out)
    columns = [a[..., :, k, None] for k in range(a.shape[-1])]
    rows = [b[..., k, None, :] for k in range(a.shape[-1])]
    term = np.empty_like(out)

    def compute() -> None:
        np.multiply(columns[0], rows[0], out)
        for column, row in zip(columns[1:], rows[1:], strict=True):
            np.multiply(column, row, term)
            np.add(out, term, out)

    return compute


def _one_by_one(op: Op, inputs: Sequence[Array], out: Array, params: Mapping[str, Any]) -> Kernel:
    assert op.forward is not None
    given = [np.empty(x.shape[1:], x.dtype) for x in inputs]
    made = np.empty(out.shape[1:], out.dtype)
    for x, one in zip(inputs, given, strict=True):
        one[...] = x[0]
    kernel = op.forward(*given, made, **params)

    def compute() -> None:
        for run in range(len(out)):
            for x, one in zip(inputs, given, strict=True):
                one[...] = x[run]
            kernel()
            out[run] = made

    return compute


def _again(view: Callable[..., Array], x: Array, shape: Shape, params: Mapping[str, Any]) -> Any:
    return lambda: view(x, shape, **params)


def _copying(out: Array, look: Callable[[], Array]) -> Kernel:
    return lambda: np.copyto(out, look())
