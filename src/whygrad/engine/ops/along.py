"""Ops along axes: running sums, padding, a new axis, and which positions a causal model may see."""

from __future__ import annotations

from functools import partial

import numpy as np

from whygrad.engine.dims import Shape, canonical_axes, show_shape
from whygrad.engine.formula import (
    MOVES,
    Expr,
    Formula,
    Use,
    arg,
    cases,
    compare,
    expr,
    moved,
    param,
    total,
)
from whygrad.engine.op import VJP, Array, Example, Kernel, Op, PullbackContext, Reason, each_reason
from whygrad.engine.ops.reasons import MOVED
from whygrad.errors import ShapeError

_ONE = expr(1.0)
_GRID = [[1.0, -2.0, 0.5], [3.0, 4.0, -0.25]]


def _running(shape: Shape, axis: int, reverse: bool) -> Shape:
    canonical_axes("cumsum", (axis,), shape)
    return shape


def _cumsum(x: Array, out: Array, axis: int, reverse: bool) -> Kernel:
    if reverse:
        x, out = np.flip(x, axis), np.flip(out, axis)
    return partial(np.add.accumulate, x, axis, None, out)


_UP_TO = ("upto", 0)
cumsum = Op(
    name="cumsum",
    shape=_running,
    forward=_cumsum,
    pullbacks=(
        VJP(lambda g, s: g.apply("cumsum", axis=s.params["axis"], reverse=not s.params["reverse"])),
    ),
    formula=Formula(
        total("k", _UP_TO, arg(0, "replace", "k")),
        (Use(_ONE, ("replace", "k"), (("k", _UP_TO),)),),
    ),
    leading=True,
    examples=(
        Example((_GRID,), {"axis": -1, "reverse": False}),
        Example((_GRID,), {"axis": -2, "reverse": False}),
        Example((_GRID,), {"axis": -1, "reverse": True}),
    ),
    title="running sum",
    reads="{0}, added up as it goes along",
    purpose="It adds up all that came before, place by place.",
    reasons=each_reason(
        Reason("{x} is one of the numbers that add up to {y}: one for one.", "rate")
    ),
)

Pads = tuple[tuple[int, int], ...]


def _padded(shape: Shape, pads: Pads, value: float) -> Shape:
    if len(pads) > len(shape):
        raise ShapeError(f"pad: {show_shape(shape)} has no {len(pads)} axes to pad")
    if any(len(pair) != 2 or pair[0] < 0 or pair[1] < 0 for pair in pads):
        raise ShapeError(f"pad: {pads} must give two numbers of 0 or more for each axis")
    lead = len(shape) - len(pads)
    grown = [
        size + before + after if before or after else size
        for size, (before, after) in zip(shape[lead:], pads, strict=True)
    ]
    return (*shape[:lead], *grown)


def _pad(x: Array, out: Array, pads: Pads, value: float) -> Kernel:
    inner = out[
        (
            ...,
            *(
                slice(before, size - after)
                for size, (before, after) in zip(
                    out.shape[out.ndim - len(pads) :], pads, strict=True
                )
            ),
        )
    ]

    def compute() -> None:
        out.fill(value)
        inner[...] = x

    return compute


def _cut(context: PullbackContext) -> tuple[tuple[int | None, int | None, None], ...]:
    pads: Pads = context.params["pads"]
    lead = len(context.inputs[0].shape) - len(pads)
    kept = (None, None, None)
    return (kept,) * lead + tuple((before or None, -after or None, None) for before, after in pads)


pad = Op(
    name="pad",
    shape=_padded,
    forward=_pad,
    pullbacks=(VJP(lambda g, s: g.apply("getitem", index=_cut(s))),),
    formula=Formula(moved(param("value")), (MOVES,)),
    leading=True,
    examples=(
        Example((_GRID,), {"pads": ((1, 0), (0, 2)), "value": 0.0}),
        Example((_GRID,), {"pads": ((1, 1),), "value": -1.5}),
    ),
    title="pad",
    reads="{0} with a border around it",
    purpose="It makes room at the edges.",
    reasons=each_reason(MOVED),
)


def _widened(shape: Shape, axes: tuple[int, ...]) -> Shape:
    rank = len(shape) + len(axes)
    sizes = iter(shape)
    new = {axis % rank for axis in axes if -rank <= axis < rank}
    result = (
        tuple(1 if i in new else next(sizes) for i in range(rank))
        if len(new) == len(axes)
        else (1,) * rank
    )
    canonical_axes("unsqueeze", axes, result)
    return result


def _unsqueeze_view(x: Array, shape: Shape, axes: tuple[int, ...]) -> Array:
    return np.expand_dims(x, axes)


unsqueeze = Op(
    name="unsqueeze",
    shape=_widened,
    view=_unsqueeze_view,
    pullbacks=(VJP(lambda g, s: g.apply("reshape_like", s.inputs[0])),),
    formula=Formula(moved(), (MOVES,)),
    examples=(
        Example((_GRID,), {"axes": (-1,)}),
        Example((_GRID,), {"axes": (-3,)}),
        Example(([1.0, 2.0],), {"axes": (-3, -1)}),
    ),
    title="new axis",
    reads="{0} with a new axis of size 1",
    purpose="It lays the same numbers out along one axis more.",
    reasons=each_reason(MOVED),
)


def _square(like: Shape) -> Shape:
    if len(like) < 2:
        raise ShapeError(f"causal_mask: {show_shape(like)} has no rows and columns")
    return like[-2:]


def _causal_mask(like: Array, out: Array) -> Kernel:
    may_see = np.tri(*out.shape[-2:], dtype=bool)
    return partial(np.copyto, out, may_see)


causal_mask = Op(
    name="causal_mask",
    shape=_square,
    forward=_causal_mask,
    pullbacks=(None,),
    formula=Formula(
        cases(compare("ge", Expr("place", ("i",)), Expr("place", ("j",))), 1.0, 0.0),
        (None,),
        axes=("i", "j"),
    ),
    kind="bool",
    examples=(Example(([[0.0] * 3] * 3,)), Example(([[[0.0] * 4] * 2],))),
    title="causal mask",
    reads="which columns of {0} lie no further on than their row",
    purpose="It keeps a position from looking at those that come after it.",
    reasons=each_reason(None),
)

OPS = (cumsum, pad, unsqueeze, causal_mask)
