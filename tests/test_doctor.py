"""The doctor at a run: what it says, and that it leaves the run as it found it."""

import copy
import gc
import json
import pickle
import subprocess
import sys
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")
from click.testing import CliRunner  # noqa: E402
from torch import nn  # noqa: E402

from whygrad.cli.commands import whygrad  # noqa: E402
from whygrad.doctor import Doctor, Report, check_backward  # noqa: E402
from whygrad.doctor.observe.loss_log import MOST as MOST_LOSSES  # noqa: E402
from whygrad.doctor.observe.losses import recognise  # noqa: E402
from whygrad.doctor.observe.recorder import MOST_ROWS  # noqa: E402
from whygrad.doctor.script import run_script  # noqa: E402
from whygrad.errors import GradientError, WhygradError  # noqa: E402

BCE = nn.BCEWithLogitsLoss()
CE = nn.CrossEntropyLoss()


def blobs(n: int = 300, classes: int = 3) -> tuple[Any, Any]:
    rng = np.random.default_rng(0)
    labels = rng.integers(0, classes, n)
    centres = rng.normal(0, 3, (classes, 4))
    x = centres[labels] + rng.normal(0, 1, (n, 4))
    return torch.tensor(x, dtype=torch.float32), torch.tensor(labels)


X, Y = blobs()


def mlp(*more: nn.Module, hidden: int = 16) -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(4, hidden), nn.ReLU(), *more, nn.Linear(hidden, 3))


def train(
    model: nn.Module,
    optimizer: Any,
    doctor: Doctor | None,
    epochs: int = 6,
    loss_of: Callable[..., Any] = CE,
    zero: bool = True,
    step: bool = True,
    given: bool = True,
) -> list[float]:
    losses: list[float] = []
    order = torch.Generator().manual_seed(1)
    for _ in range(epochs):
        for rows in torch.randperm(len(X), generator=order).split(32):
            if zero:
                optimizer.zero_grad()
            out = model(X[rows])
            loss = loss_of(out, Y[rows])
            loss.backward()
            if step:
                optimizer.step()
            losses.append(float(loss.detach()))
            if doctor is not None:
                more = {"inputs": X[rows], "targets": Y[rows], "outputs": out} if given else {}
                doctor.step(loss, **more)
    return losses


def examined(model: nn.Module, rate: float = 0.1, **how: Any) -> Report:
    optimizer = torch.optim.SGD(model.parameters(), lr=rate)
    with Doctor(model, optimizer, loss=CE, train=(X, Y), validation=(X[:0], Y[:0])) as doctor:
        train(model, optimizer, doctor, **how)
        return doctor.report()


def causes(report: Report) -> list[str]:
    return [finding.cause for finding in report.findings]


# --- it leaves the run as it found it -----------------------------------------------------------


@pytest.mark.parametrize("layer", [nn.Dropout(0.5), nn.BatchNorm1d(16), nn.Identity()])
def test_losses_are_the_same_bit_for_bit_with_and_without(layer: nn.Module) -> None:
    def play(watched: bool) -> tuple[list[float], Any, Any]:
        model = mlp(copy.deepcopy(layer))
        optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
        torch.manual_seed(7)
        doctor = Doctor(model, optimizer, loss=CE, train=(X, Y)) if watched else None
        losses = train(model, optimizer, doctor)
        if doctor is not None:
            assert doctor.findings is not None
            doctor.report()
            assert doctor.notes == []
        losses += train(model, optimizer, doctor, epochs=1)
        return losses, model.state_dict(), torch.get_rng_state()

    plain, watched = play(False), play(True)
    assert plain[0] == watched[0]
    assert all(torch.equal(a, watched[1][name]) for name, a in plain[1].items())
    assert torch.equal(plain[2], watched[2])


