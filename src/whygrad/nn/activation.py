"""Activations as layers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from whygrad.engine.tensor import Tensor
from whygrad.nn import functional
from whygrad.nn.module import Module


class _Activation(Module):
    function: Callable[..., Tensor]

    def forward(self, *inputs: Any) -> Tensor:
        """Apply the activation to each element."""
        return type(self).function(*self.taken(inputs))


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


class SiLU(_Activation):
    """x * sigmoid(x), also called swish."""

    function = staticmethod(functional.silu)


class LeakyReLU(Module):
    """Each element if it is above 0, else a small part of it."""

    def __init__(self, negative_slope: float = 0.01) -> None:
        self.negative_slope = negative_slope

    def forward(self, *inputs: Any) -> Tensor:
        """Apply the activation to each element."""
        return functional.leaky_relu(*self.taken(inputs), negative_slope=self.negative_slope)


class ELU(Module):
    """Each element if it is above 0, else ``alpha * (exp(x) - 1)``."""

    def __init__(self, alpha: float = 1.0) -> None:
        self.alpha = alpha

    def forward(self, *inputs: Any) -> Tensor:
        """Apply the activation to each element."""
        return functional.elu(*self.taken(inputs), alpha=self.alpha)


class GELU(Module):
    """x times the share of a standard normal distribution below it; see ``functional.gelu``."""

    def __init__(self, approximate: str = "none") -> None:
        self.approximate = approximate

    def forward(self, *inputs: Any) -> Tensor:
        """Apply the activation to each element."""
        return functional.gelu(*self.taken(inputs), approximate=self.approximate)


class Hardtanh(Module):
    """Each element, clipped to ``min_val .. max_val``."""

    def __init__(self, min_val: float = -1.0, max_val: float = 1.0) -> None:
        self.min_val = min_val
        self.max_val = max_val

    def forward(self, *inputs: Any) -> Tensor:
        """Clip each element."""
        return functional.hardtanh(*self.taken(inputs), min_val=self.min_val, max_val=self.max_val)


class Softmax(Module):
    """Shares along an axis that add up to 1."""

    def __init__(self, dim: int = -1) -> None:
        self.dim = dim

    def forward(self, *inputs: Any) -> Tensor:
        """Apply softmax along ``dim``."""
        return functional.softmax(*self.taken(inputs), dim=self.dim)
