"""Activations and losses as functions, by the names of ``torch.nn.functional``."""

from __future__ import annotations

from typing import Any

import numpy as np

from whygrad.dims import normalise_axes
from whygrad.errors import ShapeError
from whygrad.functional import as_tensor
from whygrad.tensor import Tensor, apply, tensor


def relu(input: Any) -> Tensor:
    """Return each element if it is above 0, else 0. At 0 the slope is taken as 0."""
    return apply("relu", as_tensor(input))


def leaky_relu(input: Any, negative_slope: float = 0.01) -> Tensor:
    """Return each element if it is above 0, else ``negative_slope`` times it."""
    return apply("leaky_relu", as_tensor(input), negative_slope=float(negative_slope))


def sigmoid(input: Any) -> Tensor:
    """Return 1 / (1 + exp(-x))."""
    return apply("sigmoid", as_tensor(input))


def tanh(input: Any) -> Tensor:
    """Return the hyperbolic tangent."""
    return apply("tanh", as_tensor(input))


def softplus(input: Any) -> Tensor:
    """Return log(1 + exp(x)), computed without overflow."""
    return apply("softplus", as_tensor(input))


def softmax(input: Any, dim: int = -1) -> Tensor:
    """Return shares along ``dim`` that add up to 1."""
    x = as_tensor(input)
    return apply("softmax", x, axis=normalise_axes("softmax", dim, x.ndim)[0])


def log_softmax(input: Any, dim: int = -1) -> Tensor:
    """Return the logarithm of softmax, computed without overflow."""
    x = as_tensor(input)
    return apply("log_softmax", x, axis=normalise_axes("log_softmax", dim, x.ndim)[0])


def mse_loss(input: Any, target: Any) -> Tensor:
    """Return the mean of the squared differences."""
    return apply("mse_loss", as_tensor(input), as_tensor(target))


def binary_cross_entropy(input: Any, target: Any) -> Tensor:
    """Return the mean of -(t log p + (1-t) log(1-p)); ``input`` holds probabilities.

    Logarithms are held at -100, as in PyTorch.
    """
    return apply("binary_cross_entropy", as_tensor(input), as_tensor(target))


def binary_cross_entropy_with_logits(input: Any, target: Any) -> Tensor:
    """Return binary cross-entropy of sigmoid(``input``), computed without overflow."""
    return apply("binary_cross_entropy_with_logits", as_tensor(input), as_tensor(target))


def cross_entropy(input: Any, target: Any) -> Tensor:
    """Return the mean cross-entropy of softmax(``input``) over its last axis.

    Args:
        input: logits, shape (..., classes).
        target: shares of each class in ``input``'s shape, or class numbers in its shape without
            the last axis (whole numbers).

    Raises:
        ShapeError: a class number is outside 0..classes-1, or the shapes do not fit.
    """
    logits, shares = as_tensor(input), as_tensor(target)
    if shares.ndim == logits.ndim - 1 or shares.dtype.kind in "iu":
        shares = _one_hot(shares, logits)
    return apply("cross_entropy", logits, shares)


def _one_hot(classes: Tensor, logits: Tensor) -> Tensor:
    count = int(logits.shape[-1])
    numbers = classes.data
    bad = numbers[(numbers < 0) | (numbers >= count) | (numbers != np.floor(numbers))]
    if bad.size:
        raise ShapeError(f"cross_entropy: class {bad[0]} is not one of 0 to {count - 1}")
    return tensor(np.eye(count)[numbers.astype(int)], dtype=logits.dtype, role="target")
