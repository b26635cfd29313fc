"""Convolution and pooling."""

from __future__ import annotations

import math
import operator
from collections.abc import Sequence
from numbers import Integral
from typing import Any

from whygrad.engine.dims import Dim, show_shape
from whygrad.engine.functional import as_tensor
from whygrad.engine.tensor import Tensor, annotate, apply
from whygrad.engine.windows import Padding
from whygrad.errors import ShapeError, WhygradError
from whygrad.nn import scope
from whygrad.nn.functional.parts import composite
from whygrad.option import quoted, truth, whole

Sizes = int | Sequence[int]


@composite("convolution")
def conv1d(
    input: Any,
    weight: Any,
    bias: Any = None,
    stride: Sizes = 1,
    padding: Sizes | str = 0,
    dilation: Sizes = 1,
    groups: int = 1,
) -> Tensor:
    """Lay the weights at every place along the last axis; see ``conv2d``.

    Args:
        input: shape (samples, channels, length), or (channels, length) for one sample.
        weight: shape (units, channels of a group, kernel).
        bias: added to each unit, shape (units,).
        stride: how far apart the places are.
        padding: how many zeros go before and after; or "valid" (none), "same" (as many places
            as there are inputs).
        dilation: how far apart the inputs are that one place looks at.
        groups: how many groups channels and units are divided into.

    Returns:
        Shape (samples, units, places); without samples if the input has none.

    Raises:
        ShapeError: the shapes do not fit; both are named.
    """
    return _conv(1, input, weight, bias, stride, padding, dilation, groups)


@composite("convolution")
def conv2d(
    input: Any,
    weight: Any,
    bias: Any = None,
    stride: Sizes = 1,
    padding: Sizes | str = 0,
    dilation: Sizes = 1,
    groups: int = 1,
) -> Tensor:
    """Lay the weights at every place along the last two axes: multiply what meets, add up.

    Args:
        input: shape (samples, channels, height, width), or without samples for one.
        weight: shape (units, channels of a group, kernel height, kernel width).
        bias: added to each unit, shape (units,).
        stride: how far apart the places are; one number, or one for each of the two axes.
        padding: how many zeros go before and after; or "valid" (none), "same" (as many places
            as there are inputs).
        dilation: how far apart the inputs are that one place looks at.
        groups: how many groups channels and units are divided into.

    Returns:
        Shape (samples, units, places down, places across); without samples if the input has none.

    Raises:
        ShapeError: the shapes do not fit; both are named.
    """
    return _conv(2, input, weight, bias, stride, padding, dilation, groups)


def _conv(
    rank: int,
    input: Any,
    weight: Any,
    bias: Any,
    stride: Sizes,
    padding: Sizes | str,
    dilation: Sizes,
    groups: int,
) -> Tensor:
    x, w = as_tensor(input), as_tensor(weight)
    name = f"conv{rank}d"
    if x.ndim == rank + 1:  # one sample by itself
        alone = apply("unsqueeze", x, axes=(-x.ndim - 1,))
        return _conv(rank, alone, w, bias, stride, padding, dilation, groups)[0]
    many = whole(name, "groups", groups)
    apart = each(name, "dilation", dilation, rank)
    steps = each(name, "stride", stride, rank)
    around: tuple[int, ...]
    if isinstance(padding, str):
        x, around = _by_name(name, x, w, padding, steps, apart)
    else:
        around = each(name, "padding", padding, rank)
    y = apply(name, x, w, stride=steps, padding=around, dilation=apart, groups=many)
    if bias is None:
        return y
    per_unit = as_tensor(bias)
    if per_unit.ndim != 1:
        raise ShapeError(f"{name}: the bias {show_shape(per_unit.shape)} must have one axis")
    return y + per_unit.apply("unsqueeze", axes=tuple(range(-rank, 0)))


