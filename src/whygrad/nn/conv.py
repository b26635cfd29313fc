"""Layers that slide along their inputs: convolution and pooling, and what follows them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from whygrad.engine.functional import flatten
from whygrad.engine.tensor import Tensor
from whygrad.errors import ShapeError, WhygradError
from whygrad.nn import functional
from whygrad.nn.functional.window import each
from whygrad.nn.init import initialise
from whygrad.nn.module import Module, parameter
from whygrad.option import mapping, truth, whole

Sizes = int | Sequence[int]


class _Conv(Module):
    """The same weights at every place.

    Args:
        in_channels: how many numbers there are at each place of the input.
        out_channels: how many units.
        kernel_size: how many places a unit looks at; one number, or one for each axis.
        stride: how far apart a unit is laid.
        padding: how many zeros go around the input; or "same", or "valid".
        dilation: how far apart the places are that a unit looks at.
        groups: how many groups channels and units are divided into.
        bias: whether to add a bias.
        init: name of the weights' initialisation (``whygrad.nn.init``); biases start at 0.
        init_options: that initialisation's options, such as ``gain``.
        seed: which random numbers; with ``stream``, they are the same everywhere.
        stream: which weights of the network these are.

    Attributes:
        weight: shape (out_channels, in_channels / groups, *kernel_size), as in PyTorch.
        bias: shape (out_channels,), or None.
    """

    weighted = True
    letter = "z"
    function: Callable[..., Tensor]
    rank: int

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Sizes,
        stride: Sizes = 1,
        padding: Sizes | str = 0,
        dilation: Sizes = 1,
        groups: int = 1,
        bias: bool = True,
        *,
        init: str = "he",
        init_options: Mapping[str, float] = MappingProxyType({}),
        seed: int = 0,
        stream: str = "W",
    ) -> None:
        in_channels = whole(self.title, "in_channels", in_channels, least=1)
        out_channels = whole(self.title, "out_channels", out_channels, least=1)
        groups = whole(self.title, "groups", groups)
        bias = truth(self.title, "bias", bias)
        init_options = mapping(self.title, "init_options", init_options)
        if groups < 1 or in_channels % groups or out_channels % groups:
            raise ShapeError(
                f"{self.title}: {int(in_channels)} channels and {int(out_channels)} units do not "
                f"divide into {groups} groups"
            )
        self.stride, self.padding, self.dilation = stride, padding, dilation
        self.groups = groups
        kernel = each(self.title, "kernel_size", kernel_size, self.rank)
        taken = in_channels if groups == 1 else in_channels // groups
        sizes = (int(out_channels), int(taken), *kernel)
        self.weight = parameter(
            initialise(init, sizes, seed, stream, **init_options),
            shape=(out_channels, taken, *kernel),
            kind="weight",
        )
        self.bias = (
            parameter([0.0] * out_channels, shape=(out_channels,), kind="bias") if bias else None
        )

    def forward(self, *inputs: Any) -> Tensor:
        """Return shape (samples, out_channels, ...), for x of shape (samples, in_channels, ...)."""
        (x,) = self.taken(inputs)
        return type(self).function(
            x, self.weight, self.bias, self.stride, self.padding, self.dilation, self.groups
        )


class Conv1d(_Conv):
    """The same weights at every place along the last axis."""

    rank = 1
    function = staticmethod(functional.conv1d)


class Conv2d(_Conv):
    """The same weights at every place along the last two axes."""

    rank = 2
    function = staticmethod(functional.conv2d)


class _MaxPool(Module):
    letter = "h"
    function: Callable[..., Tensor]

    def __init__(
        self,
        kernel_size: Sizes,
        stride: Sizes | None = None,
        padding: Sizes = 0,
        dilation: Sizes = 1,
        return_indices: bool = False,
        ceil_mode: bool = False,
    ) -> None:
        if truth(self.title, "return_indices", return_indices):
            raise WhygradError(f"{self.title}: return_indices is not supported; leave it out")
        self.given = (kernel_size, stride, padding, dilation, ceil_mode)

    def forward(self, *inputs: Any) -> Tensor:
        """Return the largest in each window."""
        return type(self).function(*self.taken(inputs), *self.given)


class MaxPool1d(_MaxPool):
    """The largest in each window along the last axis."""

    function = staticmethod(functional.max_pool1d)


class MaxPool2d(_MaxPool):
    """The largest in each window along the last two axes."""

    function = staticmethod(functional.max_pool2d)


class _AvgPool(Module):
    letter = "h"
    function: Callable[..., Tensor]

    def __init__(
        self,
        kernel_size: Sizes,
        stride: Sizes | None = None,
        padding: Sizes = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
    ) -> None:
        self.given: tuple[Any, ...] = (kernel_size, stride, padding, ceil_mode, count_include_pad)

    def forward(self, *inputs: Any) -> Tensor:
        """Return the mean of each window."""
        return type(self).function(*self.taken(inputs), *self.given)


class AvgPool1d(_AvgPool):
    """The mean of each window along the last axis."""

    function = staticmethod(functional.avg_pool1d)


class AvgPool2d(_AvgPool):
    """The mean of each window along the last two axes."""

    function = staticmethod(functional.avg_pool2d)

    def __init__(
        self,
        kernel_size: Sizes,
        stride: Sizes | None = None,
        padding: Sizes = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
        divisor_override: int | None = None,
    ) -> None:
        super().__init__(kernel_size, stride, padding, ceil_mode, count_include_pad)
        self.given = (*self.given, divisor_override)


class Flatten(Module):
    """Each sample's numbers in one row: (samples, ...) becomes (samples, numbers).

    Args:
        start_dim: the first axis that is put into one with the next.
        end_dim: the last of them.
    """

    letter = "h"

    def __init__(self, start_dim: int = 1, end_dim: int = -1) -> None:
        self.start_dim, self.end_dim = start_dim, end_dim

    def forward(self, *inputs: Any) -> Tensor:
        """Put axes into one.

        Raises:
            ShapeError: there are no such axes.
        """
        (x,) = self.taken(inputs)
        return flatten(x, self.start_dim, self.end_dim)
