"""The doctor's benchmark: all cases are there, and it counts as it says."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from whygrad.cli.commands import whygrad

pytest.importorskip("torch")
pytest.importorskip("sklearn")
ROOT = Path(__file__).parent.parent
CASES = json.loads((ROOT / "tests" / "faults" / "cases.json").read_text("utf-8"))


@pytest.fixture(scope="module")
def bench() -> Any:
    from whygrad.bench import doctor

    return doctor


def test_every_case_is_built(bench: Any) -> None:
    built = {case.name: case.family for case in bench.faults()}
    built |= {name: "backward" for name in bench.by_hand.CASES}
    assert built == {case["id"]: case["family"] for case in CASES["faults"]}
    assert {case.name for case in bench.healthy()} == {case["id"] for case in CASES["healthy"]}


def test_every_cause_that_is_right_to_name_is_one(bench: Any) -> None:
    from whygrad.doctor import CAUSES

    assert {cause for case in bench.faults() for cause in case.causes} <= set(CAUSES)


def test_it_counts_as_it_says(bench: Any) -> None:
    def row(kind: str, roots: list[str], early: list[Any], said: list[str] | None = None) -> Any:
        return {
            "kind": kind, "causes": ("a", "b"), "roots": roots, "said": said or roots,
            "early": early,
        }  # fmt: skip

    rows = [
        row("fault", ["a"], [(0.1, ("a",)), (0.5, ("a",))]),
        row("fault", ["c"], [], ["c", "b"]),
        row("fault", [], []),
        row("twin", [], []),
        row("healthy", ["c"], []),
    ]
    found = bench.measures(rows)
    assert found["some alarm"] == 0.667
    assert found["right cause first"] == 0.333
    assert found["in the first three"] == 0.667
    assert found["alarm on healthy runs"] == 1
    assert found["alarm on fixed twins"] == 0
    assert found["median first right alarm"] == 0.1


def test_hand_written_passes_are_told_from_right_ones(bench: Any) -> None:
    for row in bench.by_hand.results([0]):
        assert row["roots"] == (list(row["causes"]) if row["kind"] == "fault" else [])


def test_a_slice_of_it_is_measured_and_printed(bench: Any) -> None:
    told: list[int] = []
    found = bench.run([7], ["missing_optimizer_step"], progress=lambda row, of: told.append(of))
    assert told == [2, 2]
    assert [row["roots"] for row in found["rows"]] == [["missing_optimizer_step"], []]
    shown = bench.table(found)
    assert "right cause first" in shown
    assert "100.0%" in shown
    assert json.loads(json.dumps(found))["seeds"] == [7]


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
