"""Convolution and pooling."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from numbers import Integral
from typing import Any

from whygrad.engine.dims import show_shape
from whygrad.engine.functional import as_tensor
from whygrad.engine.tensor import Tensor, apply
from whygrad.errors import ShapeError, WhygradError
from whygrad.nn import scope
from whygrad.nn.functional.parts import composite
from whygrad.option import quoted

Sizes = int | Sequence[int]


@composite("convolution")
def conv1d(
    input: Any,
    weight: Any,
    bias: Tensor | None = None,
    stride: Sizes = 1,
    padding: Sizes | str = 0,
    dilation: Sizes = 1,
    groups: int = 1,
) -> Tensor:
    """Lay the weights at every place along the last axis; see ``conv2d``.

    Args:
        input: shape (samples, channels, length).
        weight: shape (units, channels of a group, kernel).
        bias: added to each unit, shape (units,).
        stride: how far apart the places are.
        padding: how many zeros go before and after; or "valid" (none), "same" (as many places
            as there are inputs).
        dilation: how far apart the inputs are that one place looks at.
        groups: how many groups channels and units are divided into.

    Returns:
        Shape (samples, units, places).

    Raises:
        ShapeError: the shapes do not fit; both are named.
    """
    return _conv(1, input, weight, bias, stride, padding, dilation, groups)


@composite("convolution")
def conv2d(
    input: Any,
    weight: Any,
    bias: Tensor | None = None,
    stride: Sizes = 1,
    padding: Sizes | str = 0,
    dilation: Sizes = 1,
    groups: int = 1,
) -> Tensor:
    """Lay the weights at every place along the last two axes: multiply what meets, add up.

    Args:
        input: shape (samples, channels, height, width).
        weight: shape (units, channels of a group, kernel height, kernel width).
        bias: added to each unit, shape (units,).
        stride: how far apart the places are; one number, or one for each of the two axes.
        padding: how many zeros go before and after; or "valid" (none), "same" (as many places
            as there are inputs).
        dilation: how far apart the inputs are that one place looks at.
        groups: how many groups channels and units are divided into.

    Returns:
        Shape (samples, units, places down, places across).

    Raises:
        ShapeError: the shapes do not fit; both are named.
    """
    return _conv(2, input, weight, bias, stride, padding, dilation, groups)


def _conv(
    rank: int,
    input: Any,
    weight: Any,
    bias: Tensor | None,
    stride: Sizes,
    padding: Sizes | str,
    dilation: Sizes,
    groups: int,
) -> Tensor:
    x, w = as_tensor(input), as_tensor(weight)
    name = f"conv{rank}d"
    apart = each(name, "dilation", dilation, rank)
    steps = each(name, "stride", stride, rank)
    around: tuple[int, ...]
    if isinstance(padding, str):
        x, around = _by_name(name, x, w, padding, steps, apart)
    else:
        around = each(name, "padding", padding, rank)
    y = apply(name, x, w, stride=steps, padding=around, dilation=apart, groups=int(groups))
    if bias is None:
        return y
    return y + bias.apply("unsqueeze", axes=tuple(range(-rank, 0)))


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
) -> Tensor:
    """Return the largest in each window along the last axis; see ``max_pool2d``."""
    return _pool("max_pool1d", 1, input, kernel_size, stride, padding, dilation)


def max_pool2d(
    input: Any,
    kernel_size: Sizes,
    stride: Sizes | None = None,
    padding: Sizes = 0,
    dilation: Sizes = 1,
) -> Tensor:
    """Return the largest in each window along the last two axes.

    Where several are largest, the first gets the gradient, as in PyTorch.

    Args:
        input: shape (..., height, width).
        kernel_size: how large a window is; one number, or one for each axis.
        stride: how far apart windows start; by default a window's size.
        padding: how far the first window starts before the input, at most half its size.
        dilation: how far apart the elements of one window are.

    Raises:
        ShapeError: a window does not fit.
    """
    return _pool("max_pool2d", 2, input, kernel_size, stride, padding, dilation)


def avg_pool1d(
    input: Any, kernel_size: Sizes, stride: Sizes | None = None, padding: Sizes = 0
) -> Tensor:
    """Return the mean of each window along the last axis; padding counts as 0."""
    return _pool("avg_pool1d", 1, input, kernel_size, stride, padding, None)


def avg_pool2d(
    input: Any, kernel_size: Sizes, stride: Sizes | None = None, padding: Sizes = 0
) -> Tensor:
    """Return the mean of each window along the last two axes; padding counts as 0.

    Args:
        input: shape (..., height, width).
        kernel_size: how large a window is; one number, or one for each axis.
        stride: how far apart windows start; by default a window's size.
        padding: how far the first window starts before the input, at most half its size.

    Raises:
        ShapeError: a window does not fit.
    """
    return _pool("avg_pool2d", 2, input, kernel_size, stride, padding, None)


def _pool(
    name: str,
    rank: int,
    input: Any,
    kernel_size: Sizes,
    stride: Sizes | None,
    padding: Sizes,
    dilation: Sizes | None,
) -> Tensor:
    kernel = each(name, "kernel_size", kernel_size, rank)
    params = {
        "kernel_size": kernel,
        "stride": kernel if stride is None else each(name, "stride", stride, rank),
        "padding": each(name, "padding", padding, rank),
    }
    if dilation is not None:
        params["dilation"] = each(name, "dilation", dilation, rank)
    return scope.name(apply(name, as_tensor(input), **params), name)


def each(name: str, what: str, sizes: Sizes, rank: int) -> tuple[int, ...]:
    """Return one whole number per axis; a single one stands for all.

    Raises:
        ShapeError: there are more or fewer, or they are no whole numbers.
    """
    try:
        several = (sizes,) * rank if isinstance(sizes, int | Integral) else sizes
        listed = tuple(map(operator.index, several))
    except TypeError:
        listed = ()
    if len(listed) != rank:
        raise ShapeError(f"{name}: {what} is {quoted(sizes)}; give one whole number, or {rank}")
    return listed
