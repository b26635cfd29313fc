"""Replays: the run's beginning again on the copy, with one thing changed.

Each starts from the weights and the optimizer's state the run started from and sees the same
batches in the same order. A loop without bad habits is written as it should be. What cures tells
what was ill: if only weaker weight decay helps, the decay was it; if the plain replay does well,
the fault is in the user's loop.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any, cast

import torch
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import flop_registry

from whygrad.doctor.observe.recorder import Recorder
from whygrad.doctor.observe.shadow import ShadowModel, judged_output
from whygrad.doctor.remedies.change import Change, RunRows
from whygrad.doctor.torch_typed import run_backward

Tensor = torch.Tensor
Loss = Callable[..., Tensor]
# A replay's length is bounded by what it computes and not by a clock, so that a busy machine gives
# the same report: 0.8 s of a plain one, at 5 µs for each op and 10¹⁰ operations a second.
MOST_SECONDS, SECONDS_PER_OP, SECONDS_PER_FLOP = 0.8, 5e-6, 1e-10


class Work(TorchDispatchMode):
    """Counts what is computed inside it."""

    def __init__(self) -> None:
        super().__init__()  # pyright: ignore[reportUnknownMemberType]
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

    shadow: ShadowModel
    start: dict[str, Tensor]
    optimizer: Any
    state: dict[int, Any]
    rate: float
    rows: RunRows
    loss: Loss
    batch: int
    steps: int
    habits: frozenset[str] = frozenset()
    owned: frozenset[str] = frozenset()
    clip: float = math.inf


@dataclass(frozen=True)
class Replayed:
    """The shadow model after training, the rows it was trained on, and what recorded it."""

    shadow: ShadowModel
    rows: RunRows
    recorder: Recorder | None = None


def replay(beginning: Beginning, change: Change, seed: int = 0, recorded: bool = False) -> Replayed:
    """Train the shadow model again with a change; the seed draws the order of the batches.

    Raises:
        NotApplicable: the change does not apply to this network or these rows.
    """
    b, rows = beginning, beginning.rows
    loss = b.loss if change.loss is None else change.loss(b.loss, rows)
    rows = rows if change.rows is None else change.rows(rows)
    habits = b.habits - change.mends
    batch = min(b.batch if change.batch is None else change.batch, len(rows.x))
    clip = b.clip if change.clip is None else change.clip
    b.shadow.load(b.start)
    shadow = b.shadow if change.model is None and not recorded else ShadowModel(b.shadow.net)
    with shadow.mode(True, dropout=True) as net:
        if change.model is not None:
            kinds = {p.dtype for p in net.parameters()}
            net = change.model(net)
            if len(kinds) == 1:  # layers that were added are made in single precision
                net = net.to(kinds.pop())
        ours = optimizer_for(b, net, change, habits)
        recorder = None
        if recorded:
            validation = None if rows.xv is None else (rows.xv, rows.yv)
            recorder = Recorder(net, ours, loss=loss, train=(rows.x, rows.y), validation=validation)
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
                    run_backward(-value if "negated" in habits else value)
                    if clip < math.inf:
                        nn.utils.clip_grad_norm_(net.parameters(), clip)
                    if "no_step" not in habits:
                        ours.step()
            if recorder is not None:
                recorder.step(value, inputs=x, targets=y, outputs=out)
            if not finite:
                break
            if left == b.steps:
                left = min(b.steps, math.ceil(MOST_SECONDS / first.seconds))
            left -= 1
        if recorder is not None and rows.xv is not None:
            net.train("train_mode" in habits)
            with torch.no_grad():
                recorder.epoch(validation_loss=float(loss(judged_output(net(rows.xv)), rows.yv)))
    return Replayed(shadow, rows, recorder)


def optimizer_for(b: Beginning, net: nn.Module, change: Change, habits: frozenset[str]) -> Any:
    """Return an optimizer like the user's for the copy."""
    owned: list[Tensor] = [
        p
        for n, p in net.named_parameters()
        if p.requires_grad and ("old_model" not in habits or n in b.owned)
    ]
    owned = owned or [torch.zeros(1, requires_grad=True)]  # as of a model that was copied
    if change.optimizer is not None:
        return change.optimizer(owned)
    kind = cast("Any", type(b.optimizer))
    known = inspect.signature(kind.__init__).parameters
    group = b.optimizer.param_groups[0]
    options = {k: v for k, v in group.items() if k in known and k != "params"}
    ours = kind(owned, **{**options, "lr": b.rate * change.rate, **change.settings})
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
