# pyright: basic
# PyTorch's own annotations are too loose for strict checking.
"""Replays: the run's beginning again on the copy, with one thing changed.

Each starts from the weights the run started from, sees the same batches in the same order, and is
written as a loop should be. What cures tells what was ill: if only weaker weight decay helps, the
decay was it; if the plain replay does well, the fault is in the user's loop.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

import torch
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import flop_registry

from whygrad.doctor.twin import DROPOUTS, Twin

Tensor = torch.Tensor
MOST_STEPS = 250
# A replay's length is bounded by what it computes and not by a clock, so that a busy machine gives
# the same report: 0.8 s of a plain one, at 5 µs for each op and 10¹⁰ operations a second.
MOST_SECONDS, SECONDS_PER_OP, SECONDS_PER_FLOP = 0.8, 5e-6, 1e-10
RATES = {"lr_down_10": 0.1, "lr_down_100": 0.01, "lr_up_10": 10.0}
GOOD_MOVE = 3e-3  # of the weights' size per update: what `lr_up` aims at
MOST_UP = 1e5


class Work(TorchDispatchMode):
    """Counts what is computed inside it."""

    def __init__(self) -> None:
        super().__init__()
        self.ops = self.flops = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        out = func(*args, **(kwargs or {}))
        count = flop_registry.get(func._overloadpacket)
        self.ops += 1
        self.flops += 0 if count is None else count(*args, **(kwargs or {}), out_val=out)
        return out

    @property
    def seconds(self) -> float:
        """What that takes on a plain machine."""
        return self.ops * SECONDS_PER_OP + self.flops * SECONDS_PER_FLOP


def replay(
    twin: Twin,
    start: dict[str, Tensor],
    optimizer: Any,
    rate: float,
    rows: tuple[Tensor, Tensor],
    loss: Callable[..., Tensor],
    batch: int,
    change: str,
    steps: int,
    seed: int = 0,
    moved: float = 0.0,
) -> Callable[[Tensor], Tensor] | None:
    """Train the copy anew with one thing changed; return how it then answers.

    `moved` is how far, next to their size, an update moved the weights. Returns None where the
    change does not apply.
    """
    faster = RATES.get(change, 1.0)
    if change == "lr_up":
        faster = min(GOOD_MOVE / moved, MOST_UP) if moved > 0 else 1.0
        if faster <= 20:
            return None
    x, y = rows
    give: Callable[[Tensor], Tensor] = lambda z: z  # noqa: E731
    out_scale, out_mean = torch.tensor(1.0), torch.tensor(0.0)
    if change == "standard_inputs":
        if not x.is_floating_point():
            return None
        mean, std = x.mean(0), x.std(0, correction=0)
        std = torch.where(std > 1e-12, std, torch.ones_like(std))
        give = lambda z: (z - mean) / std  # noqa: E731
    elif change == "standard_targets":
        if not y.is_floating_point():
            return None
        out_scale, out_mean = y.std(0, correction=0).clamp_min(1e-12), y.mean(0)
        y = (y - out_mean) / out_scale
    elif change == "no_decay":
        if not any(g.get("weight_decay", 0.0) for g in optimizer.param_groups):
            return None
    elif change == "no_dropout":
        if not any(isinstance(m, DROPOUTS) for m in twin.net.modules()):
            return None
    elif change == "larger_batch":
        if batch >= 32:
            return None
        batch = 32
    twin.take(start)
    with twin.mode(True, dropout=change != "no_dropout") as net:
        if change == "fresh_weights":
            refresh(net)
        order = torch.Generator().manual_seed(seed)
        ours = again(optimizer, net, rate * faster, change == "no_decay")
        left, at, shuffled = steps, len(x), torch.arange(len(x))
        first = Work()
        while left > 0:
            if at + min(batch, len(x)) > len(x):
                shuffled, at = torch.randperm(len(x), generator=order), 0
            take = shuffled[at : at + batch]
            at += batch
            ours.zero_grad()
            with first if left == steps else nullcontext():
                value = loss(net(give(x[take])), y[take])
                if not value.requires_grad or not math.isfinite(float(value.detach())):
                    break
                value.backward()
                ours.step()
            if left == steps:
                left = min(steps, math.ceil(MOST_SECONDS / first.seconds))
            left -= 1
    return lambda z: twin.outputs(give(z)) * out_scale + out_mean


def again(optimizer: Any, net: nn.Module, rate: float, no_decay: bool = False) -> Any:
    """Return an optimizer of the same kind for the copy."""
    kind = type(optimizer)
    known = inspect.signature(kind.__init__).parameters
    group = optimizer.param_groups[0]
    told = {k: v for k, v in group.items() if k in known and k != "params"}
    told["lr"] = rate
    if no_decay:
        told["weight_decay"] = 0.0
    return kind([p for p in net.parameters() if p.requires_grad], **told)


def refresh(net: nn.Module) -> None:
    """Draw He's weights anew and set biases to zero (He et al. 2015)."""
    for module in net.modules():
        if isinstance(module, nn.Linear | nn.Conv1d | nn.Conv2d | nn.Conv3d):
            nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
            if module.bias is not None:
                nn.init.zeros_(module.bias)
        elif isinstance(module, nn.RNNBase):
            for name, parameter in module.named_parameters():
                if "weight_hh" in name:
                    nn.init.orthogonal_(parameter)
