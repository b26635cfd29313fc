"""The doctor's benchmark: all cases are there, and it counts as it says."""

import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from whygrad.cli.commands import whygrad

pytest.importorskip("torch")
pytest.importorskip("sklearn")
import torch

from whygrad.clinic.cases import CASES, FAULTS, HEALTHY, NUMPY
from whygrad.clinic.training import TrainingRun
from whygrad.clinic.treated import treated
from whygrad.doctor.remedies.change import Change
from whygrad.doctor.remedies.changes import change

ROOT = Path(__file__).parent.parent
DESCRIBED = json.loads((ROOT / "tests" / "faults" / "cases.json").read_text("utf-8"))


@pytest.fixture(scope="module")
def bench() -> Any:
    from whygrad.bench import doctor

    return doctor


def test_every_case_is_built() -> None:
    built = {case.name: case.family for case in (*FAULTS, *NUMPY)}
    assert built == {case["id"]: case["family"] for case in DESCRIBED["faults"]}
    assert {case.name for case in HEALTHY} == {case["id"] for case in DESCRIBED["healthy"]}


def test_it_counts_as_it_says(bench: Any) -> None:
    def row(kind: str, roots: list[str], early: list[Any], **more: Any) -> Any:
        return {"kind": kind, "causes": ("a", "b"), "roots": roots, "said": roots, "early": early,
                **more}  # fmt: skip

    def made(effect: str, holds: bool | None = True) -> Any:
        return {"effect": effect, "holds": holds, "listed": False}

    blind = {"regained": 0.9}, {"regained": 0.2}
    rows = [
        row("fault", ["a"], [(0.1, ("a",)), (0.5, ("a",))],
            remedies=[made("cures"), made("masks", None)], random=blind[0], repairable=True),
        row("fault", ["c"], [], said=["c", "b"],
            remedies=[made("nothing", False), made("cures")], random=blind[1], repairable=True),
        row("fault", [], []),
        row("twin", [], []),
        row("healthy", ["c"], []),
    ]  # fmt: skip
    found = bench.measures(rows)
    assert found["some alarm"] == 0.667
    assert found["right cause first"] == 0.333
    assert found["in the first three"] == 0.667
    assert found["alarm on healthy runs"] == 1
    assert found["alarm on fixed twins"] == 0
    assert found["median first right alarm"] == 0.1
    assert found["first remedy repairs"] == found["a random pick repairs"] == 0.5
    assert found["one of three repairs"] == 1
    assert found["remedies that only mask"] == 0.25
    assert found["predictions that hold"] == 0.667


def test_hand_written_passes_are_told_from_right_ones(bench: Any) -> None:
    for row in bench.numpy_backward.results([0]):
        assert row["roots"] == (list(row["causes"]) if row["kind"] == "fault" else [])


def test_a_slice_of_it_is_measured_and_printed(bench: Any) -> None:
    told: list[int] = []
    found = bench.run([7], ["missing_optimizer_step"], progress=lambda row, of: told.append(of))
    assert told == [2, 2]
    twin, ill = found["rows"]
    assert (ill["roots"], twin["roots"]) == (["missing_optimizer_step"], [])
    (remedy,) = ill["remedies"]
    assert (remedy["key"], remedy["effect"], remedy["holds"]) == ("call_step", "cures", True)
    shown = bench.table(found)
    assert "right cause first" in shown
    assert "100.0%" in shown
    assert json.loads(json.dumps(found))["seeds"] == [7]


def test_a_healthy_run_has_no_twin(bench: Any) -> None:
    (row,) = bench.run([7], ["h_high_lr_ok_logreg"])["rows"]
    assert (row["kind"], row["roots"]) == ("healthy", [])


def test_the_command_measures_a_family_and_names_the_families() -> None:
    done = CliRunner().invoke(
        whygrad, ["bench", "doctor", "--only", "backward", "--seeds", "3", "--format", "json"]
    )
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["measures"]["all"]["right cause first"] == 1
    refused = CliRunner().invoke(whygrad, ["bench", "doctor", "--only", "lop"])
    assert refused.exit_code == 2
    assert "loop" in refused.output
    assert CliRunner().invoke(whygrad, ["bench", "doctor", "--seeds", "a"]).exit_code == 2