def test_hooks_are_gone_at_the_end_and_the_model_can_be_pickled_meanwhile() -> None:
    gc.collect()  # other tests' doctors
    model = mlp(nn.Dropout(0.1))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    everywhere = nn.modules.module._global_forward_pre_hooks
    before = len(everywhere)
    doctor = Doctor(model, optimizer, loss=CE)
    train(model, optimizer, doctor, epochs=1)
    again = pickle.loads(pickle.dumps(model))
    copy.deepcopy(model)
    assert all(
        torch.equal(a, b) for a, b in zip(model.parameters(), again.parameters(), strict=True)
    )
    pickle.dumps(optimizer.state_dict())
    doctor.close()
    assert len(everywhere) == before
    assert not optimizer._optimizer_step_pre_hooks
    assert not optimizer._optimizer_step_post_hooks
    assert not any(m._forward_hooks or m._forward_pre_hooks for m in model.modules())
    assert not any(p._backward_hooks for p in model.parameters())
    seen = doctor.iterations
    train(model, optimizer, doctor, epochs=1)
    assert doctor.iterations == seen


def test_no_graph_is_kept_alive() -> None:
    model = mlp()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    doctor = Doctor(model, optimizer, loss=CE)
    kept = []
    for _ in range(3):
        optimizer.zero_grad()
        out = model(X)
        loss = CE(out, Y)
        loss.backward()
        optimizer.step()
        doctor.step(loss, inputs=X, targets=Y, outputs=out)
        kept += [weakref.ref(out), weakref.ref(loss)]
        del out, loss
    gc.collect()
    assert not any(ref() is not None for ref in kept)


def test_what_it_keeps_is_bounded() -> None:
    model = mlp()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.0)
    doctor = Doctor(model, optimizer)
    for _ in range(3 * MOST_LOSSES):
        doctor.step(1.0)
    assert len(doctor.losses) < MOST_LOSSES
    assert doctor.losses[-1][1] == 1.0
    train(model, optimizer, doctor, epochs=3)
    assert sum(len(y) for _, y in doctor.seen) <= MOST_ROWS + 32
    assert len(doctor.audits) < 30


def test_its_failures_are_notes_and_never_the_runs() -> None:
    model = mlp()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)

    def broken(*_: Any) -> Any:
        raise RuntimeError("this loss is broken")

    doctor = Doctor(model, optimizer, loss=broken, train=(X, Y))
    losses = train(model, optimizer, doctor)
    assert losses[-1] < losses[0]
    report = doctor.report()
    assert any("this loss is broken" in note for note in report.notes)
    doctor.step("not a number")
    assert any("step" in note for note in doctor.notes)


# --- what it says -------------------------------------------------------------------------------


def test_a_healthy_run_is_healthy() -> None:
    report = examined(mlp())
    assert causes(report) == []
    assert report.verdict.startswith("uncertain: nothing was found in training, and no rows")


def test_with_only_model_and_optimizer_it_is_uncertain_rather_than_wrong() -> None:
    model = mlp()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    with Doctor(model, optimizer) as doctor:
        assert "uncertain" in doctor.report().verdict
        train(model, optimizer, doctor, given=False)
        report = doctor.report()
    assert causes(report) == []
    assert "uncertain" in report.verdict


@pytest.mark.parametrize(
    ("last", "loss", "targets"),
    [
        (3, CE, torch.eye(3)[Y]),
        (3, nn.CrossEntropyLoss(label_smoothing=0.1), Y),
        (3, nn.CrossEntropyLoss(weight=torch.tensor([1.0, 2.0, 3.0])), Y),
        (4, nn.MSELoss(), X),
    ],
    ids=["one-hot", "smoothed", "weighted", "autoencoder"],
)
def test_other_targets_and_losses_are_no_fault(last: int, loss: Any, targets: Any) -> None:
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(4, 16), nn.Tanh(), nn.Linear(16, last))
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    with Doctor(model, optimizer, loss=loss, train=(X, targets)) as doctor:
        for _ in range(6):
            for rows in torch.arange(len(X)).split(30):
                optimizer.zero_grad()
                out = model(X[rows])
                value = loss(out, targets[rows])
                value.backward()
                optimizer.step()
                doctor.step(value, inputs=X[rows], targets=targets[rows], outputs=out)
        report = doctor.report()
    assert causes(report) == []
    assert report.notes == ()


