"""Scripts as people write them: what the doctor finds in them by itself."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from rich.console import Console

torch = pytest.importorskip("torch")
from torch import nn  # noqa: E402

from whygrad.cli.commands import whygrad  # noqa: E402
from whygrad.cli.doctor import Beside, sparkline  # noqa: E402
from whygrad.doctor import Finding, Report  # noqa: E402
from whygrad.doctor.script import run_script, traced  # noqa: E402
from whygrad.doctor.tracer import ScriptTracer  # noqa: E402

HEAD = """
import torch
from torch import nn
from torch.nn import functional as F
torch.manual_seed(0)
centres = 3 * torch.randn(3, 4)
y = torch.randint(0, 3, (384,))
x = centres[y] + torch.randn(384, 4)
model = nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Linear(16, 3))
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
"""


@pytest.fixture
def play(tmp_path: Path) -> Any:
    def run(text: str, head: str = HEAD) -> Report:
        path = tmp_path / "train.py"
        path.write_text(head + text, encoding="utf-8")
        return run_script(path, (), lambda *_: None)

    return run


def causes(report: Report) -> list[str]:
    return [finding.cause for finding in report.findings]


def test_all_is_put_back() -> None:
    owners = [(nn.Module, "__call__"), (nn.Module, "__init__"),
              (torch.autograd, "backward"), (threading.Thread, "start"),
              (torch.optim.Optimizer, "__init__"), (torch.amp.GradScaler, "scale")]  # fmt: skip
    before = [getattr(owner, name) for owner, name in owners]
    with traced(ScriptTracer(lambda *_: None)):
        assert all(getattr(o, n) is not old for (o, n), old in zip(owners, before, strict=True))
    assert [getattr(owner, name) for owner, name in owners] == before


@contextmanager
def another_training() -> Iterator[None]:
    """Another network is trained in a thread, without zero_grad and with steps of its own."""
    random = torch.Generator().manual_seed(1)
    x, w = torch.randn(64, 4, generator=random), torch.randn(4, 3, generator=random)
    model, over = nn.Linear(4, 3), threading.Event()
    begun = threading.Barrier(2)

    def train() -> None:
        optimizer = torch.optim.SGD(model.parameters(), lr=1e-4)
        while not over.is_set():
            nn.functional.cross_entropy(model(x), (x @ w).argmax(1)).backward()
            optimizer.step()
            with torch.no_grad():
                assert (model(x).argmax(1) == (x @ w).argmax(1)).ndim == 1
            if not begun.broken and begun.n_waiting:
                begun.wait()

    thread = threading.Thread(target=train)
    thread.start()
    try:
        begun.wait()
        yield
    finally:
        over.set()
        begun.abort()
        thread.join()


LOOP = """
xv, yv = x[:64] + 0.1, y[:64]
for epoch in range(6):
    for rows in torch.randperm(384).split(32):
        optimizer.zero_grad()
        F.cross_entropy(model(x[rows]), y[rows]).backward()
        optimizer.step()
    with torch.no_grad():
        print((model(xv).argmax(1) == yv).float().mean())
"""


def test_a_training_in_another_thread_is_not_the_scripts(play: Any) -> None:
    with another_training():
        report = play(LOOP)
    assert causes(report) == []
    assert (report.iterations, report.notes) == (72, ())
    assert report.measurements is not None
    assert report.measurements.losses == play(LOOP).measurements.losses


def test_a_script_that_trains_in_a_thread_of_its_own_is_watched_there(play: Any) -> None:
    body = "".join(f"    {line}\n" for line in LOOP.strip().splitlines())
    report = play(f"""
import threading
other = nn.Linear(4, 3)
def idle():
    while worker.is_alive():
        other(x).sum()
def train():
    global x, y
{body}
worker = threading.Thread(target=train)
busy = threading.Thread(target=idle)
worker.start(); busy.start(); worker.join(); busy.join()
""")
    assert causes(report) == []
    assert (report.iterations, report.notes) == (72, ())


def test_a_loss_that_is_a_function_is_known_with_its_options(play: Any) -> None:
    loop = """
for epoch in range(6):
    for rows in torch.randperm(384).split(32):
        optimizer.zero_grad()
        loss = F.cross_entropy({outputs}, y[rows], label_smoothing=0.1)
        loss.backward()
        optimizer.step()
