"""Losses, optimizers and schedules that set-ups are made of."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import nn
from torch.nn import functional as F

Optimizer = Callable[..., torch.optim.Optimizer]

CROSS_ENTROPY, BCE, MSE = nn.CrossEntropyLoss(), nn.BCEWithLogitsLoss(), nn.MSELoss()


def unstable(z: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """Return cross-entropy as the logarithm of a softmax, which overflows."""
    return -(F.one_hot(y, z.shape[1]) * torch.log(torch.softmax(z, 1))).sum(1).mean()


def sgd(lr: float, momentum: float = 0.0, decay: float = 0.0) -> Optimizer:
    """Return stochastic gradient descent with momentum and weight decay."""
    return partial(torch.optim.SGD, lr=lr, momentum=momentum, weight_decay=decay)


def adam(lr: float, **more: Any) -> Optimizer:
    """Return Adam."""
    return partial(torch.optim.Adam, lr=lr, **more)


def warm_cosine(optimizer: Any, epochs: int) -> Any:
    """Warm up for eight epochs, then fall to zero."""
    import math

    def factor(e: int) -> float:
        return (e + 1) / 8 if e < 8 else 0.5 * (1 + math.cos(math.pi * (e - 8) / (epochs - 8)))

    return torch.optim.lr_scheduler.LambdaLR(optimizer, factor)
