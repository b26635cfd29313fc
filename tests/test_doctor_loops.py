"""Loops as practitioners write them: mixed precision, accumulation, groups, schedules, compiled."""

import copy
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")
from torch import nn  # noqa: E402

from whygrad.doctor import Doctor, Report  # noqa: E402

CE = nn.CrossEntropyLoss()
rng = np.random.default_rng(0)
LABELS = rng.integers(0, 3, 384)
X = torch.tensor(rng.normal(0, 3, (3, 4))[LABELS] + rng.normal(0, 1, (384, 4))).float()
Y = torch.tensor(LABELS)


def mlp(*more: nn.Module) -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(4, 16), nn.ReLU(), *more, nn.Linear(16, 3))


def played(
    model: nn.Module,
    optimizer: Any,
    *,
    watched: bool = True,
    kind: Any = None,
    scaled: bool = False,
    accumulate: int = 1,
    schedule: Any = None,
    clip: float | None = None,
    zero: bool = True,
    epochs: int = 6,
) -> tuple[Report | None, list[float]]:
    """Train, with all that is asked for; return the report and the losses."""
    optimizers = optimizer if isinstance(optimizer, list) else [optimizer]
    doctor = Doctor(model, optimizer, loss=CE, train=(X, Y)) if watched else None
    scaler = torch.amp.GradScaler("cpu", enabled=scaled)
    losses: list[float] = []
    order = torch.Generator().manual_seed(1)
    for _ in range(epochs):
        for n, rows in enumerate(torch.randperm(384, generator=order).split(32)):
            with torch.autocast("cpu", dtype=kind or torch.bfloat16, enabled=kind is not None):
                out = model(X[rows])
                loss = CE(out, Y[rows])
            scaler.scale(loss / accumulate).backward()
            if (n + 1) % accumulate == 0:
                for one in optimizers:
                    if clip is not None:
                        scaler.unscale_(one)
                        nn.utils.clip_grad_norm_(model.parameters(), clip)
                    scaler.step(one)
                    if zero:
                        one.zero_grad()
                scaler.update()
                if schedule is not None:
                    schedule.step()
            losses.append(float(loss.detach()))
            if doctor is not None:
                doctor.step(loss, inputs=X[rows], targets=Y[rows], outputs=out)
    if doctor is None:
        return None, losses
    report = doctor.report()
    doctor.close()
    return report, losses


def sgd(model: nn.Module, rate: float = 0.1) -> Any:
    return torch.optim.SGD(model.parameters(), lr=rate)


def groups(model: nn.Module) -> Any:
    named = list(model.named_parameters())
    return torch.optim.AdamW(
        [
            {"params": [p for n, p in named if "bias" in n], "weight_decay": 0.0, "lr": 0.02},
            {"params": [p for n, p in named if "bias" not in n]},
        ],
        lr=0.01,
    )


def two(model: Any) -> Any:
    return [sgd(model[0]), torch.optim.Adam(model[-1].parameters(), lr=0.01)]


LOOPS: dict[str, tuple[Any, dict[str, Any]]] = {
    "bf16": (sgd, {"kind": torch.bfloat16}),
    "bf16, scaled": (sgd, {"kind": torch.bfloat16, "scaled": True}),
    "fp16, scaled and clipped": (sgd, {"kind": torch.float16, "scaled": True, "clip": 1.0}),
    "accumulated": (sgd, {"accumulate": 4, "epochs": 12}),
    "accumulated and scaled": (sgd, {"accumulate": 3, "scaled": True, "epochs": 12}),
    "groups": (groups, {}),
    "two optimizers": (two, {}),
}


@pytest.mark.parametrize("name", LOOPS)
def test_a_sound_loop_is_healthy_and_the_same_with_a_doctor(name: str) -> None:
    make, how = LOOPS[name]
    model = mlp()
    other = copy.deepcopy(model)
    report, losses = played(model, make(model), **how)
    assert played(other, make(other), watched=False, **how)[1] == losses
    assert report is not None
    assert [f.cause for f in report.findings] == []
    assert "nothing was found" in report.verdict
    assert report.notes == ()


# A scaler of float16 begins too high on purpose; without zero_grad() the infinity stays, and it
# never steps again.
@pytest.mark.parametrize("name", [name for name in LOOPS if not name.startswith("fp16")])
def test_a_missing_zero_grad_is_found_in_each(name: str) -> None:
    make, how = LOOPS[name]
    model = mlp()
    report, _ = played(model, make(model), zero=False, **how)
    assert report is not None
    assert report.findings[0].cause == "missing_zero_grad"


@pytest.mark.parametrize(
    "make",
    [
        lambda o: torch.optim.lr_scheduler.OneCycleLR(o, 0.2, total_steps=80),
        lambda o: torch.optim.lr_scheduler.CosineAnnealingLR(o, 72),
        lambda o: torch.optim.lr_scheduler.LambdaLR(o, lambda n: min(1.0, (n + 1) / 10)),
    ],
    ids=["one cycle", "cosine to 0", "warm-up"],
)
def test_a_schedule_that_does_its_work_is_no_fault(make: Any) -> None:
    model = mlp()
    optimizer = sgd(model)
    report, _ = played(model, optimizer, schedule=make(optimizer))
    assert report is not None
    assert "nothing was found" in report.verdict


def test_a_schedule_that_stops_too_early_is_named() -> None:
    model = mlp()
    optimizer = sgd(model, 1e-3)
    schedule = torch.optim.lr_scheduler.ExponentialLR(optimizer, 0.8)
    report, _ = played(model, optimizer, schedule=schedule, epochs=40)
    assert report is not None
    found = report.findings[0]
    assert (found.cause, found.where) == ("learning_rate_too_low", "the schedule")


def test_a_model_in_half_precision_does_not_depend_on_the_batch() -> None:
    model = mlp().bfloat16()
    optimizer = sgd(model)
    rows, epochs = X.bfloat16(), 8
    with Doctor(model, optimizer, loss=CE, train=(rows, Y)) as doctor:
        for _ in range(epochs):
            for take in torch.randperm(384).split(32):
                optimizer.zero_grad()
                out = model(rows[take])
                loss = CE(out, Y[take])
                loss.backward()
                optimizer.step()
                doctor.step(loss, inputs=rows[take], targets=Y[take], outputs=out)
        report = doctor.report()
    assert [f.cause for f in report.findings] == []
    assert report.notes == ()


@pytest.mark.slow
def test_a_compiled_model_is_healthy_when_it_is() -> None:
    model = mlp(nn.Dropout(0.1))
    compiled = torch.compile(model, backend="eager")
    report, _ = played(compiled, sgd(compiled))
    assert report is not None
    assert "nothing was found" in report.verdict
    assert report.notes == ()