def _by_name(
    name: str, x: Tensor, w: Tensor, padding: str, stride: Sequence[int], dilation: Sequence[int]
) -> tuple[Tensor, tuple[int, ...]]:
    """Return x and the padding that "same" or "valid" stands for; uneven padding is put on x."""
    rank = len(dilation)
    if padding == "valid":
        return x, (0,) * rank
    if padding != "same":
        raise WhygradError(
            f"{name}: padding is {padding!r}; allowed: whole numbers, 'same', 'valid'"
        )
    if any(step != 1 for step in stride):
        raise WhygradError(f"{name}: padding 'same' needs stride 1, not {tuple(stride)}")
    if w.ndim != rank + 2:
        raise ShapeError(f"{name}: the weight {show_shape(w.shape)} must have {rank + 2} axes")
    extra = [d * (int(k) - 1) for k, d in zip(w.shape[2:], dilation, strict=True)]
    if all(total % 2 == 0 for total in extra):
        return x, tuple(total // 2 for total in extra)
    pads = tuple((total // 2, total - total // 2) for total in extra)
    return apply("pad", x, pads=pads, value=0.0), (0,) * rank


def max_pool1d(
    input: Any,
    kernel_size: Sizes,
    stride: Sizes | None = None,
    padding: Sizes = 0,
    dilation: Sizes = 1,
    ceil_mode: bool = False,
) -> Tensor:
    """Return the largest in each window along the last axis; see ``max_pool2d``."""
    return _max_pool(1, input, kernel_size, stride, padding, dilation, ceil_mode)


def max_pool2d(
    input: Any,
    kernel_size: Sizes,
    stride: Sizes | None = None,
    padding: Sizes = 0,
    dilation: Sizes = 1,
    ceil_mode: bool = False,
) -> Tensor:
    """Return the largest in each window along the last two axes.

    Where several are largest, the first gets the gradient, as in PyTorch.

    Args:
        input: shape (..., height, width).
        kernel_size: how large a window is; one number, or one for each axis.
        stride: how far apart windows start; by default a window's size.
        padding: how far the first window starts before the input, at most half its size.
        dilation: how far apart the elements of one window are.
        ceil_mode: whether a last window may reach beyond the input and its padding, if it starts
            in the input or before it.

    Raises:
        ShapeError: a window does not fit.
    """
    return _max_pool(2, input, kernel_size, stride, padding, dilation, ceil_mode)


def avg_pool1d(
    input: Any,
    kernel_size: Sizes,
    stride: Sizes | None = None,
    padding: Sizes = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
) -> Tensor:
    """Return the mean of each window along the last axis; see ``avg_pool2d``."""
    return _avg_pool(1, input, kernel_size, stride, padding, ceil_mode, count_include_pad, None)


def avg_pool2d(
    input: Any,
    kernel_size: Sizes,
    stride: Sizes | None = None,
    padding: Sizes = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> Tensor:
    """Return the mean of each window along the last two axes.

    Args:
        input: shape (..., height, width).
        kernel_size: how large a window is; one number, or one for each axis.
        stride: how far apart windows start; by default a window's size.
        padding: how far the first window starts before the input, at most half its size.
        ceil_mode: whether a last window may reach beyond the input and its padding, if it starts
            in the input or before it. What is beyond the padding never counts.
        count_include_pad: whether padding counts, as 0.
        divisor_override: what sums are divided by, in place of how many were added up.

    Raises:
        ShapeError: a window does not fit.
    """
    return _avg_pool(
        2, input, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override
    )


def _windows(
    name: str,
    x: Tensor,
    kernel_size: Sizes,
    stride: Sizes | None,
    padding: Sizes,
    dilation: Sizes,
    ceil_mode: bool,
) -> dict[str, tuple[Any, ...]]:
    """Return how windows slide: the params of max pooling."""
    rank = 1 if name.endswith("1d") else 2
    kernel = each(name, "kernel_size", kernel_size, rank)
    steps = kernel if stride is None else each(name, "stride", stride, rank)
    around = each(name, "padding", padding, rank)
    apart = each(name, "dilation", dilation, rank)
    made: dict[str, tuple[Any, ...]] = {
        "kernel_size": kernel,
        "stride": steps,
        "padding": around,
        "dilation": apart,
    }
    if not truth(name, "ceil_mode", ceil_mode) or len(x.shape) < rank:
        return made
    sides: list[Padding] = []
    for size, k, s, p, d in zip(x.shape[-rank:], kernel, steps, around, apart, strict=True):
        if isinstance(size, Dim):
            raise ShapeError(
                f"{name}: ceil_mode needs axes of one size, but {show_shape(x.shape)} may be "
                f"played at another {size.name}"
            )
        if min(k, s, d) < 1:
            return made  # the op refuses it
        left = size + 2 * p - d * (k - 1) - 1
        windows = -(-left // s) + 1
        if (windows - 1) * s >= size + p:  # it would start beyond the input
            windows -= 1
        beyond = (windows - 1) * s - left
        sides.append((p, p + beyond) if beyond > 0 else p)
    return {**made, "padding": tuple(sides)}


def _max_pool(
    rank: int,
    input: Any,
    kernel_size: Sizes,
    stride: Sizes | None,
    padding: Sizes,
    dilation: Sizes,
    ceil_mode: bool,
) -> Tensor:
    name, x = f"max_pool{rank}d", as_tensor(input)
    w = _windows(name, x, kernel_size, stride, padding, dilation, ceil_mode)
    return scope.name(apply(name, x, **w), name)


def _avg_pool(
    rank: int,
    input: Any,
    kernel_size: Sizes,
    stride: Sizes | None,
    padding: Sizes,
    ceil_mode: bool,
    count_include_pad: bool,
    divisor_override: int | None,
) -> Tensor:
    name, x = f"avg_pool{rank}d", as_tensor(input)
    w = _windows(name, x, kernel_size, stride, padding, 1, ceil_mode)
    del w["dilation"]
    sides: tuple[Padding, ...] = w["padding"]
    pooled = apply(name, x, **w)
    counted = truth(name, "count_include_pad", count_include_pad)
    if divisor_override is not None:
        divisor = whole(name, "divisor_override", divisor_override)
        if not divisor:
            raise WhygradError(f"{name}: divisor_override is 0; nothing can be divided by it")
        return scope.name(pooled * (math.prod(w["kernel_size"]) / divisor), name)
    reach_beyond = any(not isinstance(p, int) for p in sides)
    if (counted and not reach_beyond) or (not counted and sides == (0,) * rank):
        return scope.name(pooled, name)
    with annotate(part=("share of the window",)):
        ones = x.constant(1.0).apply(
            "expand_like", x, axes=tuple(range(-x.ndim, 0)), keepdims=False
        )
        if counted:  # padding counts, what is beyond it does not
            around = each(name, "padding", padding, rank)
            ones = apply("pad", ones, pads=tuple((p, p) for p in around), value=1.0)
            w["padding"] = tuple(
                0 if isinstance(p, int) else (0, p[1] - before)
                for p, before in zip(sides, around, strict=True)
            )
        share = scope.name(apply(name, ones, **w), "share_counted")
    return scope.name(pooled / share, name)


def each(name: str, what: str, sizes: Sizes, rank: int) -> tuple[int, ...]:
    """Return one whole number per axis; a single one stands for all.

    Raises:
        ShapeError: there are more or fewer, or they are no whole numbers.
    """
    try:
        several = (sizes,) * rank if isinstance(sizes, int | Integral) else sizes
        listed = tuple(map(operator.index, several))
    except Exception:  # whatever going through a stranger's object raises
        listed = ()
    if len(listed) != rank or max(map(abs, listed)) >= 2**31:
        raise ShapeError(f"{name}: {what} is {quoted(sizes)}; give one whole number, or {rank}")
    return listed
