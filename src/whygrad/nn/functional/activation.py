"""Activations."""

from __future__ import annotations

import math
from typing import Any

from whygrad.engine.dims import normalise_axes
from whygrad.engine.functional import as_tensor, clamp
from whygrad.engine.given import number
from whygrad.engine.tensor import Tensor, apply
from whygrad.errors import WhygradError
from whygrad.nn.functional.parts import composite
from whygrad.nn.scope import name


def relu(input: Any) -> Tensor:
    """Return each element if it is above 0, else 0. At 0 the slope is taken as 0."""
    return name(apply("relu", as_tensor(input)), "relu")


def leaky_relu(input: Any, negative_slope: float = 0.01) -> Tensor:
    """Return each element if it is above 0, else ``negative_slope`` times it."""
    slope = number(
        "leaky_relu", "negative_slope", negative_slope, "wg.where(x > 0, x, negative_slope * x)"
    )
    return name(apply("leaky_relu", as_tensor(input), negative_slope=slope), "leaky_relu")


def sigmoid(input: Any) -> Tensor:
    """Return 1 / (1 + exp(-x))."""
    return name(apply("sigmoid", as_tensor(input)), "sigmoid")


def tanh(input: Any) -> Tensor:
    """Return the hyperbolic tangent."""
    return name(apply("tanh", as_tensor(input)), "tanh")


def softplus(input: Any) -> Tensor:
    """Return log(1 + exp(x)), computed without overflow."""
    return name(apply("softplus", as_tensor(input)), "softplus")


def softmax(input: Any, dim: int = -1) -> Tensor:
    """Return shares along ``dim`` that add up to 1."""
    x = as_tensor(input)
    axis = normalise_axes("softmax", dim, x.ndim)[0]
    return name(apply("softmax", x, axis=axis), "softmax")


def log_softmax(input: Any, dim: int = -1) -> Tensor:
    """Return the logarithm of softmax, computed without overflow."""
    x = as_tensor(input)
    axis = normalise_axes("log_softmax", dim, x.ndim)[0]
    return name(apply("log_softmax", x, axis=axis), "log_softmax")


def elu(input: Any, alpha: float = 1.0) -> Tensor:
    """Return each element if it is above 0, else ``alpha * (exp(x) - 1)``."""
    alpha = number("elu", "alpha", alpha, "wg.where(x > 0, x, alpha * (wg.exp(x) - 1))")
    return name(apply("elu", as_tensor(input), alpha=alpha), "elu")


@composite("silu")
def silu(input: Any) -> Tensor:
    """Return ``x * sigmoid(x)``, also called swish."""
    x = as_tensor(input)
    return x * apply("sigmoid", x)


@composite("gelu")
def gelu(input: Any, approximate: str = "none") -> Tensor:
    """Return x times the share of a standard normal distribution that lies below x.

    Args:
        input: any numbers.
        approximate: "none" for the exact share, by the error function; "tanh" for the usual
            approximation (Hendrycks and Gimpel, 2016).

    Raises:
        WhygradError: ``approximate`` is something else.
    """
    x = as_tensor(input)
    if approximate == "none":
        return x * (0.5 * (1.0 + apply("erf", x * math.sqrt(0.5))))
    if approximate == "tanh":
        inner = math.sqrt(2.0 / math.pi) * (x + 0.044715 * (x * apply("square", x)))
        return x * (0.5 * (1.0 + apply("tanh", inner)))
    raise WhygradError(f"gelu: approximate is {approximate!r}; allowed: 'none', 'tanh'")


@composite("hardtanh")
def hardtanh(input: Any, min_val: float = -1.0, max_val: float = 1.0) -> Tensor:
    """Return each element, clipped to ``min_val .. max_val``. At the bounds the slope is 0."""
    least = number("hardtanh", "min_val", min_val, "wg.maximum(input, min_val)")
    most = number("hardtanh", "max_val", max_val, "wg.minimum(input, max_val)")
    return clamp(as_tensor(input), least, most, at_bound=0.0)
