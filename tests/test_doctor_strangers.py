"""Code that nobody here wrote: it runs as if it were not watched, and what trains is found."""

import os
import random
import signal
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch")
import numpy as np  # noqa: E402
from click.testing import CliRunner  # noqa: E402
from torch import nn  # noqa: E402
from torch.nn import functional as F  # noqa: E402

from whygrad.bench import strangers  # noqa: E402
from whygrad.cli.commands import whygrad  # noqa: E402
from whygrad.doctor import Report, assert_trains, watching  # noqa: E402
from whygrad.doctor.script import report_of, run_script, watch  # noqa: E402
from whygrad.errors import WhygradError  # noqa: E402

FOLDER = Path(__file__).parent.parent / "bench" / "strangers"
HEAD = """
import torch
from torch import nn
from torch.nn import functional as F
torch.manual_seed(0)
centres = 3 * torch.randn(3, 4)
y = torch.randint(0, 3, (384,))
x = centres[y] + torch.randn(384, 4)
yv = torch.randint(0, 3, (96,))
xv = centres[yv] + torch.randn(96, 4)
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


# --- it never breaks, changes or keeps what is the user's ---

HOSTILE = """
class Hostile(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(4, 3)
        self.seen = []
    def __eq__(self, other): raise RuntimeError("compared")
    def __repr__(self): raise RuntimeError("printed")
    def __bool__(self): raise RuntimeError("asked whether it is true")
    def __len__(self): raise RuntimeError("counted")
    def __hash__(self):
        return id(self) + 1 if "layer" in self._modules else self.missing
    def __getattr__(self, name):
        if name.startswith("whygrad"): raise RuntimeError("asked for " + name)
        return super().__getattr__(name)
    def forward(self, x): return self.layer(x)
class Holder:
    def __deepcopy__(self, memo): raise RuntimeError("copied")
    __copy__ = __deepcopy__
model = Hostile()
model.holder = Holder()
optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
for epoch in range(4):
    for rows in torch.randperm(384).split(32):
        optimizer.zero_grad()
        loss = F.cross_entropy(model(x[rows]), y[rows])
        loss.backward()
        optimizer.step()
    with torch.no_grad():
        good = (model(xv).argmax(1) == yv).float().mean()
"""


def test_objects_of_the_users_are_not_hashed_compared_printed_or_copied(play: Any) -> None:
    report = play(HOSTILE)
    assert report.notes == ()
    assert report.iterations == 48
    assert report.verdict == "healthy: nothing was found"


PRINTS = """
import random
import numpy as np
random.seed(3); np.random.seed(3)
model = nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Dropout(0.2), nn.Linear(16, 3))
optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
told = []
for epoch in range(4):
    model.train()
    order = np.random.permutation(384)
    for n in range(0, 384, 32):
        rows = order[n:n + 32]
        loss = F.cross_entropy(model(x[rows]) * (1 + 0.01 * random.random()), y[rows])
        optimizer.zero_grad(); loss.backward(); optimizer.step()
        told.append(loss.item())
    model.eval()
    with torch.no_grad():
        told.append(F.cross_entropy(model(xv), yv).item())
told += [random.random(), np.random.rand(), torch.rand(1).item()]
Path(__file__).with_suffix(".told").write_text(repr(told))
"""


def test_what_a_script_computes_is_the_same_bit_for_bit(tmp_path: Path) -> None:
    path = tmp_path / "train.py"
    path.write_text("from pathlib import Path\n" + HEAD + PRINTS, encoding="utf-8")
    code = compile(path.read_text("utf-8"), str(path), "exec")
    exec(code, {"__file__": str(path)})
    alone = path.with_suffix(".told").read_text("utf-8")
    report_of(watch(path, (), lambda *_: None))
    assert path.with_suffix(".told").read_text("utf-8") == alone


def test_a_failure_of_the_tracers_is_one_note(play: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: Any) -> None:
        raise RuntimeError("mishap")

    monkeypatch.setattr("whygrad.doctor.tracer.ScriptTracer.recipe", fails)
    with pytest.raises(WhygradError, match="no training was seen"):
        play(LOOP)
    monkeypatch.undo()
    monkeypatch.setattr("whygrad.doctor.tracer.ScriptTracer.learn", fails)
    report = play(LOOP)
    assert len([note for note in report.notes if "could not follow" in note]) == 1


def test_ctrl_c_ends_a_run_with_its_report(play: Any) -> None:
    report = play(LOOP + "raise KeyboardInterrupt")
    assert any("was stopped" in note for note in report.notes)
    assert report.iterations == 48
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler or os.name == "nt"


# --- it judges what the loss was given ---

MODEL = """
model = nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Linear(16, 3))
optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
"""
LOOP = f"""{MODEL}
for epoch in range(4):
    for rows in torch.randperm(384).split(32):
        optimizer.zero_grad()
        F.cross_entropy(model(x[rows]), y[rows]).backward()
        optimizer.step()
    with torch.no_grad():
        loss = F.cross_entropy(model(xv), yv)
