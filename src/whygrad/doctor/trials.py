# pyright: basic
# PyTorch's own annotations are too loose for strict checking.
"""Replays: the run's beginning again on the copy, with one thing changed.

Each starts from the weights and the optimizer's state the run started from and sees the same
batches in the same order. A loop without bad habits is written as it should be. What cures tells
what was ill: if only weaker weight decay helps, the decay was it; if the plain replay does well,
the fault is in the user's loop.
"""

from __future__ import annotations

import inspect
import math
from contextlib import nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import flop_registry

from whygrad.doctor.changes import Change, Loss, Rows
from whygrad.doctor.twin import Twin, judged_output

if TYPE_CHECKING:
    from whygrad.doctor.watch import Doctor

Tensor = torch.Tensor
MOST_STEPS = 250
# A replay's length is bounded by what it computes and not by a clock, so that a busy machine gives
# the same report: 0.8 s of a plain one, at 5 µs for each op and 10¹⁰ operations a second.
MOST_SECONDS, SECONDS_PER_OP, SECONDS_PER_FLOP = 0.8, 5e-6, 1e-10


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


@dataclass(frozen=True)
class Beginning:
    """Where a run started, and all that is needed to play it again.

    Attributes:
        state: the optimizer's, before the first step.
        rate: the learning rate.
        habits: what the user's loop gets wrong, as far as it was seen and can be played.
        owned: names of the parameters that the optimizer holds.
        clip: the norm at which gradients are clipped.
    """

    twin: Twin
    start: dict[str, Tensor]
    optimizer: Any
    state: dict[str, Any]
    rate: float
    rows: Rows
    loss: Loss
    batch: int
    steps: int
    habits: frozenset[str] = frozenset()
    owned: frozenset[str] = frozenset()
    clip: float = math.inf


@dataclass(frozen=True)
class Replayed:
    """The copy after it was trained anew, the rows it was trained on, and who watched."""

    twin: Twin
    rows: Rows
    doctor: Doctor | None = None


def replay(beginning: Beginning, change: Change, seed: int = 0, watched: bool = False) -> Replayed:
    """Train a copy anew with a change; the seed draws the order of the batches.

    Raises:
        Cannot: the change does not apply to this network or these rows.
    """
    b, rows = beginning, beginning.rows
    loss = b.loss if change.loss is None else change.loss(b.loss, rows)
    rows = rows if change.rows is None else change.rows(rows)
    habits = b.habits - change.mends
    batch = min(b.batch if change.batch is None else change.batch, len(rows.x))
    clip = b.clip if change.clip is None else change.clip
    b.twin.take(b.start)
    twin = b.twin if change.model is None and not watched else Twin(b.twin.net)
    with twin.mode(True, dropout=True) as net:
        if change.model is not None:
            net = change.model(net)
        ours = again(b, net, change, habits)
        doctor = _doctor(net, ours, loss, rows) if watched else None
        order = torch.Generator().manual_seed(seed)
        left, at, shuffled = b.steps, len(rows.x), torch.arange(len(rows.x))
        first = Work()
        while left > 0:
            if at + batch > len(rows.x):
                at = 0
                if "in_order" not in habits:
                    shuffled = torch.randperm(len(rows.x), generator=order)
            take = shuffled[at : at + batch]
            x, y = rows.x[take], rows.y[take]
            at += batch
            if "no_zero_grad" not in habits:
                ours.zero_grad()
            with first if left == b.steps else nullcontext():
                out = judged_output(net(x))
                value = loss(out, y)
                finite = value.requires_grad and math.isfinite(float(value.detach()))
                if finite:
                    (-value if "negated" in habits else value).backward()
                    if clip < math.inf:
                        nn.utils.clip_grad_norm_(net.parameters(), clip)
                    if "no_step" not in habits:
                        ours.step()
            if doctor is not None:
                doctor.step(value, inputs=x, targets=y, outputs=out)
            if not finite:
                break
            if left == b.steps:
                left = min(b.steps, math.ceil(MOST_SECONDS / first.seconds))
            left -= 1
        if doctor is not None and rows.xv is not None:
            net.train("train_mode" in habits)
            with torch.no_grad():
                doctor.epoch(validation_loss=float(loss(judged_output(net(rows.xv)), rows.yv)))
    return Replayed(twin, rows, doctor)


def _doctor(net: nn.Module, optimizer: Any, loss: Loss, rows: Rows) -> Doctor:
    from whygrad.doctor.watch import Doctor

    judged = None if rows.xv is None else (rows.xv, rows.yv)
    return Doctor(net, optimizer, loss=loss, train=(rows.x, rows.y), validation=judged)


def again(b: Beginning, net: nn.Module, change: Change, habits: frozenset[str]) -> Any:
    """Return an optimizer like the user's for the copy."""
    owned: list[Tensor] = [
        p
        for n, p in net.named_parameters()
        if p.requires_grad and ("old_model" not in habits or n in b.owned)
    ]
    owned = owned or [torch.zeros(1, requires_grad=True)]  # as of a model that was copied
    if change.optimizer is not None:
        return change.optimizer(owned)
    kind = type(b.optimizer)
    known = inspect.signature(kind.__init__).parameters
    group = b.optimizer.param_groups[0]
    told = {k: v for k, v in group.items() if k in known and k != "params"}
    ours = kind(owned, **{**told, "lr": b.rate * change.rate, **change.settings})
    _resume(b, ours, owned)
    return ours


def _resume(b: Beginning, ours: Any, owned: list[Tensor]) -> None:
    """Give the optimizer the state that the user's had when the run began, if it had one."""
    held = [p for group in b.optimizer.param_groups for p in group["params"]]
    if not b.state or [p.shape for p in held] != [p.shape for p in owned]:
        return
    for number, parameter in enumerate(owned):
        if number in b.state:
            ours.state[parameter] = {
                k: v.clone() if isinstance(v, Tensor) else v for k, v in b.state[number].items()
            }
