"""Normalisations: composites of means, squares and square roots."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from whygrad.engine.dims import same_shape, show_shape
from whygrad.engine.functional import as_tensor
from whygrad.engine.tensor import Tensor
from whygrad.errors import ShapeError
from whygrad.nn.functional.parts import composite
from whygrad.nn.scope import name


@composite("layer norm")
def layer_norm(
    input: Any,
    normalized_shape: Sequence[int],
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    eps: float = 1e-5,
) -> Tensor:
    """Bring each sample to mean 0 and variance 1 over its last axes, then scale and shift.

    Args:
        input: shape (..., *normalized_shape).
        normalized_shape: the sizes of the axes that are normalised over.
        weight: what each element is multiplied by, shape ``normalized_shape``; None for 1.
        bias: what is added to each, shape ``normalized_shape``; None for 0.
        eps: added to the variance, so that nothing is divided by 0.

    Raises:
        ShapeError: the shapes do not fit; both are named.
    """
    x = as_tensor(input)
    axes = _last_axes("layer_norm", x, normalized_shape)
    centred = x - name(x.mean(axes, keepdim=True), "mean")
    variance = name(centred.square().mean(axes, keepdim=True), "variance")
    return _affine(name(centred / (variance + eps).sqrt(), "normalized"), weight, bias)


@composite("RMS norm")
def rms_norm(
    input: Any,
    normalized_shape: Sequence[int],
    weight: Tensor | None = None,
    eps: float | None = None,
) -> Tensor:
    """Divide each sample by the root of the mean of its squares over its last axes, then scale.

    Args:
        input: shape (..., *normalized_shape).
        normalized_shape: the sizes of the axes that are normalised over.
        weight: what each element is multiplied by, shape ``normalized_shape``; None for 1.
        eps: added to the mean of the squares; by default the spacing of numbers at 1.

    Raises:
        ShapeError: the shapes do not fit; both are named.
    """
    x = as_tensor(input)
    axes = _last_axes("rms_norm", x, normalized_shape)
    least = float(np.finfo(x.dtype).eps) if eps is None else eps
    size = name(x.square().mean(axes, keepdim=True), "mean_square")
    return _affine(name(x / (size + least).sqrt(), "normalized"), weight, None)


@composite("batch norm")
def batch_norm(
    input: Any,
    mean: Tensor,
    variance: Tensor,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    eps: float = 1e-5,
) -> Tensor:
    """Take ``mean`` from each channel, divide by the root of ``variance``, then scale and shift.

    The statistics are given: those of this batch in training (see ``batch_statistics``), the
    running ones in use. PyTorch's function decides by a flag.

    Args:
        input: shape (samples, channels) or (samples, channels, ...).
        mean: shape (channels,).
        variance: shape (channels,).
        weight: what each channel is multiplied by, shape (channels,); None for 1.
        bias: what is added to each channel, shape (channels,); None for 0.
        eps: added to the variance, so that nothing is divided by 0.

    Raises:
        ShapeError: there is no axis of channels, or not as many as statistics.
    """
    x = as_tensor(input)
    check_channels("batch_norm", x, mean)
    centred = x - _lifted(mean, x)
    return _affine(
        name(centred / (_lifted(variance, x) + eps).sqrt(), "normalized"),
        None if weight is None else _lifted(weight, x),
        None if bias is None else _lifted(bias, x),
    )


def batch_statistics(x: Tensor) -> tuple[Tensor, Tensor]:
    """Return the mean and the variance (the mean of squared distances) of each channel."""
    axes = channel_axes(x)
    mean = name(x.mean(axes), "mean")
    return mean, name((x - _lifted(mean, x)).square().mean(axes), "variance")


def channel_axes(x: Tensor) -> tuple[int, ...]:
    """Return all axes but that of the channels, the second, counted from the end."""
    return tuple(axis - x.ndim for axis in range(x.ndim) if axis != 1)


def check_channels(what: str, x: Tensor, each: Tensor) -> None:
    """Insist on an axis of as many channels as ``each`` has numbers.

    Raises:
        ShapeError: both shapes are named.
    """
    if x.ndim < 2 or not same_shape(x.shape[1:2], each.shape):
        raise ShapeError(
            f"{what}: {show_shape(x.shape)} must have {show_shape(each.shape)} channels along its "
            f"second axis"
        )


def _lifted(each: Tensor, x: Tensor) -> Tensor:
    """Lay one number per channel out along the second axis of ``x``."""
    if x.ndim == 2:
        return each
    return each.apply("unsqueeze", axes=tuple(range(2 - x.ndim, 0)))


def _affine(x: Tensor, weight: Tensor | None, bias: Tensor | None) -> Tensor:
    scaled = x if weight is None else x * weight
    return scaled if bias is None else scaled + bias


def _last_axes(what: str, x: Tensor, sizes: Sequence[int]) -> tuple[int, ...]:
    wanted = tuple(sizes)
    if not wanted or not same_shape(x.shape[-len(wanted) :], wanted):
        raise ShapeError(
            f"{what}: the last axes of {show_shape(x.shape)} are not {show_shape(wanted)}"
        )
    return tuple(range(-len(wanted), 0))
