"""Remedies tried: a cure is told from what masks, and what the mechanism predicts is looked at."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")
from torch import nn  # noqa: E402

from whygrad.doctor import Doctor, Finding, Remedy, Report  # noqa: E402
from whygrad.doctor.cause import NoneBecause  # noqa: E402
from whygrad.doctor.finding import Expectation  # noqa: E402
from whygrad.doctor.remedies.change import NotApplicable, RunRows  # noqa: E402
from whygrad.doctor.remedies.changes import change  # noqa: E402
from whygrad.doctor.remedies.choice import choose  # noqa: E402
from whygrad.doctor.remedies.predictions import SIGNALS, Checked, holds  # noqa: E402
from whygrad.doctor.remedies.table import REMEDIES, USUAL, UsersCode  # noqa: E402
from whygrad.doctor.rules import ROWS  # noqa: E402
from whygrad.doctor.treat import effect, treat  # noqa: E402
from whygrad.errors import WhygradError  # noqa: E402

CE = nn.CrossEntropyLoss()
rng = np.random.default_rng(0)
LABELS = rng.integers(0, 3, 300)
CENTRES = rng.normal(0, 3, (3, 4))
X = torch.tensor(CENTRES[LABELS] + rng.normal(0, 1, (300, 4)), dtype=torch.float32)
Y = torch.tensor(LABELS)


def mlp(*end: nn.Module, act: type[nn.Module] = nn.ReLU, depth: int = 1) -> Any:
    torch.manual_seed(0)
    layers: list[nn.Module] = [nn.Linear(4, 16), act()]
    for _ in range(depth - 1):
        layers += [nn.Linear(16, 16), act()]
    return nn.Sequential(*layers, nn.Linear(16, 3), *end)


def examined(model: Any, rate: float = 0.1, wrong: str = "", loss_of: Any = CE) -> Report:
    optimizer = torch.optim.SGD(model.parameters(), lr=rate, momentum=0.9)
    order = torch.Generator().manual_seed(1)
    with Doctor(model, optimizer, loss=loss_of, train=(X, Y)) as doctor:
        for _ in range(12):
            for rows in torch.randperm(len(X), generator=order).split(32):
                if wrong != "no_zero_grad":
                    optimizer.zero_grad()
                out = model(X[rows])
                loss = loss_of(out, Y[rows])
                (-loss if wrong == "negated" else loss).backward()
                if wrong == "clip":
                    nn.utils.clip_grad_norm_(model.parameters(), 1e-4)
                if wrong != "no_step":
                    optimizer.step()
                doctor.step(loss, inputs=X[rows], targets=Y[rows], outputs=out)
        return doctor.report()


# --- what a remedy is ---------------------------------------------------------------------------


def test_every_remedy_has_a_key_and_a_prediction_that_can_be_checked() -> None:
    found = [row for row in ROWS.values() if not isinstance(row.check, NoneBecause)]
    for remedy in (remedy for row in found for remedy in row.remedies):
        assert remedy.key
        assert remedy.expects
        assert {e.signal for e in remedy.expects} <= set(SIGNALS)
    keys = {remedy.key for row in found for remedy in row.remedies}
    # What is not made by the doctor is a line of the user's own code.
    made = {key for key, row in REMEDIES.items() if not isinstance(row.change, UsersCode)}
    assert keys - made == {
        "align_labels", "call_train", "causal_mask", "keep_lowest", "module_dropout",
        "own_optimizers", "register_layers", "same_shape", "shift_labels", "zero_after_step",
    }  # fmt: skip
    assert set(USUAL) <= made


def test_what_is_seen_is_held_against_what_was_predicted() -> None:
    low, high = Expectation("dead", "<", 0.5), Expectation("gradient_ratio", ">", 1e-3)
    assert Checked(low, 0.1).holds
    assert not Checked(high, 1e-6).holds
    assert Checked(low, None).holds is None
    assert holds((Checked(low, 0.1), Checked(high, None))) is True
    assert holds((Checked(low, 0.1), Checked(high, 0.0))) is False
    assert holds((Checked(high, None),)) is None
    assert "share of dead units" in str(Checked(low, 0.1))


def test_cures_are_told_from_masks() -> None:
    assert effect(0.9, True) == "cures"
    assert effect(0.5, True) == "helps"
    assert effect(0.9, False) == effect(0.05, True) == "masks"
    assert effect(0.05, False) == "nothing"


# --- tried --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wrong", "cause", "key"),
    [
        ("no_zero_grad", "missing_zero_grad", "zero_grad"),
        ("negated", "wrong_sign_of_objective", "minimise"),
        ("no_step", "missing_optimizer_step", "call_step"),
        ("clip", "learning_rate_too_low", "no_clip"),
    ],
)
def test_a_fault_of_the_loop_is_played_with_it_and_cured_without(
    wrong: str, cause: str, key: str
) -> None:
    report = examined(mlp(), 0.5 if wrong == "no_zero_grad" else 0.1, wrong)
    finding = report.findings[0]
    assert finding.cause == cause
    treatment = report.treat(finding, seeds=2)
    assert treatment.shows == 2
    first = treatment.remedies[0]
    assert first.key == key
    assert first.verdict == "cures"
    assert first.gone == 2
    assert all(prediction.held == 2 for prediction in first.predictions)
    assert treatment.random is not None
    assert treatment.random.key not in {tried.key for tried in treatment.remedies}
    assert "cures" in str(treatment)
    assert "at random" in str(treatment)


def test_a_model_is_changed_on_a_copy_and_what_flows_is_seen_to_change() -> None:
    model = mlp(act=nn.Sigmoid, depth=8)
    before = [p.clone() for p in model.parameters()]
    report = examined(model, rate=0.01)
    finding = report.findings[0]
    assert finding.cause == "vanishing_gradient"
    trained = [p.clone() for p in model.parameters()]
    treatment = report.treat(finding, seeds=1)
    selu = next(tried for tried in treatment.remedies if tried.key == "selu_lecun")
    assert selu.cures
    prediction = selu.predictions[0]
    assert prediction.before[0] < 1e-3 < prediction.after[0]  # type: ignore[operator]
    assert all(map(torch.equal, trained, model.parameters()))
    assert not all(map(torch.equal, before, model.parameters()))


def test_a_remedy_that_goes_past_the_softmax_masks() -> None:
    report = examined(mlp(nn.Softmax(1)), rate=0.001)
    finding = report.findings[0]
    assert finding.cause == "double_softmax"
    faster = Remedy("Ten times the rate", "", "", "lr_up_10")
    treatment = treat(
        Finding("double_softmax", 0.9, "serious", "", remedies=(*finding.remedies, faster)),
        report.play,  # type: ignore[arg-type]
        seeds=1,
    )
    verdicts = {tried.key: tried.verdict for tried in treatment.remedies}
    assert verdicts["remove_softmax"] == "cures"
    assert verdicts["lr_up_10"] == "masks"


def test_what_cannot_be_tried_is_said_with_why() -> None:
    class Cut(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.first, self.last = nn.Linear(4, 8), mlp()
            self.back = nn.Linear(8, 4)

        def forward(self, x: Any) -> Any:
            return self.last(self.back(self.first(x)).detach())

    report = examined(Cut())
    finding = report.findings[0]
    assert finding.cause == "graph_broken"
    ((name, why),) = report.treat(finding, seeds=1).not_tried.items()
    assert name.startswith("Use the tensor itself")
    assert "your own code" in why
    with pytest.raises(WhygradError, match="cannot be played again"):
        Report(report.findings).treat(finding)


def test_a_run_that_goes_on_is_played_again_from_the_optimizer_it_had() -> None:
    model = mlp()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    CE(model(X), Y).backward()
    optimizer.step()
    with Doctor(model, optimizer, loss=CE, train=(X, Y)) as doctor:
        kept = doctor.first_state[0]["momentum_buffer"].clone()
        optimizer.step()
        assert torch.equal(doctor.first_state[0]["momentum_buffer"], kept)


def test_remedies_between_which_there_is_a_choice_are_tried_before_they_are_offered() -> None:
    report = examined(mlp(act=nn.Sigmoid, depth=8), rate=0.01)
    assert report.measurements is not None
    offers = {"selu_lecun", "relu_he", "batch_norm", "normal_weights"}
    assert set(report.measurements.tried) == {*offers, "glorot"}  # a rule for first weights, too
    offered = [remedy.key for remedy in report.findings[0].remedies]
    assert offered[0] != min(report.measurements.tried, key=report.measurements.tried.__getitem__)
    one = examined(mlp(), wrong="no_step").measurements
    assert one is not None
    assert not one.tried


def test_of_those_that_were_tried_the_better_come_first_and_the_useless_not_at_all() -> None:
    report = examined(mlp(), rate=300.0)
    finding, chart = report.findings[0], report.measurements
    assert finding.cause == "learning_rate_too_high"
    assert chart is not None
    keys = ("lr_down_10", "lr_down_100", "lr_down_1000")

    def offered(*reached: float) -> list[str]:
        made = replace(chart, trials=dict(zip(keys, reached, strict=True)), tried={})
        return [remedy.key for remedy in choose(ROWS[finding.cause].remedies, finding, made)]

    assert offered(0.9, 0.9, 0.9) == list(keys)
    assert offered(0.6, 0.95, 0.9) == ["lr_down_100", "lr_down_1000", "lr_down_10"]
    assert offered(-1.0, 0.9, 0.9) == ["lr_down_100", "lr_down_1000"]
    assert offered(-1.0, -1.0, -1.0) == list(keys)


# --- changes ------------------------------------------------------------------------------------


def test_networks_are_changed_where_it_is_meant() -> None:
    def kinds(net: Any) -> list[str]:
        return [type(m).__name__ for m in net.children()]

    def made(key: str, net: Any, **seen: Any) -> list[str]:
        act = change(key, examined(mlp()).measurements).model  # type: ignore[arg-type]
        assert act is not None
        return kinds(act(net))

    assert made("remove_softmax", mlp(nn.Softmax(1))) == ["Linear", "ReLU", "Linear"]
    assert made("batch_norm", mlp()) == ["Linear", "BatchNorm1d", "ReLU", "Linear"]
    assert made("residual", mlp(depth=3)) == ["Linear", "Skip", "Skip", "ReLU", "Linear"]
    assert made("add_relu", mlp(act=nn.Identity)) == ["Linear", "ReLU", "Identity", "Linear"]
    assert made("relu_he", mlp(nn.Sigmoid(), act=nn.Tanh)) == [
        "Linear",
        "ReLU",
        "Linear",
        "Sigmoid",
    ]
    with pytest.raises(NotApplicable):
        made("relu_he", mlp())
    narrow = nn.Sequential(nn.Linear(4, 1), nn.ReLU(), nn.Linear(1, 3))
    change("widen", None).model(narrow)  # type: ignore[arg-type,misc]
    assert narrow[0].out_features == narrow[2].in_features == 4  # type: ignore[union-attr]


def test_two_changes_of_different_parts_are_joined() -> None:
    chart = examined(mlp(nn.Softmax(1)), rate=1e-6).measurements
    assert chart is not None
    joined, faster = change("remove_softmax+lr_up", chart), change("lr_up", chart)
    assert joined.rate == faster.rate > 20
    assert joined.model is not None


def test_rows_are_split_before_they_are_copied() -> None:
    x = torch.arange(40.0).repeat(3)[torch.randperm(120, generator=torch.manual_seed(0))][:, None]
    act = change("split_first", None).rows  # type: ignore[arg-type]
    assert act is not None
    made = act(RunRows(x[:80], x[:80], x[80:], x[80:]))
    assert made.xv is not None
    assert not set(made.x.flatten().tolist()) & set(made.xv.flatten().tolist())
    assert len(made.x) + len(made.xv) == 120


def test_labels_that_contradict_their_neighbours_are_dropped() -> None:
    wrong = Y.clone()
    wrong[:40] = (wrong[:40] + 1) % 3
    report = examined(mlp())
    act = change("drop_contradicted", report.measurements).rows  # type: ignore[arg-type]
    assert act is not None
    kept = act(RunRows(X, wrong))
    assert 220 < len(kept.x) <= 265