"""
BINARY = """
y, yv = (y == 1).float(), (yv == 1).float()
model = nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Linear(16, 1))
optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
for epoch in range(6):
    for rows in torch.randperm(384).split(32):
        optimizer.zero_grad()
        F.{loss}({out}, y[rows]).backward()
        optimizer.step()
    with torch.no_grad():
        rows = slice(None)
        loss = F.{loss}({out}, y[rows]) if False else F.{loss}({judged}, yv)
"""


def binary(loss: str, out: str) -> str:
    judged = out.replace("x[rows]", "xv")
    return BINARY.format(loss=loss, out=out, judged=judged)


@pytest.mark.parametrize(
    ("loss", "out"),
    [
        ("binary_cross_entropy", "torch.sigmoid(model(x[rows])).flatten()"),
        ("binary_cross_entropy_with_logits", "model(x[rows]).squeeze(1)"),
        ("binary_cross_entropy_with_logits", "model.forward(x[rows])[:, 0]"),
    ],
)
def test_what_stands_between_model_and_loss_is_followed(play: Any, loss: str, out: str) -> None:
    report = play(binary(loss, out))
    assert report.verdict == "healthy: nothing was found"
    assert report.measurements.scores.train > 0.9
    assert len(report.measurements.validation_losses) == 6


def test_a_sigmoid_in_the_loop_before_a_loss_with_its_own_is_found(play: Any) -> None:
    loop = binary("binary_cross_entropy_with_logits", "torch.sigmoid(model(x[rows])).flatten()")
    assert causes(play(loop)) == ["wrong_loss_activation_pair"]


KEYWORDS = """
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.a, self.b = nn.Linear(2, 16), nn.Linear(2, 16)
        self.out = nn.Linear(16, 3)
    def forward(self, first, second=None):
        return {"logits": self.out(torch.relu(self.a(first) + self.b(second)))}
model = Net()
optimizer = torch.optim.Adam(model.parameters(), lr=0.02)
for epoch in range(4):
    for rows in torch.randperm(384).split(32):
        batch = {"x": x[rows], "y": y[rows]}
        out = model(batch["x"][:, :2], second=batch["x"][:, 2:])
        loss = F.cross_entropy(out["logits"], batch["y"])
        optimizer.zero_grad(); loss.backward(); optimizer.step()
    with torch.no_grad():
        loss = F.cross_entropy(model(xv[:, :2], second=xv[:, 2:])["logits"], yv)
"""


def test_keyword_arguments_and_outputs_in_a_dict_are_followed(play: Any) -> None:
    report = play(KEYWORDS)
    assert report.verdict == "healthy: nothing was found"
    assert report.measurements.features.columns == 4  # both inputs, side by side
    assert {p.name.partition(".")[0] for p in report.measurements.parameters} == {"model"}


APART = """
encoder = nn.Sequential(nn.Linear(4, 16), nn.ReLU())
head = nn.Linear(16, 3)
first = torch.optim.Adam(encoder.parameters(), lr=0.01)
last = torch.optim.Adam(head.parameters(), lr=0.01)
for epoch in range(4):
    for rows in torch.randperm(384).split(32):
        loss = F.cross_entropy(head(encoder(x[rows]){cut}), y[rows])
        first.zero_grad(); last.zero_grad()
        loss.backward()
        first.step(); last.step()
    with torch.no_grad():
        loss = F.cross_entropy(head(encoder(xv)), yv)
