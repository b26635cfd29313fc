"""Losses as modules: they take the output and the target."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from whygrad.nn import functional
from whygrad.nn.module import Module
from whygrad.tensor import Tensor


class _Loss(Module):
    function: Callable[..., Tensor]

    def forward(self, *inputs: Any) -> Tensor:
        """Return the loss of (input, target)."""
        return type(self).function(*inputs)


class MSELoss(_Loss):
    """The mean of the squared differences."""

    function = staticmethod(functional.mse_loss)


class BCELoss(_Loss):
    """Binary cross-entropy, from probabilities."""

    function = staticmethod(functional.binary_cross_entropy)


class BCEWithLogitsLoss(_Loss):
    """Binary cross-entropy, from logits."""

    function = staticmethod(functional.binary_cross_entropy_with_logits)


class CrossEntropyLoss(_Loss):
    """Cross-entropy, from logits, over the last axis."""

    function = staticmethod(functional.cross_entropy)