def test_where_nothing_can_be_learned_it_is_uncertain() -> None:
    model, noise = mlp(), torch.randint(0, 3, (len(X),), generator=torch.Generator().manual_seed(3))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05)
    with Doctor(model, optimizer, loss=CE, train=(X, noise)) as doctor:
        for _ in range(40):
            optimizer.zero_grad()
            out = model(X)
            loss = CE(out, noise)
            loss.backward()
            optimizer.step()
            doctor.step(loss, inputs=X, targets=noise, outputs=out)
        report = doctor.report()
    assert causes(report) == []
    assert report.verdict.startswith("uncertain: no fault was found, but neither")


def test_missing_zero_grad() -> None:
    report = examined(mlp(), zero=False)
    assert causes(report) == ["missing_zero_grad"]
    assert report.findings[0].since == 2


def test_accumulation_over_batches_is_not_a_missing_zero_grad() -> None:
    model = mlp()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    with Doctor(model, optimizer, loss=CE, train=(X, Y)) as doctor:
        for _ in range(6):
            for n, rows in enumerate(torch.arange(len(X)).split(25)):
                out = model(X[rows])
                loss = CE(out, Y[rows])
                loss.backward()
                if n % 4 == 3:
                    optimizer.step()
                    optimizer.zero_grad()
                doctor.step(loss, inputs=X[rows], targets=Y[rows], outputs=out)
        assert "missing_zero_grad" not in causes(doctor.report())


def test_missing_step() -> None:
    assert causes(examined(mlp(), step=False))[0] == "missing_optimizer_step"


