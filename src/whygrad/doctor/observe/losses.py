"""Which loss a number is: known losses are tried on the outputs and targets until one gives it.

So the doctor needs no name, and a loss written by hand is recognised too.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch.nn import functional as F

Tensor = torch.Tensor
CLOSE = 1e-3


@dataclass(frozen=True)
class Known:
    """A loss by its formula; `of` gives one number per sample or element."""

    name: str
    of: Callable[[Tensor, Tensor], Tensor]


def _fits(z: Tensor, y: Tensor) -> Tensor:
    return y.reshape(z.shape).to(z.dtype)


def _classes(z: Tensor, y: Tensor) -> Tensor:
    return y.argmax(1) if y.is_floating_point() and y.shape == z.shape else y.long()


LOSSES = (
    Known("cross_entropy", lambda z, y: F.cross_entropy(z, _classes(z, y), reduction="none")),
    Known("nll", lambda z, y: F.nll_loss(z, _classes(z, y), reduction="none")),
    Known(
        "bce_with_logits",
        lambda z, y: F.binary_cross_entropy_with_logits(z, _fits(z, y), reduction="none"),
    ),
    Known("bce", lambda z, y: F.binary_cross_entropy(z, _fits(z, y), reduction="none")),
    Known("mse", lambda z, y: (z - _fits(z, y)) ** 2),
    Known("l1", lambda z, y: (z - _fits(z, y)).abs()),
    Known("huber", lambda z, y: F.smooth_l1_loss(z, _fits(z, y), reduction="none")),
)
BY_NAME = {known.name: known for known in LOSSES}
BY_CLASS = {
    "CrossEntropyLoss": "cross_entropy",
    "NLLLoss": "nll",
    "BCEWithLogitsLoss": "bce_with_logits",
    "BCELoss": "bce",
    "MSELoss": "mse",
    "L1Loss": "l1",
    "SmoothL1Loss": "huber",
}
# What the functions of PyTorch's are called.
BY_FUNCTION = {
    "cross_entropy": "cross_entropy",
    "nll_loss": "nll",
    "binary_cross_entropy_with_logits": "bce_with_logits",
    "binary_cross_entropy": "bce",
    "mse_loss": "mse",
    "l1_loss": "l1",
    "smooth_l1_loss": "huber",
    "huber_loss": "huber",
    "kl_div": "",
}


def aligned(outputs: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
    """Return outputs and targets with a row for each answer, where a row asks for several."""
    if targets.is_floating_point() or targets.ndim < 2:
        return outputs, targets
    if outputs.ndim == 3 and outputs.shape[:2] == targets.shape:
        return outputs.flatten(0, 1), targets.flatten()
    if outputs.ndim == 2 and len(outputs) == targets.numel() > len(targets):
        return outputs, targets.flatten()
    return outputs, targets


def recognise(loss: float, outputs: Tensor, targets: Tensor, given: Any = None) -> tuple[str, bool]:
    """Return the loss's name ("" if it is none of these), and whether it is summed, not averaged.

    A name that only comes from the class of a loss object (or from PyTorch's function) is still a
    name: weights and smoothing change the number and not what the loss wants of the outputs.
    """
    called = getattr(getattr(given, "func", given), "__name__", "")
    declared = BY_CLASS.get(type(given).__name__, BY_FUNCTION.get(called, ""))
    told = getattr(given, "keywords", {})
    summed = told.get("reduction", getattr(given, "reduction", "mean")) == "sum"
    z, y = outputs.detach().float(), targets.detach()
    found: list[tuple[str, bool]] = []
    for known in LOSSES:
        try:
            each = known.of(z, y)
        except (RuntimeError, ValueError, IndexError):
            continue
        for total, is_sum in ((float(each.mean()), False), (float(each.sum()), True)):
            # An objective that was turned round has the same name.
            if abs(abs(loss) - abs(total)) <= CLOSE * max(abs(total), 1e-6):
                found.append((known.name, is_sum and each.numel() > 1))
    if declared:
        return declared, summed or (declared, True) in found
    return found[0] if found else ("", False)


def broadcasts(loss: float, outputs: Tensor, targets: Tensor) -> bool:
    """Say whether the loss is that of every output with every target, by a shape that is off."""
    z, y = outputs.detach().float(), targets.detach().float()
    if z.shape == y.shape or z.numel() != y.numel() or z.numel() < 2:
        return False
    try:
        apart = z - y
    except RuntimeError:
        return False
    if apart.numel() <= z.numel():
        return False
    fitting = z - y.reshape(z.shape)

    def gives(difference: Tensor) -> bool:
        totals = (difference.pow(2).mean(), difference.abs().mean())
        return any(abs(loss - float(t)) <= CLOSE * max(float(t), 1e-6) for t in totals)

    return gives(apart) and not gives(fitting)


def loss_named(name: str, summed: bool = False) -> Callable[[Tensor, Tensor], Tensor] | None:
    """Return a known loss as a function."""
    known = BY_NAME.get(name)
    if known is None:
        return None
    return lambda z, y: known.of(z, y).sum() if summed else known.of(z, y).mean()


def stable(outputs: Tensor, targets: Tensor) -> float | None:
    """Return the cross-entropy of outputs and classes in arithmetic that cannot underflow."""
    if targets.is_floating_point() or outputs.ndim != 2 or outputs.shape[1] < 2:
        return None
    return float(F.cross_entropy(outputs.detach().double(), targets.long()))
