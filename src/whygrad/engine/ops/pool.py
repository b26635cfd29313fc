"""Pooling: the largest or the mean of each window, along the last axis or the last two."""

from __future__ import annotations

import itertools
import math
from types import EllipsisType
from typing import Any

import numpy as np

from whygrad.engine.dims import Shape, same_shape, show_shape
from whygrad.engine.formula import Expr, Formula, Use, arg, count, expr, total
from whygrad.engine.op import (
    BRANCHES,
    VJP,
    Array,
    Example,
    Kernel,
    Op,
    Params,
    Reason,
    each_reason,
    scalar,
)
from whygrad.engine.windows import sides, slid
from whygrad.errors import ShapeError

Sizes = tuple[int, ...]


def _pooled(name: str, x: Shape, params: Params) -> Shape:
    """Return the shape that pooling leaves.

    Raises:
        ShapeError: a window does not fit.
    """
    kernel: Sizes = params["kernel_size"]
    rank = len(kernel)
    if len(x) < rank:
        raise ShapeError(f"{name}: {show_shape(x)} has no {rank} axes to slide a window along")
    dilation: Sizes = params.get("dilation") or (1,) * rank
    outer: list[int] = []
    for size, k, s, p, d in zip(
        x[-rank:], kernel, params["stride"], params["padding"], dilation, strict=True
    ):
        before, after = (p, p) if isinstance(p, int) else p
        if k < 1 or s < 1 or d < 1 or not 0 <= before <= k // 2 or not 0 <= after < before + s:
            raise ShapeError(
                f"{name}: kernel {k}, stride {s} and dilation {d} must be 1 or more, and padding "
                f"{p} at most half the kernel, so that each window has something in it"
            )
        many = slid(int(size), k, s, p, d)
        if many < 1:
            raise ShapeError(
                f"{name}: a window of {d * (k - 1) + 1} does not fit in {show_shape(x)} "
                f"with padding {p}"
            )
        outer.append(many)
    return (*x[: len(x) - rank], *outer)


Key = tuple[EllipsisType | slice, ...]


