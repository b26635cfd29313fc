"""Ops that make few numbers of many: sums, means, maxima and the matrix product."""

from __future__ import annotations

import math
from functools import partial

import numpy as np

from whygrad.engine.dims import Shape, broadcast, canonical_axes, reduced_shape, show_shape
from whygrad.engine.formula import Expr, Formula, Use, arg, cases, compare, count, expr, out, total
from whygrad.engine.op import (
    BRANCHES,
    VJP,
    Array,
    Example,
    Kernel,
    Op,
    Reason,
    add_up,
    each_reason,
    scalar,
    slot,
    take_largest,
)
from whygrad.engine.ops.reasons import FACTOR
from whygrad.errors import ShapeError

_ONE = expr(1.0)
_REDUCED = ("reduced", 0)
_X = arg(0, "merge", "r")
_USE = (("r", _REDUCED),)
_GRID = [[1.0, -2.0, 0.5], [3.0, 4.0, -0.25]]
_AXES = (
    Example((_GRID,), {"axes": (-2, -1), "keepdims": False}),
    Example((_GRID,), {"axes": (-1,), "keepdims": True}),
    Example((_GRID,), {"axes": (-2,), "keepdims": False}),
)


def _reduced(shape: Shape, axes: tuple[int, ...], keepdims: bool) -> Shape:
    canonical_axes("reduction", axes, shape)
    return reduced_shape(shape, axes, keepdims)


def _sum(x: Array, out: Array, axes: tuple[int, ...], keepdims: bool) -> Kernel:
    return partial(add_up, x, axes, None, out, keepdims)


sum_ = Op(
    name="sum",
    shape=_reduced,
    forward=_sum,
    pullbacks=(VJP(lambda g, s: g.apply("expand_like", s.inputs[0], **s.params)),),
    formula=Formula(total("r", _REDUCED, _X), (Use(_ONE, ("merge", "r"), _USE),)),
    leading=True,
    examples=_AXES,
    title="sum",
    reads="{0} added up",
    purpose="It gathers many numbers into one; each has its full say.",
    reasons=each_reason(
        Reason(
            "{x} is one of those added up: raise it by 0.01 and the sum {y} rises by 0.01.",
            "contributions add",
        )
    ),
)


def _count(shape: tuple[int, ...], axes: tuple[int, ...]) -> int:
    return math.prod(int(shape[axis]) for axis in axes)


def _mean(x: Array, out: Array, axes: tuple[int, ...], keepdims: bool) -> Kernel:
    how_many = scalar(_count(x.shape, axes), out)

    def compute() -> None:
        add_up(x, axes, None, out, keepdims)
        np.divide(out, how_many, out)

    return compute


mean = Op(
    name="mean",
    shape=_reduced,
    forward=_mean,
    pullbacks=(
        VJP(
            lambda g, s: g.apply("divide_by_count", s.inputs[0], axes=s.params["axes"]).apply(
                "expand_like", s.inputs[0], **s.params
            )
        ),
    ),
    formula=Formula(
        total("r", _REDUCED, _X) / count(_REDUCED),
        (Use(1.0 / count(_REDUCED), ("merge", "r"), _USE),),
    ),
    leading=True,
    examples=_AXES,
    title="mean",
    reads="the mean of {0}",
    purpose="It lets many numbers speak with one voice, whatever their number.",
    reasons=each_reason(
        Reason(
            "{y} is an average, so each of those averaged has the same small say: {local#} of "
            "its own change.",
            "average",
        )
    ),
)


def _divide_by_count(x: Array, like: Array, out: Array, axes: tuple[int, ...]) -> Kernel:
    return partial(np.divide, x, scalar(_count(like.shape, axes), out), out)


def _divided(shape: Shape, like: Shape, axes: tuple[int, ...]) -> Shape:
    canonical_axes("divide_by_count", axes, like)
    return shape


_HOW_MANY = count(("reduced", 1))
divide_by_count = Op(
    name="divide_by_count",
    shape=_divided,
    forward=_divide_by_count,
    pullbacks=(VJP(lambda g, s: g.apply("divide_by_count", s.inputs[1], **s.params)), None),
    formula=Formula(arg(0) / _HOW_MANY, (Use(1.0 / _HOW_MANY), None)),
    in_place=True,
    leading=True,
    examples=(Example(([1.0, 2.0, 3.0], _GRID), {"axes": (-2,)}),),
    title="share",
    reads="{0} divided by how many were averaged",
    purpose="It gives each of those averaged its share.",
    reasons=each_reason(
        Reason("{y} is {x} divided among as many as were averaged: {local#} for each.", "average"),
        None,
    ),
)


def _among_some(shape: Shape, axes: tuple[int, ...], keepdims: bool) -> Shape:
    reduced = _reduced(shape, axes, keepdims)
    if any(shape[axis] == 0 for axis in axes):
        raise ShapeError(f"amax: {show_shape(shape)} has no largest along axes {axes}")
    return reduced


def _largest(x: Array, out: Array, axes: tuple[int, ...], keepdims: bool) -> Kernel:
    return partial(take_largest, x, axes, None, out, keepdims)


