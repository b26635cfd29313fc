"""Activations as layers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from whygrad.nn import functional
from whygrad.nn.module import Module
from whygrad.tensor import Tensor


class _Activation(Module):
    function: Callable[..., Tensor]

    def forward(self, *inputs: Any) -> Tensor:
        """Apply the activation to each element."""
        return type(self).function(*inputs)


class ReLU(_Activation):
    """Each element if it is above 0, else 0."""

    function = staticmethod(functional.relu)


class Sigmoid(_Activation):
    """1 / (1 + exp(-x))."""

    function = staticmethod(functional.sigmoid)


class Tanh(_Activation):
    """The hyperbolic tangent."""

    function = staticmethod(functional.tanh)


class Softplus(_Activation):
    """A smooth ReLU: log(1 + exp(x))."""

    function = staticmethod(functional.softplus)


class Softmax(Module):
    """Shares along an axis that add up to 1."""

    def __init__(self, dim: int = -1) -> None:
        self.dim = dim

    def forward(self, *inputs: Any) -> Tensor:
        """Apply softmax along ``dim``."""
        return functional.softmax(*inputs, dim=self.dim)


class LeakyReLU(Module):
    """Each element if it is above 0, else a small part of it."""

    def __init__(self, negative_slope: float = 0.01) -> None:
        self.negative_slope = negative_slope

    def forward(self, *inputs: Any) -> Tensor:
        """Apply the activation to each element."""
        return functional.leaky_relu(*inputs, negative_slope=self.negative_slope)
