"""What is observed and concluded depends on counts alone: no clock, and no generator is moved."""

import itertools
import math
import random
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")
from torch import nn  # noqa: E402

from whygrad.doctor import Doctor, Finding, Report  # noqa: E402
from whygrad.doctor.observe.schedule import ALWAYS, COST, SHARE, AuditSchedule  # noqa: E402
from whygrad.doctor.script import run_script, traced  # noqa: E402
from whygrad.doctor.tracer import FIRST_LOOK, LOOK_ROWS, LOOK_SHARE, ScriptTracer  # noqa: E402

CE = nn.CrossEntropyLoss()
CLOCKS = ("perf_counter", "monotonic", "time", "process_time")


def clock(seconds: float) -> Callable[[], float]:
    """A clock on which so many seconds pass from one look at it to the next."""
    ticks = itertools.count()
    return lambda: seconds * next(ticks)


def rows() -> tuple[Any, Any]:
    draw = torch.Generator().manual_seed(0)
    x = torch.randn(256, 4, generator=draw)
    return x, (x[:, 0] * x[:, 1] > 0).long()


class Noisy(nn.Module):
    """Draws from all three generators in its forward pass."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.layers = nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Dropout(0.2), nn.Linear(16, 2))

    def forward(self, x: Any) -> Any:
        return self.layers(x * (1 + 1e-3 * (random.random() + np.random.random())))


def trained(
    model: nn.Module, iterations: int, doctor: Any = None, zero: bool = True
) -> list[float]:
    x, y = rows()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    doctor = doctor and doctor(model, optimizer, x, y)
    losses: list[float] = []
    for n in range(iterations):
        take = slice(32 * (n % 8), 32 * (n % 8) + 32)
        if zero:
            optimizer.zero_grad()
        out = model(x[take])
        loss = CE(out, y[take])
        loss.backward()
        optimizer.step()
        losses.append(float(loss.detach()))
        if doctor is not None:
            doctor.step(loss, inputs=x[take], targets=y[take], outputs=out)
            if n == iterations // 2:
                assert doctor.findings is not None
    if doctor is not None:
        report = doctor.report()
        for finding in report.findings[:1]:
            report.treat(finding, seeds=1)
        doctor.close()
    return losses


@pytest.mark.parametrize("slow", [0.01, 1.0, 100.0])
def test_audits_and_findings_are_the_same_on_a_slower_clock(
    monkeypatch: pytest.MonkeyPatch, slow: float
) -> None:
    def examined(seconds: float) -> tuple[Any, Report]:
        for name in CLOCKS:
            monkeypatch.setattr(time, name, clock(seconds))
        made: list[Doctor] = []

        def doctor(model: Any, optimizer: Any, x: Any, y: Any) -> Doctor:
            made.append(Doctor(model, optimizer, loss=CE, train=(x, y)))
            return made[0]

        torch.manual_seed(1)
        net = nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Linear(16, 2))
        trained(net, 400, doctor, zero=False)
        return made[0].audits, made[0].report()

    (audits, report), (others, other) = examined(1e-3), examined(1e-3 * slow)
    assert audits == others
    assert [audit.step for audit in audits] == [1, 2, 3, 192, 384]
    assert report.findings == other.findings
    assert report.findings[0].cause == "missing_zero_grad"
    assert report.measurements == other.measurements


@pytest.mark.parametrize("zero", [True, False])
def test_generators_are_left_as_they_were(zero: bool) -> None:
    def play(doctor: Any) -> Any:
        model = Noisy()
        for seed in (torch.manual_seed, np.random.seed, random.seed):
            seed(7)
        losses = trained(model, 60, doctor, zero)
        state = np.random.get_state()
        return (
            losses,
            torch.get_rng_state().tolist(),
            random.getstate(),
            state[1].tolist(),
            state[2],
        )

    def doctor(model: Any, optimizer: Any, x: Any, y: Any) -> Doctor:
        return Doctor(model, optimizer, loss=CE, train=(x, y), validation=(x[:64], y[:64]))

    assert play(None) == play(doctor)


# --- which iterations ---------------------------------------------------------------------------


def audited(iterations: int, steps_every: int = 1) -> list[int]:
    schedule, found = AuditSchedule(), []
    schedule.audits = 1  # the first iteration's
    for coming in range(2, iterations + 1):
        stepped = (coming - 1) % steps_every == 0
        if schedule.begins(coming, stepped, coming > steps_every):
            found.append(coming)
            schedule.audits += 1
    return found


def test_audits_are_at_twice_the_iteration_of_the_one_before_where_the_run_affords_them() -> None:
    assert audited(4000) == [2, 3, 192, 384, 768, 1536, 3072]
    assert len(audited(100_000)) < 15


def test_audits_cost_no_more_than_their_share_of_the_iterations() -> None:
    found = audited(20_000)
    for n in range(1000, 20_000, 1000):
        paid = sum(at <= n for at in found) - (ALWAYS - 1)
        assert paid * COST <= SHARE * n


def test_where_gradients_are_added_up_one_audit_follows_a_step() -> None:
    found = audited(40, steps_every=4)
    assert any((n - 1) % 4 == 0 for n in found)
    assert all((n - 1) % 4 == 0 for n in found if n > ALWAYS)


# --- a script -----------------------------------------------------------------------------------

SCRIPT = """
import torch
from torch import nn
torch.manual_seed(0)
x = torch.randn(256, 4)
y = (x[:, 0] * x[:, 1] > 0).long()
model = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 2))
optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
for n in range(ITERATIONS):
    rows = torch.arange(256)[32 * (n % 8) :][:32]
    optimizer.zero_grad()
    nn.functional.cross_entropy(model(x[rows]), y[rows]).backward()
    optimizer.step()
"""


def lines_shown(path: Path, iterations: int, seconds: float) -> tuple[list[int], ScriptTracer]:
    shown: list[int] = []

    def progress(iteration: int, loss: float, findings: tuple[Finding, ...]) -> None:
        shown.append(iteration)

    tracer = ScriptTracer(progress, clock(seconds))
    with traced(tracer):
        exec(SCRIPT.replace("ITERATIONS", str(iterations)), {"__name__": "__main__"})
    tracer.iterated()
    return shown, tracer


def test_only_what_is_shown_depends_on_the_clock(tmp_path: Path) -> None:
    second = math.ceil(LOOK_ROWS / LOOK_SHARE / 32)
    enough = second + 2
    slow, fast = (lines_shown(tmp_path, enough, seconds) for seconds in (0.5, 1e-6))
    assert slow[1].looks == fast[1].looks == 2
    assert slow[1].findings == fast[1].findings
    assert slow[0] == [*range(1, enough + 1)]
    assert fast[0] == [1, FIRST_LOOK, second]
    both = [tracer.doctor for _, tracer in (slow, fast)]
    assert both[0] is not None
    assert both[1] is not None
    assert both[0].audits == both[1].audits
    for doctor in both:
        doctor.close()


def test_a_script_reads_its_findings_first_after_a_few_iterations(tmp_path: Path) -> None:
    path, read = tmp_path / "train.py", []
    path.write_text(SCRIPT.replace("ITERATIONS", "20").replace("    optimizer.zero_grad()\n", ""))
    run_script(path, (), lambda n, loss, found: read.append((n, found)))
    assert all(not found for n, found in read if n < FIRST_LOOK)
    assert dict(read)[FIRST_LOOK]