"""
    healthy = play(loop.format(outputs="model(x[rows])"))
    assert causes(healthy) == []
    assert healthy.verdict.startswith("uncertain: nothing was found in training")
    assert healthy.notes == ()
    assert causes(play(loop.format(outputs="model(x[rows]).softmax(1)"))) == ["double_softmax"]
    inside = loop.format(outputs="model(x[rows])").replace("optimizer.zero_grad()", "pass", 1)
    found = play(inside).findings[0]
    assert found.cause == "missing_zero_grad"
    line = (HEAD + inside).splitlines().index("        loss.backward()") + 1
    assert found.source.endswith(f"train.py:{line}")


def test_a_softmax_in_the_model_before_a_functional_loss(play: Any) -> None:
    report = play("""
model.append(nn.Softmax(1))
for epoch in range(6):
    for rows in torch.randperm(384).split(32):
        optimizer.zero_grad()
        F.cross_entropy(model(x[rows]), y[rows]).backward()
        optimizer.step()
""")
    assert causes(report)[0] == "double_softmax"


@pytest.mark.parametrize(
    ("loss", "cause"),
    [
        ("((model(x[rows]) - y[rows].float()) ** 2).mean()", "wrong_dimension"),
        ("((model(x[rows])[:, 0] - y[rows].float()) ** 2).mean()", None),
    ],
)
def test_a_loss_computed_by_hand_is_known_by_its_value(play: Any, loss: str, cause: Any) -> None:
    report = play(f"""
