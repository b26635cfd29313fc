"""Normalisations as layers, and dropout: layers that differ between training and use."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from whygrad.engine.dims import bytes_for, show_shape
from whygrad.engine.given import number
from whygrad.engine.tensor import Tensor
from whygrad.errors import ShapeError, WhygradError
from whygrad.nn import functional
from whygrad.nn.functional.norm import batch_statistics, channel_axes, check_channels
from whygrad.nn.module import Module, buffer, parameter
from whygrad.option import several, text, truth, whole


def _sizes(shape: int | Sequence[int]) -> tuple[int, ...]:
    several_of = (shape,) if isinstance(shape, int) else several("norm", "normalized_shape", shape)
    return tuple(whole("norm", "a size of normalized_shape", size, least=1) for size in several_of)


class LayerNorm(Module):
    """Each sample at mean 0 and variance 1 over its last axes, then scaled and shifted.

    Args:
        normalized_shape: the sizes of the axes that are normalised over.
        eps: added to the variance, so that nothing is divided by 0.
        elementwise_affine: whether to scale and shift.
        bias: whether to shift, if it scales.
    """

    letter = "h"

    def __init__(
        self,
        normalized_shape: int | Sequence[int],
        eps: float = 1e-5,
        elementwise_affine: bool = True,
        bias: bool = True,
    ) -> None:
        self.normalized_shape = _sizes(normalized_shape)
        self.eps = number(self.title, "eps", eps)
        elementwise_affine = truth(self.title, "elementwise_affine", elementwise_affine)
        shape = self.normalized_shape
        bytes_for("a parameter", shape)
        self.weight = (
            parameter(np.ones(shape), shape=shape, kind="scale") if elementwise_affine else None
        )
        self.bias = (
            parameter(np.zeros(shape), shape=shape, kind="shift")
            if elementwise_affine and truth(self.title, "bias", bias)
            else None
        )

    @property
    def title(self) -> str:
        """What explanations call this part."""
        return "layer norm"

    def forward(self, *inputs: Any) -> Tensor:
        """Normalise, scale and shift."""
        (x,) = self.taken(inputs)
        return functional.layer_norm(x, self.normalized_shape, self.weight, self.bias, self.eps)


class RMSNorm(Module):
    """Each sample divided by the root of the mean of its squares, then scaled.

    Args:
        normalized_shape: the sizes of the axes that are normalised over.
        eps: added to the mean of the squares; by default the spacing of numbers at 1.
        elementwise_affine: whether to scale.
    """

    letter = "h"

    def __init__(
        self,
        normalized_shape: int | Sequence[int],
        eps: float | None = None,
        elementwise_affine: bool = True,
    ) -> None:
        self.normalized_shape = _sizes(normalized_shape)
        self.eps = eps if eps is None else number(self.title, "eps", eps)
        elementwise_affine = truth(self.title, "elementwise_affine", elementwise_affine)
        shape = self.normalized_shape
        bytes_for("a parameter", shape)
        self.weight = (
            parameter(np.ones(shape), shape=shape, kind="scale") if elementwise_affine else None
        )

    @property
    def title(self) -> str:
        """What explanations call this part."""
        return "RMS norm"

    def forward(self, *inputs: Any) -> Tensor:
        """Normalise and scale."""
        (x,) = self.taken(inputs)
        return functional.rms_norm(x, self.normalized_shape, self.weight, self.eps)


class _BatchNorm(Module):
    """Each channel at mean 0 and variance 1 over the batch, then scaled and shifted.

    In training the statistics are the batch's, and running ones are kept: ``momentum`` of each
    batch's and the rest of what they were. After ``eval()`` the running ones are used.

    Args:
        num_features: how many channels (the second axis).
        eps: added to the variance, so that nothing is divided by 0.
        momentum: the share of a new batch in the running statistics; None for the mean of all
            batches so far.
        affine: whether to scale and shift.
        track_running_stats: whether to keep running statistics; if not, the batch's are always
            used.

    Attributes:
        weight: the scale, shape (num_features,), or None.
        bias: the shift, shape (num_features,), or None.
        running_mean: shape (num_features,), or None.
        running_var: shape (num_features,), or None; of the unbiased estimate.
        num_batches_tracked: how many batches there were, where ``momentum`` is None.
    """

    letter = "h"
    ranks: tuple[int, ...] = ()

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
    ) -> None:
        num_features = whole("batch norm", "num_features", num_features, least=1)
        eps = number("batch norm", "eps", eps)
        momentum = momentum if momentum is None else number("batch norm", "momentum", momentum)
        affine = truth("batch norm", "affine", affine)
        track_running_stats = truth("batch norm", "track_running_stats", track_running_stats)
        if momentum is not None and not 0.0 <= momentum <= 1.0:
            raise WhygradError(f"batch norm: momentum is {momentum!r}; it must be from 0 to 1")
        shape = (num_features,)
        bytes_for("a parameter", shape)
        self.eps, self.momentum = eps, momentum
        self.weight = parameter(np.ones(shape), shape=shape, kind="scale") if affine else None
        self.bias = parameter(np.zeros(shape), shape=shape, kind="shift") if affine else None
        kept = track_running_stats
        self.running_mean = buffer(np.zeros(shape), shape=shape) if kept else None
        self.running_var = buffer(np.ones(shape), shape=shape) if kept else None
        self.num_batches_tracked = buffer(0.0) if kept and momentum is None else None
        self.num_features = num_features

    @property
    def title(self) -> str:
        """What explanations call this part."""
        return "batch norm"

    def forward(self, *inputs: Any) -> Tensor:
        """Normalise each channel, scale and shift.

        Raises:
            ShapeError: the input has other axes or channels, or just one number per channel.
        """
        (x,) = self.taken(inputs)
        if x.ndim not in self.ranks:
            wanted = " or ".join(map(str, self.ranks))
            raise ShapeError(f"batch norm: {show_shape(x.shape)} must have {wanted} axes")
        if self.running_mean is not None:
            check_channels("batch norm", x, self.running_mean)
        if self.running_mean is not None and not self.training:
            mean, variance = self.latest("running_mean"), self.latest("running_var")
        else:
            mean, variance = batch_statistics(x)
            if self.running_mean is not None and x.array.size:  # nothing is learnt from no examples
                self._keep(x, mean, variance)
        return functional.batch_norm(x, mean, variance, self.weight, self.bias, self.eps)

    def _keep(self, x: Tensor, mean: Tensor, variance: Tensor) -> None:
        axes = channel_axes(x)
        if x.array.size == x.array.shape[1]:
            raise ShapeError(
                f"batch norm: {show_shape(x.shape)} has one number per channel, which has no "
                f"spread; train on more, or call eval()"
            )
        # n / (n - 1), n being how many numbers each channel has, makes the estimate unbiased
        one_of = x.constant(1.0).apply("divide_by_count", x, axes=axes)
        unbiased = variance / (1.0 - one_of)
        share: float | Tensor
        if self.momentum is None:
            batches = self.latest("num_batches_tracked") + 1.0
            self.carry("num_batches_tracked", batches)
            share = 1.0 / batches
        else:
            share = self.momentum
        rest = 1.0 - share
        self.carry("running_mean", rest * self.latest("running_mean") + share * mean)
        self.carry("running_var", rest * self.latest("running_var") + share * unbiased)


class BatchNorm1d(_BatchNorm):
    """Batch norm of (samples, channels) or (samples, channels, length)."""

    ranks = (2, 3)


class BatchNorm2d(_BatchNorm):
    """Batch norm of (samples, channels, height, width)."""

    ranks = (4,)


class Dropout(Module):
    """In training, each element is 0 with chance ``p``, and the others are divided by 1 - p.

    Which ones is decided by seed, place in the network and how often the layer has been used, so
    a training that is played again drops the same ones.

    Args:
        p: the chance to drop an element.
        seed: which random numbers; the same seed gives the same masks everywhere.
        stream: the name under which they are drawn; by default the layer's place in the network.

    Attributes:
        turn: how many masks have been drawn.
    """

    letter = "h"

    def __init__(self, p: float = 0.5, *, seed: int = 0, stream: str = "") -> None:
        p = number("dropout", "p", p)
        if not 0.0 <= p <= 1.0:
            raise WhygradError(f"dropout: p is {p!r}; a chance is from 0 to 1")
        self.p, self.seed, self.stream = p, seed, text("dropout", "stream", stream)
        self.turn = buffer(0.0)

    def forward(self, *inputs: Any) -> Tensor:
        """Drop elements by chance, in training."""
        (x,) = self.taken(inputs)
        if not self.training or not 0.0 < self.p < 1.0:
            return functional.dropout(x, self.p, self.training)
        turn = self.latest("turn")
        stream = self.stream or f"dropout/{self.place()}"
        dropped = functional.dropout(x, self.p, turn=turn, seed=self.seed, stream=stream)
        self.carry("turn", turn + 1.0)
        return dropped
