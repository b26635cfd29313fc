"""The gradient of PyTorch beside central differences."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import torch
from torch import nn

from whygrad.clinic.examinations.shown import (
    Fact,
    Facts,
    Pictures,
    no_pictures,
    run_of,
)
from whygrad.clinic.patient import Patient
from whygrad.doctor.measurements import Measurements
from whygrad.explain.display import number

NUDGE = 1e-6
NUDGED_ROWS, MOST_NUDGED = 32, 6  # rows, and tensors, the last ones of the network


def _nudge_facts(patient: Patient, measured: Measurements) -> Iterator[Fact]:
    """Nudge the first weights, on a copy, in double precision and evaluation mode."""
    run = run_of(patient)
    assert run.doctor is not None
    count, worst = 0, 0.0
    if bool(torch.isfinite(run.data.x).all()):
        net = copy.deepcopy(run.model).double().eval()
        net.load_state_dict(run.doctor.start, strict=False)
        x = run.data.x[:NUDGED_ROWS].double()
        y = run.data.y[:NUDGED_ROWS]
        y = y.double() if y.is_floating_point() else y
        loss = copy.deepcopy(run.setup.loss)
        loss = loss.double() if isinstance(loss, nn.Module) else loss
        weights = [p for p in net.parameters() if p.requires_grad]
        value = loss(net(x), y)
        if weights and value.requires_grad and bool(torch.isfinite(value)):
            slopes = torch.autograd.grad(value, weights, allow_unused=True)
            count, worst = _nudged(lambda: float(loss(net(x), y)), weights, slopes)
    yield _agrees(count, worst)


@torch.no_grad()
def _nudged(
    loss: Callable[[], float], weights: Sequence[Any], slopes: Sequence[Any]
) -> tuple[int, float]:
    """Return how many weights were nudged, and the largest difference next to the gradient."""
    count, worst = 0, 0.0
    for weight, slope in zip(weights[-MOST_NUDGED:], slopes[-MOST_NUDGED:], strict=True):
        flat = weight.view(-1)
        size = 0.0 if slope is None else float(slope.abs().max())
        if size < 1e-9:
            continue
        assert slope is not None
        for place in {0, len(flat) // 2, len(flat) - 1}:
            kept, ends = float(flat[place]), list[float]()
            for sign in (1, -1):
                flat[place] = kept + sign * NUDGE
                ends.append(loss())
            flat[place] = kept
            rate = (ends[0] - ends[1]) / (2 * NUDGE)
            count += 1
            worst = max(worst, abs(rate - float(slope.view(-1)[place])) / size)
    return count, worst


def _agrees(count: int, worst: float) -> Fact:
    says = (
        f"{count} weights were nudged to either side: the loss moves at the rate that backward "
        f"says, to within {number(worst)} of the largest."
        if count
        else "There was nothing to nudge: no weight has a finite rate other than 0 here."
    )
    usual = "To within about 1e−6. PyTorch works derivatives out itself."
    return Fact("nudges.agree", says, usual, worst > 0.01, ("wrong_backward",))


SHOWS: Mapping[str, tuple[Facts, Pictures]] = {
    "nudges": (_nudge_facts, no_pictures),
}