y = x[:, 0] - x[:, 1]
model = nn.Linear(4, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
for epoch in range(6):
    for rows in torch.randperm(384).split(32):
        optimizer.zero_grad()
        loss = {loss}
        loss.backward()
        optimizer.step()
""")
    assert causes(report) == ([cause] if cause else [])
    assert report.measurements is not None
    assert report.measurements.loss_name == ("" if cause else "mse")


def test_cross_entropy_by_hand_is_cross_entropy(play: Any) -> None:
    report = play("""
for epoch in range(6):
    for rows in torch.randperm(384).split(32):
        optimizer.zero_grad()
        out = model(x[rows])
        loss = -torch.log_softmax(out, 1)[torch.arange(len(rows)), y[rows]].mean()
        loss.backward()
        optimizer.step()
""")
    assert report.measurements is not None
    assert report.measurements.loss_name == "cross_entropy"
    assert report.measurements.scores.train > 0.9
    assert causes(report) == []


GAN = """
real = torch.randn(256, 2) * 0.5 + 2
class Generator(nn.Sequential): pass
class Discriminator(nn.Sequential): pass
g = Generator(nn.Linear(2, 16), nn.ReLU(), nn.Linear(16, 2))
d = Discriminator(nn.Linear(2, 16), nn.LeakyReLU(0.2), nn.Linear(16, 1))
og = torch.optim.Adam(g.parameters(), lr=1e-3)
od = torch.optim.Adam(d.parameters(), lr=1e-3)
ones, zeros = torch.ones(32, 1), torch.zeros(32, 1)
bce = nn.BCEWithLogitsLoss()
for step in range(80):
    fake = g(torch.randn(32, 2))
    od.zero_grad()
    loss = bce(d(real[torch.randint(256, (32,))]), ones) + bce(d(fake.detach()), zeros)
    loss.backward()
    od.step()
    og.zero_grad()
    bce(d(fake), ones).backward()
    og.step()
"""


def test_of_two_models_that_learn_from_each_other_each_has_a_report(play: Any) -> None:
    report = play(GAN)
    (other,) = report.others
    assert causes(report) == causes(other) == []
    assert (report.notes, other.notes) == ((), ())
    assert report.about.startswith("Discriminator (")
    assert other.about.startswith("Generator (")
    assert report.iterations == other.iterations == 80


def test_the_model_that_is_trained_is_watched_and_not_its_teacher(play: Any) -> None:
    report = play("""
teacher = nn.Linear(4, 3)
for epoch in range(3):
    for rows in torch.randperm(384).split(32):
        wanted = teacher(x[rows]).detach()
        loss = F.mse_loss(model(x[rows]), wanted)
        loss.backward()
        optimizer.step()
""")
    assert causes(report)[0] == "missing_zero_grad"
    assert {p.name for p in report.measurements.parameters} == {
        "0.weight", "0.bias", "2.weight", "2.bias"
    }  # fmt: skip


def test_two_optimizers_of_one_model_own_it_together(play: Any) -> None:
    report = play("""
first = torch.optim.SGD(model[0].parameters(), lr=0.1)
last = torch.optim.Adam(model[2].parameters(), lr=0.01)
for epoch in range(6):
    for rows in torch.randperm(384).split(32):
        first.zero_grad(), last.zero_grad()
        F.cross_entropy(model(x[rows]), y[rows]).backward()
        first.step(), last.step()
""", HEAD.replace("optimizer = ", "_ = lambda: "))  # fmt: skip
    assert causes(report) == []
    assert report.iterations == 72


def test_backward_that_is_never_called_is_seen(play: Any) -> None:
    report = play("""
for epoch in range(3):
    for rows in torch.randperm(384).split(32):
        optimizer.zero_grad()
        loss = F.cross_entropy(model(x[rows]), y[rows])
        optimizer.step()
""")
    assert causes(report)[0] == "missing_backward"


JUDGED = """
xv, yv = {rows}
for epoch in range(6):
    model.train()
    for rows in torch.randperm(len(x)).split(32):
        optimizer.zero_grad()
        F.cross_entropy(model(x[rows]), y[rows]).backward()
        optimizer.step()
    model.eval()
    {context}
        for rows in torch.arange(len(xv)).split(50):
            out = model(xv[rows])
            {judge}
"""
LOSS, COUNT = "loss = F.cross_entropy(out, yv[rows])", "good = (out.argmax(1) == yv[rows]).sum()"
FRESH = "centres[y] * 30 + torch.randn(384, 4), y"


@pytest.mark.parametrize("context", ["with torch.no_grad():", "if True:"])
@pytest.mark.parametrize("judge", [LOSS, COUNT])
def test_rows_that_are_judged_on_are_validation(play: Any, context: str, judge: str) -> None:
    report = play(JUDGED.format(rows=FRESH, context=context, judge=judge))
    assert causes(report) == ["train_val_preprocessing_mismatch"]
    assert report.measurements is not None
    assert len(report.measurements.validation_losses) == (6 if judge == LOSS else 0)


def test_training_rows_that_are_judged_are_no_validation(play: Any) -> None:
    report = play(JUDGED.format(rows="x, y", context="with torch.no_grad():", judge=LOSS))
    assert causes(report) == []
    assert report.measurements is not None
    assert report.measurements.validation_losses == ()


def test_a_scaled_loss_is_noted_as_it_was(play: Any) -> None:
    report = play("""
scaler = torch.amp.GradScaler("cpu")
for epoch in range(6):
    for rows in torch.randperm(384).split(32):
        optimizer.zero_grad()
        with torch.autocast("cpu", dtype=torch.bfloat16):
            loss = F.cross_entropy(model(x[rows]), y[rows])
        scaler.scale(loss).backward()
        scaler.step(optimizer)
        scaler.update()
""")
    assert causes(report) == []
    assert report.measurements is not None
    assert report.measurements.losses[0][1] < 20
    assert report.measurements.loss_name == "cross_entropy"


def test_on_a_terminal_it_is_seen_live_and_elsewhere_by_lines() -> None:
    found = (Finding("dead_relu", 0.8, "serious", "it is shut", where="2", source="net.py:7"),)

    def shown(terminal: bool) -> str:
        out = StringIO()
        with Beside(Console(file=out, force_terminal=terminal, width=80)) as beside:
            for n, loss in enumerate((3.0, float("nan"), 1.0), 1):
                beside.tell(n, loss, found if n == 3 else ())
        return out.getvalue()

    assert "iteration 3  loss 1  █▁" in shown(True)
    assert "80%  dead relu  net.py:7" in shown(True)
    assert "nothing found so far" in shown(True)
    assert shown(False) == "iteration 3: loss 1: dead relu\n"
    assert sparkline([]) == ""


@pytest.mark.parametrize("style", ["text", "json"])
def test_a_run_that_cannot_be_played_again_keeps_its_report(tmp_path: Path, style: str) -> None:
    loop = """
for rows in torch.randperm(384).split(32) * 4:
    optimizer.zero_grad()
    loss = (model(x[rows]) - 1).abs().pow(1.3).mean()
    loss.backward()
"""
    script = tmp_path / "train.py"
    script.write_text(HEAD + loop, encoding="utf-8")
    words = ["doctor", str(script), "--treat", "--format", style]
    done = CliRunner().invoke(whygrad, words)
    said = " ".join(done.output.split())
    assert "missing_optimizer_step" in said or "missing optimizer step" in said
    assert "this run cannot be played again" in said
    if style == "json":
        assert json.loads(done.stdout)["treatments"] == []