def test_double_softmax_by_module_or_by_function() -> None:
    class Shares(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.net = mlp()

        def forward(self, x: Any) -> Any:
            return torch.softmax(self.net(x), 1)

    for model in (nn.Sequential(mlp(), nn.Softmax(1)), Shares()):
        assert causes(examined(model))[0] == "double_softmax"


def test_a_rate_far_too_high_is_one_finding_with_what_it_did() -> None:
    report = examined(mlp(hidden=32), rate=300.0, epochs=10)
    assert causes(report)[0] == "learning_rate_too_high"
    assert "lr_down_100" in report.measurements.trials  # type: ignore[union-attr]


def test_a_doctor_that_is_forgotten_leaves_no_hook() -> None:
    gc.collect()
    everywhere = nn.modules.module._global_forward_pre_hooks
    before = len(everywhere)
    model = mlp(nn.Dropout(0.1))
    doctor = Doctor(model, torch.optim.SGD(model.parameters(), lr=0.1))
    assert len(everywhere) == before + 1
    del doctor
    gc.collect()
    assert len(everywhere) == before


@pytest.mark.slow
def test_a_compiled_model_is_seen_as_the_module_inside() -> None:
    gc.collect()  # other tests' doctors
    model = mlp(nn.Dropout(0.1))
    compiled = torch.compile(model, backend="eager")
    optimizer = torch.optim.SGD(compiled.parameters(), lr=0.1)
    with Doctor(compiled, optimizer, loss=CE, train=(X, Y)) as doctor:
        train(compiled, optimizer, doctor, zero=False)
        report = doctor.report()
    assert causes(report)[0] == "missing_zero_grad"
    assert report.notes == ()


def test_dropout_as_a_function_is_random_in_evaluation() -> None:
    class Noisy(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            torch.manual_seed(0)
            self.a, self.b = nn.Linear(4, 16), nn.Linear(16, 3)

        def forward(self, x: Any) -> Any:
            return self.b(nn.functional.dropout(torch.relu(self.a(x)), 0.3))

    assert causes(examined(Noisy())) == ["random_evaluation"]


def test_every_output_with_every_target_is_a_wrong_dimension() -> None:
    torch.manual_seed(0)
    model, wanted = nn.Linear(4, 1), X[:, 0] - X[:, 1]
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    with Doctor(model, optimizer, train=(X, wanted)) as doctor:
        for _ in range(30):
            optimizer.zero_grad()
            out = model(X)
            loss = ((out - wanted) ** 2).mean()
            loss.backward()
            optimizer.step()
            doctor.step(loss, inputs=X, targets=wanted, outputs=out)
        assert causes(doctor.report())[0] == "wrong_dimension"


def test_a_cut_graph_names_what_is_cut_off() -> None:
    class Cut(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            torch.manual_seed(0)
            self.encoder, self.head = nn.Linear(4, 2), nn.Linear(2, 3)

        def forward(self, x: Any) -> Any:
            return self.head(torch.tanh(self.encoder(x)).detach())

    (found, *_) = examined(Cut()).findings
    assert (found.cause, found.where) == ("graph_broken", "encoder.weight")


def test_a_report_can_be_read_in_three_ways(tmp_path: Path) -> None:
    report = examined(mlp(), zero=False)
    text = str(report)
    assert "missing zero grad" in text
    assert "would only mask it" in text
    json.dumps(report.to_dict())
    report.to_html(tmp_path / "report.html")
    page = (tmp_path / "report.html").read_text("utf-8")
    assert "<h2>missing zero grad</h2>" in page
    assert "<script" not in page


@pytest.mark.parametrize(
    ("loss", "name"),
    [
        (CE, "cross_entropy"),
        (lambda z, y: -torch.log_softmax(z, 1)[torch.arange(len(y)), y].mean(), "cross_entropy"),
        (nn.CrossEntropyLoss(reduction="sum"), "cross_entropy"),
        (lambda z, y: (z.sum() * 0) + 42.0, ""),
    ],
)
def test_a_loss_is_recognised_by_its_value(loss: Any, name: str) -> None:
    z = mlp()(X)
    assert recognise(float(loss(z, Y).detach()), z, Y)[0] == name


DISTRIBUTED = """
import sys, torch
from torch import nn
from whygrad.doctor import Doctor
rank, store = int(sys.argv[1]), sys.argv[2]
torch.distributed.init_process_group("gloo", init_method=f"file://{store}", rank=rank, world_size=2)
torch.manual_seed(rank)
x = torch.randn(64, 4)
y = (x[:, :1] > 0).float()
torch.manual_seed(0)
net = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 1))
net = nn.parallel.DistributedDataParallel(net)
optimizer, loss_of = torch.optim.SGD(net.parameters(), lr=0.5), nn.BCEWithLogitsLoss()
doctor = Doctor(net, optimizer, loss=loss_of, train=(x, y))
for _ in range(60):
    out = net(x)
    loss = loss_of(out, y)
    loss.backward()
    optimizer.step()
    doctor.step(loss, inputs=x, targets=y, outputs=out)
report = doctor.report()
print([f.cause for f in report.findings], list(report.notes))
torch.distributed.destroy_process_group()
"""


@pytest.mark.slow
def test_of_two_processes_the_first_reports(tmp_path: Path) -> None:
    script = tmp_path / "two.py"
    script.write_text(DISTRIBUTED, encoding="utf-8")
    ends = [
        subprocess.Popen(
            [sys.executable, str(script), str(rank), str(tmp_path / "store")],
            stdout=subprocess.PIPE,
            text=True,
        )
        for rank in (0, 1)
    ]
    first, second = (end.communicate(timeout=240)[0].strip() for end in ends)
    assert first == "['missing_zero_grad'] []"
    assert second == "[] ['this is rank 1 of a distributed run; rank 0 reports']"


# --- by hand, and scripts -----------------------------------------------------------------------


def squares(params: Any) -> float:
    return float((params["w"] ** 2).sum() + 3 * params["b"].sum())


PARAMS = {"w": np.arange(1.0, 7.0).reshape(2, 3), "b": np.zeros(2)}
RIGHT = {"w": 2 * PARAMS["w"], "b": np.full(2, 3.0)}


def test_a_right_backward_pass_is_healthy() -> None:
    assert check_backward(squares, RIGHT, PARAMS).findings == ()
    assert (
        check_backward(squares, lambda p: {"w": 2 * p["w"], "b": RIGHT["b"]}, PARAMS).findings == ()
    )


def test_a_wrong_backward_pass_is_named_by_its_worst_element() -> None:
    wrong = {**RIGHT, "w": RIGHT["w"].copy()}
    wrong["w"][1, 2] = 5.0
    (found,) = check_backward(squares, wrong, PARAMS).findings
    assert (found.cause, found.where) == ("wrong_backward", "w[1, 2]")
    assert found.evidence["difference"] == pytest.approx(12, rel=1e-6)


def test_whole_numbers_as_parameters_are_named() -> None:
    whole = {name: array.astype(int) for name, array in PARAMS.items()}
    assert causes(check_backward(squares, RIGHT, whole)) == ["dtype_truncation"]


def test_a_gradient_of_another_shape_is_refused() -> None:
    with pytest.raises(GradientError, match="gives|shape"):
        check_backward(squares, {"w": RIGHT["w"].T, "b": RIGHT["b"]}, PARAMS)
    with pytest.raises(GradientError, match="no gradient for parameter 'b'"):
        check_backward(squares, {"w": RIGHT["w"]}, PARAMS)


SCRIPT = """
import torch
from torch import nn
torch.manual_seed(0)
x = torch.randn(256, 4)
y = (x[:, 0] * x[:, 1] > 0).long()
model = nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Linear(16, 2))
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
loss_fn = nn.CrossEntropyLoss()
for epoch in range(5):
    for rows in torch.randperm(256).split(32):
        loss = loss_fn(model(x[rows]), y[rows])
        {zero}
        loss.backward()
        optimizer.step()
"""


def test_a_script_is_examined_as_it_is(tmp_path: Path) -> None:
    path, call, told = tmp_path / "train.py", nn.Module.__call__, []
    path.write_text(SCRIPT.format(zero="pass"), encoding="utf-8")
    report = run_script(path, (), lambda n, loss, found: told.append(n))
    assert causes(report)[0] == "missing_zero_grad"
    assert report.iterations == 40
    assert told[:2] == [1, 8]
    assert nn.Module.__call__ is call
    path.write_text(SCRIPT.format(zero="optimizer.zero_grad()"), encoding="utf-8")
    assert "missing_zero_grad" not in causes(run_script(path, (), lambda *_: None))


def test_a_script_without_training_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "empty.py"
    path.write_text("print('hello')", encoding="utf-8")
    with pytest.raises(WhygradError, match="no training was seen"):
        run_script(path, (), lambda *_: None)
    with pytest.raises(WhygradError, match="there is no file"):
        run_script(tmp_path / "none.py", (), lambda *_: None)


def test_the_command_prints_its_report_and_writes_a_page(tmp_path: Path) -> None:
    path, page = tmp_path / "train.py", tmp_path / "report.html"
    path.write_text(SCRIPT.format(zero="pass"), encoding="utf-8")
    done = CliRunner().invoke(whygrad, ["doctor", str(path), "--html", str(page), "--treat"])
    assert done.exit_code == 0, done.output
    assert "1. missing zero grad" in done.stdout
    assert "missing zero grad" in done.stderr  # told while it ran
    assert "as it was" in done.stdout
    assert "cures" in done.stdout
    assert page.is_file()
    refused = CliRunner().invoke(whygrad, ["doctor", str(tmp_path / "none.py")])
    assert refused.exit_code == 2
    assert "there is no file" in refused.stderr


def test_torch_is_imported_only_for_the_doctor_itself() -> None:
    code = "import sys, whygrad.doctor as d; d.check_backward; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


# --- lines of the user's own program -------------------------------------------------------------


def test_a_finding_says_on_which_line_it_is() -> None:
    (found,) = examined(mlp(), zero=False).findings
    here = Path(__file__).read_text("utf-8").splitlines()
    file, _, line = found.source.rpartition(":")
    assert Path(file).name == Path(__file__).name
    assert here[int(line) - 1].strip() == "loss.backward()"


def test_a_layer_is_at_the_line_of_the_forward_pass_that_calls_it() -> None:
    class Shut(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            torch.manual_seed(0)
            self.a, self.b = nn.Linear(4, 16), nn.Linear(16, 3)
            nn.init.constant_(self.a.bias, -40.0)

        def forward(self, x: Any) -> Any:
            hidden = torch.relu(self.a(x))
            return self.b(hidden)

    found = [f for root in examined(Shut()).findings for f in (root, *root.consequences)]
    lines = {f.cause: f.source for f in found}
    here = Path(__file__).read_text("utf-8").splitlines()
    number = int(lines["bad_initialisation"].rpartition(":")[2])
    assert "self.a(x)" in here[number - 1]