def _taps(x: Sizes, y: Sizes, params: Params) -> list[tuple[Key, Key]]:
    """Return, for each element of a window, where it lies in x and of which windows of y."""
    kernel: Sizes = params["kernel_size"]
    rank = len(kernel)
    dilation: Sizes = params.get("dilation") or (1,) * rank
    found: list[tuple[Key, Key]] = []
    for tap in itertools.product(*map(range, kernel)):
        places: list[slice] = []
        windows: list[slice] = []
        for n, many, k, s, p, d in zip(
            x[-rank:], y[-rank:], tap, params["stride"], params["padding"], dilation, strict=True
        ):
            start = k * d - sides(p)[0]
            first = max(0, -(start // s)) if start < 0 else 0
            last = min(many, (n - 1 - start) // s + 1)
            windows.append(slice(first, max(first, last)))
            places.append(slice(first * s + start, max(first, last - 1) * s + start + 1, s))
            if last <= first:
                places[-1] = slice(0, 0)
        found.append(((..., *places), (..., *windows)))
    return found


def _max_pool(x: Array, out: Array, **params: Any) -> Kernel:
    pairs = [(x[places], out[windows]) for places, windows in _taps(x.shape, out.shape, params)]

    def compute() -> None:
        out.fill(-np.inf)
        for element, largest in pairs:
            np.maximum(element, largest, out=largest)

    return compute


def _max_pool_pick(u: Array, x: Array, out: Array, **params: Any) -> Kernel:
    largest = np.empty(out.shape, x.dtype)
    parts = [
        (x[places], u[places], largest[windows], out[windows])
        for places, windows in _taps(x.shape, out.shape, params)
    ]

    def compute() -> None:
        largest.fill(-np.inf)
        for _, picked, _, target in reversed(parts):
            np.copyto(target, picked)  # the first, if none is above -inf
        for element, picked, best, target in parts:
            # the first of equals is kept, and the last NaN, as in PyTorch
            better = (element > best) | np.isnan(element)
            np.copyto(best, element, where=better)
            np.copyto(target, picked, where=better)

    return compute


def _max_pool_input(g: Array, x: Array, out: Array, **params: Any) -> Kernel:
    # Whole arrays of masks and products, lying together: several times as fast as ``where=``.
    taps = _taps(x.shape, g.shape, params)
    spans = zip(params["kernel_size"], params["stride"], params["dilation"], strict=True)
    apart = all(d * (k - 1) < s for k, s, d in spans)
    count = np.uint8 if len(taps) < 256 else np.uint32
    here, largest = np.empty(g.shape, x.dtype), np.empty(g.shape, x.dtype)
    chosen, code = np.empty(g.shape, count), np.empty(g.shape, count)
    better, given = np.empty(g.shape, bool), np.empty(g.shape, g.dtype)
    parts = [
        (x[at], g[in_], out[at], *(a[in_] for a in (here, largest, chosen, better, code, given)))
        for at, in_ in taps
    ]

    def unusual() -> None:
        """Choose the first of a window where none is above -inf, and the last NaN."""
        first = np.zeros_like(chosen)
        for n, (_, in_) in reversed([*enumerate(taps, start=1)]):
            first[in_] = n
        np.copyto(chosen, first, where=np.equal(chosen, 0))
        for n, (at, in_) in enumerate(taps, start=1):
            np.copyto(chosen[in_], count(n), where=np.isnan(x[at]))

    def compute() -> None:
        largest.fill(-np.inf)
        chosen.fill(0)
        for n, (there, _, _, element, best, winner, mask, number, _) in enumerate(parts, start=1):
            np.copyto(element, there)
            np.greater(element, best, mask)
            np.maximum(element, best, out=best)
            np.multiply(mask, count(n), number)
            np.maximum(winner, number, out=winner)  # a later tap that is better has a larger number
        if not chosen.all() or np.isnan(largest).any():
            unusual()
        out.fill(0.0)
        for n, (_, arriving, target, _, _, winner, mask, _, passed) in enumerate(parts, start=1):
            np.equal(winner, count(n), mask)
            np.multiply(arriving, mask, passed)
            # no place has been given anything before where windows do not overlap; + 0.0 for −0.0
            np.add(0.0 if apart else target, passed, target)

    return compute


def _avg_pool(x: Array, out: Array, **params: Any) -> Kernel:
    pairs = [(x[places], out[windows]) for places, windows in _taps(x.shape, out.shape, params)]
    many = scalar(len(pairs), out)

    def compute() -> None:
        out.fill(0.0)
        for element, sum_ in pairs:
            np.add(sum_, element, sum_)
        np.divide(out, many, out)

    return compute


def _avg_pool_input(g: Array, like: Array, out: Array, **params: Any) -> Kernel:
    pairs = [(out[places], g[windows]) for places, windows in _taps(out.shape, g.shape, params)]
    many = scalar(len(pairs), out)

    def compute() -> None:
        out.fill(0.0)
        for target, given in pairs:
            np.add(target, given, target)
        np.divide(out, many, out)

    return compute


_ONE = expr(1.0)
_WINDOW, _ITS_WINDOW, _SECOND = ("window", 0), ("window", 1, "r"), ("window", 1)
_ELEMENT = arg(0, "whole", "r")
_WHOLE = ("whole", "r")
_COVERING = ("covering", 0)
_MANY = count(("kernel", 0))
_GATE = Reason(
    "The largest of the window is passed on and the others are not: {local#} of {x} reaches {y}.",
    "gate",
)
_SHARE = Reason(
    "{x} is one of the numbers whose mean is {y}: each has a share of {local#}.", "rate"
)
_TIES = "where several are largest the first one gets the gradient, as in PyTorch"


def _rows(rank: int) -> tuple[Op, ...]:
    largest, mean = f"max_pool{rank}d", f"avg_pool{rank}d"
    one, two, none = (1,) * rank, (2,) * rank, (0,) * rank
    plain: dict[str, Any] = {"kernel_size": two, "stride": two, "padding": none}
    close: dict[str, Any] = {"kernel_size": (3,) * rank, "stride": two, "padding": one}
    spread: dict[str, Any] = {"kernel_size": two, "stride": one, "padding": none, "dilation": two}
    over: dict[str, Any] = {**plain, "padding": ((0, 1),) * rank}  # the last windows reach beyond
    cases = [
        (_filled(2, *(4,) * rank), {**plain, "dilation": one}),
        (_filled(*(5,) * rank), {**close, "dilation": one}),
        (_filled(1, *(4,) * rank), spread),
        (_filled(*(5,) * rank), {**over, "dilation": one}),
    ]
    tied = np.resize([2.0, 2.0, -1.0], (4,) * rank)
    ties = Example((tied.tolist(),), {**plain, "dilation": one}, kink=True)
    evenly = [(_filled(2, *(4,) * rank), plain), (_filled(*(5,) * rank), close)]
    evenly.append((_filled(*(5,) * rank), over))

    def max_shape(x: Shape, **params: Any) -> Shape:
        return _pooled(largest, x, params)

    def pick_shape(u: Shape, x: Shape, **params: Any) -> Shape:
        _insist(f"{largest}_pick", u, x)
        return _pooled(largest, x, params)

    def max_input_shape(g: Shape, x: Shape, **params: Any) -> Shape:
        _insist(f"{largest}_input", g, _pooled(largest, x, params))
        return x

    def avg_shape(x: Shape, **params: Any) -> Shape:
        return _pooled(mean, x, params)

    def avg_input_shape(g: Shape, like: Shape, **params: Any) -> Shape:
        _insist(f"{mean}_input", g, _pooled(mean, like, params))
        return like

    return (
        Op(
            name=largest,
            shape=max_shape,
            forward=_max_pool,
            pullbacks=(VJP(lambda g, s: g.apply(f"{largest}_input", s.inputs[0], **s.params)),),
            formula=Formula(
                Expr("largest", ("r", _WINDOW, _ELEMENT)),
                (Use(Expr("wins", (0, _WHOLE, _WINDOW)), _WHOLE, (("r", _WINDOW),)),),
            ),
            side=BRANCHES,
            kinks=_TIES,
            examples=(*(Example((x.tolist(),), p) for x, p in cases), ties),
            title="max pooling",
            reads="the largest in each window of {0}",
            purpose="It keeps the strongest answer of each neighbourhood.",
            reasons=each_reason(_GATE),
        ),
        Op(
            name=f"{largest}_pick",
            shape=pick_shape,
            forward=_max_pool_pick,
            pullbacks=(
                VJP(lambda g, s: g.apply(f"{largest}_input", s.inputs[1], **s.params)),
                None,
            ),
            formula=Formula(
                total("r", _SECOND, _ELEMENT * Expr("wins", (1, _WHOLE, _SECOND))),
                (Use(Expr("wins", (1, _WHOLE, _SECOND)), _WHOLE, (("r", _SECOND),)), None),
            ),
            examples=tuple(Example((x[..., ::-1].tolist(), x.tolist()), p) for x, p in cases[:2]),
            title="pick where the largest was",
            reads="{0} where {1} is the largest of its window",
            purpose="It takes the number that the pooling would let through.",
            reasons=each_reason(_GATE, None),
        ),
        Op(
            name=f"{largest}_input",
            shape=max_input_shape,
            forward=_max_pool_input,
            pullbacks=(
                VJP(lambda g, s: g.apply(f"{largest}_pick", s.inputs[1], **s.params)),
                None,
            ),
            formula=Formula(
                total("r", _COVERING, _ELEMENT * Expr("wins", (1, ("same",), _ITS_WINDOW))),
                (
                    Use(Expr("wins", (1, ("same",), _ITS_WINDOW)), _WHOLE, (("r", _COVERING),)),
                    None,
                ),
            ),
            examples=tuple(
                Example((_filled(*_pooled(largest, x.shape, p)).tolist(), x.tolist()), p)
                for x, p in cases
            ),
            title="send to where the largest was",
            reads="{0}, sent to the largest of each window of {1}, 0 elsewhere",
            purpose="It sends what arrives to the one number that was let through.",
            reasons=each_reason(_GATE, None),
        ),
        Op(
            name=mean,
            shape=avg_shape,
            forward=_avg_pool,
            pullbacks=(VJP(lambda g, s: g.apply(f"{mean}_input", s.inputs[0], **s.params)),),
            formula=Formula(
                total("r", _WINDOW, _ELEMENT) / _MANY,
                (Use(1.0 / _MANY, _WHOLE, (("r", _WINDOW),)),),
            ),
            examples=tuple(Example((x.tolist(),), p) for x, p in evenly),
            title="mean pooling",
            reads="the mean of each window of {0}",
            purpose="It keeps the average of each neighbourhood; padding counts as 0.",
            reasons=each_reason(_SHARE),
        ),
        Op(
            name=f"{mean}_input",
            shape=avg_input_shape,
            forward=_avg_pool_input,
            pullbacks=(VJP(lambda g, s: g.apply(mean, **s.params)), None),
            formula=Formula(
                total("r", _COVERING, _ELEMENT) / _MANY,
                (Use(1.0 / _MANY, _WHOLE, (("r", _COVERING),)), None),
            ),
            examples=tuple(
                Example((_filled(*_pooled(mean, x.shape, p)).tolist(), x.tolist()), p)
                for x, p in evenly
            ),
            title="share out over the window",
            reads="{0}, shared out evenly over each window of {1}",
            purpose="It gives each number of a window its share of what arrives.",
            reasons=each_reason(_SHARE, None),
        ),
    )


def _filled(*shape: int) -> Array:
    """Return numbers that are all different."""
    many = math.prod(shape)
    return ((np.arange(many) * 17 + 5) % (many + 3) / 2.5 - 3.0).reshape(shape)


def _insist(what: str, arriving: Shape, made: Shape) -> None:
    if not same_shape(arriving, made):
        raise ShapeError(f"{what}: {show_shape(arriving)} arrives, but was {show_shape(made)}")


OPS = (*_rows(1), *_rows(2))
