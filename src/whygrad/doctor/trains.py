# pyright: basic
# PyTorch's own annotations are too loose for strict checking.
"""A check of a model for tests: on one batch, can it be trained at all?"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import nn

from whygrad.doctor.observe.generators import generators_restored, seed_generators
from whygrad.doctor.observe.shadow import copied, judged_output

Tensor = torch.Tensor
RATES = (1e-3, 1e-2, 1e-1)  # of Adam, tried until one makes the loss fall
FALLS = 0.9  # of its start, below which the loss has fallen
CLOSE = 1e-4  # of the outputs' size: differences below it may be rounding
ALONE = 4  # rows that are passed through by themselves


def assert_trains(
    model: nn.Module,
    batch: tuple[Any, Tensor],
    loss: Callable[..., Tensor],
    *,
    steps: int = 50,
) -> None:
    """Assert that a model can be trained on a batch, and that what it answers is a row's own.

    Checked are: every parameter that is to be trained gets a gradient that is finite; the loss
    falls by a tenth within `steps` updates of Adam, at one of three rates; in evaluation mode a row
    alone gets the answer that it gets in the batch, and the same rows get the same answer twice.
    Everything is done on a copy, and random generators are left as they were.

    Args:
        batch: inputs and targets, each of shape (rows, …).
        loss: of outputs and targets.

    Raises:
        AssertionError: with all that does not hold, a line for each.

    >>> assert_trains(model, (x, y), nn.CrossEntropyLoss())  # doctest: +SKIP
    """
    x, y = batch
    with generators_restored(), torch.enable_grad():
        faults = [*_gradients(model, x, y, loss), *_falls(model, x, y, loss, steps)]
        faults += _answers(model, x)
    assert not faults, "this model does not train as it should:\n" + "\n".join(
        f"  - {fault}" for fault in faults
    )


def _gradients(model: nn.Module, x: Any, y: Tensor, loss: Callable[..., Tensor]) -> Iterator[str]:
    net = copied(model).train()
    seed_generators(0)
    value = loss(judged_output(net(x)), y)
    if not value.requires_grad:
        yield "the loss has no graph: no parameter can get a gradient"
        return
    net.zero_grad()
    value.backward()
    trained = {n: p for n, p in net.named_parameters() if p.requires_grad}
    without = [n for n, p in trained.items() if p.grad is None or not bool(p.grad.any())]
    broken = [
        n for n, p in trained.items() if p.grad is not None and not bool(p.grad.isfinite().all())
    ]
    if without:
        yield f"no gradient reaches {', '.join(without)}"
    if broken:
        yield f"the gradient of {', '.join(broken)} is not finite"


def _falls(
    model: nn.Module, x: Any, y: Tensor, loss: Callable[..., Tensor], steps: int
) -> Iterator[str]:
    reached: list[str] = []
    for rate in RATES:
        net = copied(model).train()
        trained = [p for p in net.parameters() if p.requires_grad]
        if not trained:
            yield "no parameter is to be trained"
            return
        seed_generators(0)
        optimizer = torch.optim.Adam(trained, lr=rate)
        values: list[float] = []
        for _ in range(steps):
            optimizer.zero_grad()
            value = loss(judged_output(net(x)), y)
            values.append(float(value.detach()))
            if not value.requires_grad or not math.isfinite(values[-1]):
                break
            value.backward()
            optimizer.step()
        if values[-1] < values[0] - (1 - FALLS) * abs(values[0]):
            return
        reached.append(f"from {values[0]:.4g} to {values[-1]:.4g} at {rate:g}")
    yield f"the loss does not fall on one batch in {steps} updates: {'; '.join(reached)}"


def _answers(model: nn.Module, x: Any) -> Iterator[str]:
    net = copied(model).eval()
    with torch.no_grad():
        seed_generators(0)
        once = judged_output(net(x))
        seed_generators(1)
        again = judged_output(net(x))
        size = max(float(once.abs().max()), 1e-12)
        if float((once - again).abs().max()) > CLOSE * size:
            yield "in evaluation mode the same rows get another answer each time"
            return
        if not isinstance(x, Tensor) or len(once) != len(x):
            return
        alone = torch.cat([judged_output(net(x[n : n + 1])) for n in range(min(ALONE, len(x)))])
        if alone.shape != once[: len(alone)].shape:
            yield "a row alone gets an answer of another shape"
        elif float((alone - once[: len(alone)]).abs().max()) > CLOSE * size:
            yield "in evaluation mode a row's answer depends on the rows beside it"
