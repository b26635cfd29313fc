"""Replays: how long they are is a matter of what they compute, not of the clock."""

from typing import Any

import pytest

torch = pytest.importorskip("torch")
from torch import nn  # noqa: E402

from whygrad.doctor.observe.shadow import ShadowModel  # noqa: E402
from whygrad.doctor.remedies import replay  # noqa: E402
from whygrad.doctor.remedies.change import Change, RunRows  # noqa: E402


def steps_of(model: nn.Module, rows: int = 64, batch: int = 32) -> int:
    shadow, asked = ShadowModel(model), 0

    def loss(z: Any, y: Any) -> Any:
        nonlocal asked
        asked += 1
        return nn.functional.mse_loss(z, y)

    start = {n: p.detach().clone() for n, p in model.named_parameters()}
    x, y = torch.randn(rows, 64), torch.randn(rows, 64)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    rows = RunRows(x, y)
    beginning = replay.Beginning(shadow, start, optimizer, {}, 0.1, rows, loss, batch, 250)
    replay.replay(beginning, Change())
    return asked


def test_what_is_computed_is_counted() -> None:
    with replay.Work() as work:
        torch.ones(3, 4) @ torch.ones(4, 5)
    assert work.flops == 2 * 3 * 4 * 5
    assert work.ops == 3


def test_a_small_network_is_replayed_to_the_end_and_a_large_one_is_cut_off() -> None:
    assert steps_of(nn.Linear(64, 64)) == 250
    large = nn.Sequential(nn.Linear(64, 4096), nn.Linear(4096, 64))
    cut = steps_of(large)
    assert cut == steps_of(large)
    assert 5 < cut < 250