"""


def test_encoder_and_head_with_an_optimizer_each_are_one_training(play: Any) -> None:
    report = play(APART.format(cut=""))
    assert report.verdict == "healthy: nothing was found"
    assert report.others == ()
    names = {p.name for p in report.measurements.parameters}
    assert names == {"encoder.0.weight", "encoder.0.bias", "head.weight", "head.bias"}


SEQUENCES = """
seq = [1, 2]
while len(seq) < 2000: seq.append((3 * seq[-1] + seq[-2]) % 11)
tokens = torch.tensor(seq)
class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.emb, self.pos = nn.Embedding(11, 16), nn.Parameter(0.1 * torch.randn(12, 16))
        layer = nn.TransformerEncoderLayer(16, 2, 32, dropout=0.0, batch_first=True)
        self.enc = nn.TransformerEncoder(layer, 1, enable_nested_tensor=False)
        self.out = nn.Linear(16, 11)
    def forward(self, t):
        mask = nn.Transformer.generate_square_subsequent_mask(12)
        return self.out(self.enc(self.emb(t) + self.pos, mask={mask}))
model = Model()
optimizer = torch.optim.Adam(model.parameters(), lr=0.005)
for step in range(60):
    at = torch.randint(1900, (16, 1)) + torch.arange(12)
    logits = model(tokens[at])
    loss = F.cross_entropy(logits.reshape(-1, 11), tokens[at + {shift}].reshape(-1))
    optimizer.zero_grad(); loss.backward(); optimizer.step()
"""


@pytest.mark.parametrize(
    ("mask", "shift", "cause"),
    [("mask", 1, None), ("None", 1, "future_leak"), ("mask", 0, "labels_not_shifted")],
)
def test_a_language_model_sees_what_stands_before_alone(
    play: Any, mask: str, shift: int, cause: str | None
) -> None:
    found = causes(play(SEQUENCES.format(mask=mask, shift=shift)))
    assert found[:1] == ([cause] if cause else [])


# --- several trainings, and those that change with what they learn from ---


def test_each_of_several_trainings_has_its_report(play: Any) -> None:
    report = play(f"""
{MODEL}
for k in range(2):
    model = nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Linear(16, 3))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for rows in torch.randperm(384).split(32):
        if k == 0: optimizer.zero_grad()
        F.cross_entropy(model(x[rows]), y[rows]).backward()
        optimizer.step()
""")
    assert causes(report) == ["missing_zero_grad"]
    (other,) = report.others
    assert causes(other) == []
    assert str(report).count("After 12 iterations, of Sequential (") == 2


def test_gradients_that_another_optimizer_uses_are_not_stale(play: Any) -> None:
    report = play("""
g, d = nn.Linear(2, 2), nn.Linear(2, 1)
og, od = torch.optim.Adam(g.parameters(), lr=1e-3), torch.optim.Adam(d.parameters(), lr=1e-3)
ones, zeros = torch.ones(32, 1), torch.zeros(32, 1)
bce = nn.BCEWithLogitsLoss()
for step in range(60):
    fake = g(torch.randn(32, 2))
    od.zero_grad()
    (bce(d(x[:32, :2]), ones) + bce(d(fake.detach()), zeros)).backward()
    od.step()
    og.zero_grad()
    bce(d(fake), ones).backward()
    og.step()
""")
    reports = [report, *report.others]
    assert [causes(r) for r in reports] == [[], []]
    assert [r.iterations for r in reports] == [60, 60]
    assert all(r.verdict.startswith("uncertain") for r in reports)
    assert any("changes with what is trained" in r.verdict for r in reports)


# --- faults of the loop ---


def test_a_gradient_that_is_set_to_zero_before_the_step_is_found(play: Any) -> None:
    loop = LOOP.replace("        optimizer.zero_grad()\n", "").replace(
        "        optimizer.step()", "        optimizer.zero_grad()\n        optimizer.step()"
    )
    assert causes(play(loop)) == ["gradient_erased"]


STOPPING = f"""{MODEL}
import copy
xv, yv = xv[:64], yv[:64]
best, kept, losses = {{start}}, None, []
for epoch in range(6):
    for rows in torch.randperm(384).split(32):
        optimizer.zero_grad()
        F.cross_entropy(model(x[rows]), y[rows]).backward()
        optimizer.step()
    with torch.no_grad():
        loss = F.cross_entropy(model(xv), yv).item()
    if loss {{than}} best:
        best, kept = loss, copy.deepcopy(model.state_dict())