amax = Op(
    name="amax",
    shape=_among_some,
    forward=_largest,
    pullbacks=(
        VJP(
            lambda g, s: (
                g.apply("expand_like", s.inputs[0], **s.params)
                * s.inputs[0].apply("share_of_max", axes=s.params["axes"])
            )
        ),
    ),
    formula=Formula(
        Expr("largest", ("r", _REDUCED, _X)),
        (
            Use(
                cases(
                    compare("eq", _X, out()),
                    1.0
                    / total(
                        "k", _REDUCED, cases(compare("eq", arg(0, "merge", "k"), out()), 1.0, 0.0)
                    ),
                    0.0,
                ),
                ("merge", "r"),
                _USE,
            ),
        ),
    ),
    side=BRANCHES,
    kinks="where several are largest they share the gradient equally",
    leading=True,
    examples=(
        *_AXES,
        Example(([[1.0, 3.0, 3.0]],), {"axes": (-1,), "keepdims": False}, kink=True),
    ),
    title="maximum",
    reads="the largest of {0}",
    purpose="It reports only the largest.",
    reasons=each_reason(
        (
            Reason(
                "{x=} is the largest, so {y} is it; {local#} of its changes go through.",
                "gate",
                compare("gt", slot("local"), 0.0),
            ),
            Reason(
                "{x=} is not the largest, so {y} does not depend on it: a small move of {x} leaves "
                "{y} as it is.",
                "gate",
            ),
        )
    ),
)


def _shared(shape: Shape, axes: tuple[int, ...]) -> Shape:
    canonical_axes("share_of_max", axes, shape)
    return shape


def _share_of_max(x: Array, out: Array, axes: tuple[int, ...]) -> Kernel:
    def compute() -> None:
        np.equal(x, take_largest(x, axis=axes, keepdims=True), out)
        np.divide(out, add_up(out, axis=axes, keepdims=True), out)

    return compute


_SIBLING = arg(0, "sibling", "k")
_TOP = Expr("largest", ("k", _REDUCED, _SIBLING))
share_of_max = Op(
    name="share_of_max",
    shape=_shared,
    forward=_share_of_max,
    pullbacks=(None,),
    formula=Formula(
        cases(
            compare("eq", arg(0), _TOP),
            1.0
            / total("m", _REDUCED, cases(compare("eq", arg(0, "sibling", "m"), arg(0)), 1.0, 0.0)),
            0.0,
        ),
        (None,),
    ),
    leading=True,
    examples=(
        Example((_GRID,), {"axes": (-1,)}),
        Example(([[1.0, 3.0, 3.0], [2.0, 1.0, 0.0]],), {"axes": (-1,)}),
        Example((_GRID,), {"axes": (-2, -1)}),
    ),
    title="share of the maximum",
    reads="1 where {0} is the largest (shared where several are), else 0",
    purpose="It says which of them is the largest.",
    reasons=each_reason(None),
)


def _product(a: Shape, b: Shape) -> Shape:
    if len(a) < 2 or len(b) < 2:
        raise ShapeError(
            f"matmul: {show_shape(a)} @ {show_shape(b)}: both must have rows and columns"
        )
    if a[-1] != b[-2]:
        raise ShapeError(
            f"matmul: {show_shape(a)} @ {show_shape(b)} do not fit: each row of the first has "
            f"{int(a[-1])} numbers, each column of the second has {int(b[-2])}"
        )
    return (*broadcast("matmul", a[:-2], b[:-2]), a[-2], b[-1])


def _matmul(a: Array, b: Array, out: Array) -> Kernel:
    # np.dot starts twice as fast as np.matmul, which shows at a few units per layer
    return partial(
        np.dot if a.ndim == b.ndim == 2 and a.dtype == b.dtype == out.dtype else np.matmul,
        a,
        b,
        out,
    )


_K = ("axis", 0, -1)
_ROW, _COLUMN = arg(0, "axes", "i", "k"), arg(1, "axes", "k", "j")
matmul = Op(
    name="matmul",
    shape=_product,
    forward=_matmul,
    pullbacks=(
        VJP(lambda g, s: g @ s.inputs[1].mT),
        VJP(lambda g, s: s.inputs[0].mT @ g),
    ),
    formula=Formula(
        total("k", _K, _ROW * _COLUMN),
        (
            Use(_COLUMN, ("axes", "i", "k"), (("k", _K),)),
            Use(_ROW, ("axes", "k", "j"), (("k", _K),)),
        ),
        axes=("i", "j"),
    ),
    examples=(
        Example((_GRID, [[1.0, 2.0], [0.5, -1.0], [3.0, 0.0]])),
        Example(([_GRID, _GRID], [[1.0], [2.0], [-1.0]])),
        Example(([[0.5]], [[2.0]])),
    ),
    title="matrix product",
    reads="rows of {0} meet columns of {1}",
    purpose="Each input counts as much as the weight it passes says.",
    reasons=each_reason(FACTOR, FACTOR),
)

OPS = (sum_, mean, divide_by_count, amax, share_of_max, matmul)