def test_without_scikit_learn_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "whygrad.bench.doctor", raising=False)
    monkeypatch.setitem(sys.modules, "threadpoolctl", None)
    done = CliRunner().invoke(whygrad, ["bench", "doctor"])
    assert done.exit_code == 2
    assert "scikit-learn, which is not installed" in done.output
    assert "whygrad[clinic]" in done.output


def test_what_is_regained_is_judged_by_the_metric_or_else_by_the_loss(bench: Any) -> None:
    def row(metric: float, loss: float = 0.0) -> Any:
        return {"metric": metric, "validation_loss": loss}

    gap = bench.Gap(row(0.1), row(0.9))
    assert gap.regained(row(0.5)) == pytest.approx(0.5)
    assert gap.there
    assert not bench.Gap(row(0.5, 0.693), row(0.5, 0.694)).there  # the twin did not learn either
    leaked = bench.Gap(row(1.0), row(0.7))
    assert leaked.regained(row(0.7)) == pytest.approx(1)
    assert bench.Gap(row(-3.0), row(1.0)).regained(row(0.0)) == 0  # worse than a constant
    assert bench.Gap(row(float("nan")), row(0.8)).regained(row(0.4)) == pytest.approx(0.5)
    assert bench.Gap(row(0.8, 2.0), row(0.81, 0.5)).regained(row(0.8, 0.5)) == pytest.approx(1)


def test_a_remedy_knows_of_a_case_how_its_author_wrote_it() -> None:
    setup = CASES["detach_between_encoder_head"].setup
    made = treated(setup, Change(mends=frozenset({"cut"}), rate=0.5, batch=8), seed=0)
    x = torch.ones(4, 64)
    for model, reached in ((setup.model(), False), (made.model(), True)):
        model(x).sum().backward()
        assert (model.encoder[0].weight.grad is not None) == reached
    (group,) = made.optimizer(made.model().parameters()).param_groups
    assert group["lr"] == 0.0025
    assert (made.batch, made.epochs, made.loss) == (8, setup.epochs, setup.loss)


def test_stopping_early_is_where_this_run_was_best() -> None:
    short = replace(CASES["overfit_small_noisy_moons"].setup, epochs=40)
    run = TrainingRun(short, 1, watched=False)
    run.train()
    best = treated(short, Change(stop=True), 1)
    assert best.epochs == 1 + run.validation_losses.index(min(run.validation_losses))


def test_a_remedy_leaves_the_case_as_it_is() -> None:
    setup = CASES["softmax_over_batch_dim"].setup
    made = treated(setup, change("over_features", None), 1).model()  # type: ignore[arg-type]
    assert (made[-1].dim, setup.model()[-1].dim) == (-1, 0)


def test_no_clipping_can_be_made_to_a_run() -> None:
    setup = CASES["clip_norm_too_tight"].setup
    made = treated(replace(setup, epochs=1), Change(clip=float("inf")), 0)
    run = TrainingRun(made, 0, watched=False)
    run.train()
    assert run.losses[-1] < run.losses[0]


def test_overheads_are_measured_on_one_batch_again_and_again(bench: Any) -> None:
    setup = bench.repeated(CASES["h_digits_adam"].setup, 5)
    data = setup.data(0)
    assert torch.equal(data.x[:32], data.x[-32:])
    run = bench.Timed(setup, 0, watched=False)
    run.train()
    assert run.iterations == 5
    assert run.ended > 0
    found = bench.overhead(CASES["h_digits_adam"].setup, iterations=2, turns=1)
    assert found["ratio"] > 0


def test_what_the_cases_name_as_no_fix_are_remedies(bench: Any) -> None:
    from whygrad.doctor.remedies.table import REMEDIES

    named = {case["id"] for case in DESCRIBED["faults"] if case.get("not_a_fix")}
    assert set(bench.NOT_A_FIX) <= named
    assert {key for keys in bench.NOT_A_FIX.values() for key in keys} <= set(REMEDIES)
