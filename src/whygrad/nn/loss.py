"""Losses as modules: they take the output and the target."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from whygrad.engine.tensor import Tensor
from whygrad.nn import functional
from whygrad.nn.module import Module


class _Loss(Module):
    function: Callable[..., Tensor]

    def __init__(self, reduction: str = "mean") -> None:
        self.reduction = reduction

    def forward(self, *inputs: Any) -> Tensor:
        """Return the loss of (input, target)."""
        return type(self).function(*self.counted(inputs, 2), reduction=self.reduction)


class MSELoss(_Loss):
    """The mean of the squared differences."""

    function = staticmethod(functional.mse_loss)


class L1Loss(_Loss):
    """The mean of the absolute differences."""

    function = staticmethod(functional.l1_loss)


class BCELoss(_Loss):
    """Binary cross-entropy, from probabilities."""

    function = staticmethod(functional.binary_cross_entropy)


class BCEWithLogitsLoss(_Loss):
    """Binary cross-entropy, from logits."""

    function = staticmethod(functional.binary_cross_entropy_with_logits)


class HingeLoss(_Loss):
    """The mean of max(0, 1 - t x), for targets t of 1 and -1."""

    function = staticmethod(functional.hinge_loss)


class HuberLoss(Module):
    """Squared for differences below ``delta``, linear beyond."""

    def __init__(self, reduction: str = "mean", delta: float = 1.0) -> None:
        self.reduction = reduction
        self.delta = delta

    def forward(self, *inputs: Any) -> Tensor:
        """Return the loss of (input, target)."""
        return functional.huber_loss(
            *self.counted(inputs, 2), reduction=self.reduction, delta=self.delta
        )


class KLDivLoss(Module):
    """How far log-probabilities are from a distribution; see ``functional.kl_div``."""

    def __init__(self, reduction: str = "mean", log_target: bool = False) -> None:
        self.reduction = reduction
        self.log_target = log_target

    def forward(self, *inputs: Any) -> Tensor:
        """Return the loss of (input, target)."""
        return functional.kl_div(
            *self.counted(inputs, 2), reduction=self.reduction, log_target=self.log_target
        )


class CrossEntropyLoss(Module):
    """Cross-entropy, from logits, over the last axis; see ``functional.cross_entropy``."""

    def __init__(
        self, weight: Any = None, reduction: str = "mean", label_smoothing: float = 0.0
    ) -> None:
        self.weight = weight
        self.reduction = reduction
        self.label_smoothing = label_smoothing

    def forward(self, *inputs: Any) -> Tensor:
        """Return the loss of (input, target)."""
        return functional.cross_entropy(
            *self.counted(inputs, 2),
            weight=self.weight,
            reduction=self.reduction,
            label_smoothing=self.label_smoothing,
        )