model.load_state_dict(kept)
"""


def test_stopping_that_keeps_the_worst_weights_is_found(play: Any) -> None:
    assert causes(play(STOPPING.format(start="-1.0", than=">"))) == ["early_stopping_reversed"]
    assert causes(play(STOPPING.format(start="1e9", than="<"))) == []


def test_rows_that_are_judged_and_were_trained_on_do_not_make_it_healthy(play: Any) -> None:
    report = play(LOOP.replace("model(xv), yv", "model(x), y"))
    assert report.verdict.startswith("uncertain: nothing was found in training, and all rows")
    report = play(LOOP.partition("    with torch.no_grad")[0])
    assert report.verdict.startswith("uncertain: nothing was found in training, and no rows")


# --- for a person ---


def test_a_block_is_watched_and_pytorch_is_put_back() -> None:
    torch.manual_seed(0)
    x = torch.randn(256, 4)
    y = (x[:, 0] > 0).long()
    model = nn.Linear(4, 2)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.5)  # made before the block
    before = nn.Module.__call__
    with watching() as run:
        for rows in torch.randperm(256).split(32) * 3:
            F.cross_entropy(model(x[rows]), y[rows]).backward()
            optimizer.step()
    assert nn.Module.__call__ is before
    assert causes(run.report()) == ["missing_zero_grad"]
    with watching() as run:
        pass
    with pytest.raises(WhygradError, match="no training was seen in this block"):
        run.report()


class Noisy(nn.Module):
    def forward(self, x: Any) -> Any:
        return x + torch.randn_like(x)


class Coupled(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layer, self.unused = nn.Linear(4, 2), nn.Linear(4, 2)

    def forward(self, x: Any) -> Any:
        return self.layer(x - x.mean(0))


def test_assert_trains_says_all_that_does_not_hold() -> None:
    torch.manual_seed(0)
    x, y = torch.randn(32, 4), torch.randint(0, 2, (32,))
    good = nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Linear(16, 2))
    before = [p.clone() for p in good.parameters()]
    states = random.getstate(), np.random.get_state()[1].tolist(), torch.get_rng_state()
    assert_trains(good, (x, y), F.cross_entropy)
    assert random.getstate() == states[0]
    assert np.random.get_state()[1].tolist() == states[1]
    assert torch.equal(torch.get_rng_state(), states[2])
    assert all(torch.equal(a, b) for a, b in zip(before, good.parameters(), strict=True))
    assert all(p.grad is None for p in good.parameters())
    with pytest.raises(AssertionError) as said:
        assert_trains(Coupled(), (x, y), F.cross_entropy)
    assert "no gradient reaches unused.weight, unused.bias" in str(said.value)
    assert "depends on the rows beside it" in str(said.value)
    noisy = nn.Sequential(nn.Linear(4, 2), Noisy())
    with pytest.raises(AssertionError, match="another answer each time"):
        assert_trains(noisy, (x, y), F.cross_entropy)
    with pytest.raises(AssertionError, match="has no graph"):
        assert_trains(good, (x, y), lambda z, t: F.cross_entropy(z.detach(), t))
    with pytest.raises(AssertionError, match="does not fall"):
        assert_trains(good, (x, y), lambda z, t: z.sum() * 0 + 1)
    with pytest.raises(AssertionError, match="no parameter is to be trained"):
        assert_trains(nn.Linear(4, 2).requires_grad_(False), (x, y), F.cross_entropy)


def test_a_page_that_cannot_be_written_is_refused_before_the_script_runs(tmp_path: Path) -> None:
    ran = tmp_path / "ran"
    script = tmp_path / "train.py"
    touched = f"import pathlib\npathlib.Path({str(ran)!r}).touch()\n"
    script.write_text(touched + HEAD + LOOP, encoding="utf-8")
    for page in (tmp_path, tmp_path / "none" / "report.html"):
        done = CliRunner().invoke(whygrad, ["doctor", str(script), "--html", str(page)])
        assert done.exit_code != 0
        assert "cannot be written" in done.output
    assert not ran.exists()
    page = tmp_path / "report.html"
    done = CliRunner().invoke(whygrad, ["doctor", str(script), "--html", str(page)])
    assert done.exit_code == 0, done.output
    assert "After 48 iterations: healthy" in done.stdout
    assert "healthy" in page.read_text("utf-8")


# --- the strangers' set ---


def test_every_stranger_says_what_it_is(tmp_path: Path) -> None:
    from whygrad.doctor import CAUSES

    found = strangers.scripts(FOLDER)
    assert sum(not s.fault for s in found) >= 40
    assert sum(bool(s.fault) for s in found) >= 60
    known = {*CAUSES, *strangers.UNKNOWN}
    assert {cause for s in found for cause in s.causes} <= known
    assert 0.25 < sum(s.aside for s in found) / len(found) < 0.45
    odd = tmp_path / "odd.py"
    odd.write_text("print(1)\n", "utf-8")
    with pytest.raises(ValueError, match="does not say what is wrong"):
        strangers.read(odd)


def test_a_stranger_is_run_twice_and_compared(tmp_path: Path) -> None:
    for name, more in (("good", ""), ("bad__x", "\nraise ValueError('mine')")):
        first = "# healthy: one\n" if name == "good" else "# fault: it ends\n# causes: x\n"
        (tmp_path / f"{name}.py").write_text(first + HEAD + LOOP + "print(loss)" + more, "utf-8")
    told: list[str] = []
    rows = strangers.run(strangers.scripts(tmp_path), {}, lambda row: told.append(row["name"]))
    assert sorted(told) == ["bad__x", "good"]
    outcomes = {row["name"]: strangers.outcome(row) for row in rows}
    assert outcomes == {"good": "healthy", "bad__x": "fails alone"}
    text = strangers.table(rows)
    assert "healthy: 1 of 1 (100%)" in text
    assert strangers.line(rows[1]).startswith("good")


def row(wanted: list[str], said: list[str], **more: Any) -> dict[str, Any]:
    watched = {
        "printed": "a", "causes": said, "under": [[] for _ in said], "notes": [], "seconds": 1.0,
        "verdict": "uncertain: x", "iterations": 300, **more,
    }  # fmt: skip
    return {"name": "n", "causes": wanted, "plain": {"printed": "a", "seconds": 1.0},
            "watched": watched}  # fmt: skip


@pytest.mark.parametrize(
    ("given", "word"),
    [
        (row([], []), "uncertain"),
        (row([], ["a"]), "false alarm"),
        (row(["a"], []), "missed"),
        (row(["a"], ["a", "b"]), "right first"),
        (row(["a"], ["b", "a"]), "in first three"),
        (row(["a"], ["b"], under=[["a"]]), "in first three"),
        (row(["a"], ["b"]), "wrong cause"),
        (row([], [], printed="b"), "changed"),
        (row([], [], failed="exit 1"), "broken"),
        (row([], [], notes=["the script failed: x"]), "broken"),
        (row([], [], refused="no training"), "refused"),
    ],
)
def test_outcomes_of_strangers(given: dict[str, Any], word: str) -> None:
    assert strangers.outcome(given) == word


NOISE = """
class Noisy(nn.Module):
    def __init__(self):
        super().__init__()
        self.a, self.b = nn.Linear(4, 16), nn.Linear(16, 3)
    def forward(self, x):
        h = torch.relu(self.a(x))
        return self.b({noise})
model = Noisy()
""" + LOOP.replace("model = nn.Sequential(nn.Linear(4, 16), nn.ReLU(), nn.Linear(16, 3))\n", "")


@pytest.mark.parametrize(
    ("noise", "cause"),
    [("h + 0.5 * torch.randn_like(h)", None), ("F.dropout(h, 0.5)", "random_evaluation")],
)
def test_noise_that_is_drawn_on_purpose_is_no_fault(play: Any, noise: str, cause: Any) -> None:
    assert causes(play(NOISE.format(noise=noise))) == ([cause] if cause else [])
