"""``whygrad bench``: tables for people, JSON for programs, and who is missing is said."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from whygrad.bench import growth, many_runs, overheads, player
from whygrad.bench.cases import Skipped
from whygrad.cli.commands import whygrad
from whygrad.errors import WhygradError


def ran(*words: str) -> str:
    done = CliRunner().invoke(whygrad, ["bench", *words])
    assert done.exit_code == 0, done.output
    return done.stdout


def test_iterations_are_measured() -> None:
    words = ["--model", "xor", "--peer", "numpy-by-hand", "--rounds", "2"]
    shown = ran(*words)
    assert "2-4-1, batch 4" in shown
    assert "numpy-by-hand" in shown
    (found,) = json.loads(ran("iterations", *words, "--format", "json"))
    assert set(found) == {"case", "seconds", "ratio", "skipped", "goal"}


def test_an_unknown_model_is_refused() -> None:
    done = CliRunner().invoke(whygrad, ["bench", "--model", "xorr"])
    assert done.exit_code == 2
    assert "did you mean 'xor'" in done.output


def test_many_runs_are_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    found = many_runs.run([3, 5], iterations=4, rounds=2)
    assert [one.runs for one in found] == [3, 5]
    assert all(one.ratio["whygrad"] == 1 for one in found)
    monkeypatch.setattr(many_runs, "run", lambda rounds: found)
    assert "5 XOR networks, 4 iterations" in ran("many-runs")
    assert json.loads(ran("many-runs", "--format", "json"))[1]["runs"] == 5


def test_many_runs_without_pytorch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    found = many_runs.measure(2, 2, 1)
    assert set(found.seconds) == {"whygrad"}
    assert "not installed" in many_runs.table([found])


def test_contenders_that_disagree_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def other(runs: int) -> tuple[many_runs.Train, many_runs.Losses]:
        train, losses = many_runs.whygrad(runs)
        return train, lambda: losses() + 1

    monkeypatch.setattr(many_runs, "vmap", other)
    with pytest.raises(WhygradError, match="disagree"):
        many_runs.measure(2, 2, 1)


def test_overheads_are_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(overheads, "imported", lambda: (0.04, 2.0))
    found = json.loads(ran("overheads", "--format", "json"))
    assert 0 < found["memory_in_training"] < found["memory"]
    assert 1 < found["gradient"] < 4  # the cheap gradient principle
    assert found["parameters"] == 784 * 128 + 128 + 128 * 10 + 10
    assert found["why_limit"] == 0.1
    assert all(seconds > 0 for seconds in found["why"].values())
    lines = ran("overheads")
    assert "import whygrad: 40 ms and 2 MB" in lines
    assert re.search(r"at most 100 ms each\):\n  L: \d+ ms", lines)


def test_how_the_cost_of_both_ways_to_every_gradient_grows_is_measured() -> None:
    found = json.loads(ran("gradient", "--rounds", "1", "--format", "json"))
    assert [row["parameters"] for row in found] == [7, 37, 337, 4_417, 66_817]
    for row in found:
        passes = row["parameters"] + 1
        assert row["played"] == (passes <= growth.MOST_PLAYED)
        assert 1 < row["operations"] < 5  # the cheap gradient principle
        if not row["played"]:
            assert row["nudging_seconds"] == pytest.approx(row["forward_seconds"] * passes)
    said = ran("gradient", "--rounds", "1")
    assert "175,000,000,001 forward passes" in said
    assert "GPT-3 itself was not measured" in said
    assert "* one forward pass, multiplied by their number" in said


def test_the_player_is_measured_where_there_is_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(Skipped, match="clone of the repository"):
        player.run(tmp_path)
    (tmp_path / "node_modules").mkdir()
    node = tmp_path / "node"
    node.write_text('#!/bin/sh\necho \'[{"layers": [2, 1], "compiled": 1234, "plain": 5}]\'\n')
    node.chmod(0o755)
    monkeypatch.setattr(player.shutil, "which", lambda name, path=None: str(node))
    monkeypatch.setattr(player, "WEB", tmp_path)
    found = player.run(tmp_path)
    monkeypatch.setattr(player, "run", lambda: found)
    assert "2-1                                    1,234" in ran("player")
    assert json.loads(ran("player", "--format", "json")) == [
        {"layers": [2, 1], "compiled": 1234, "plain": 5}
    ]
    node.write_text("#!/bin/sh\nexit 3\n")
    monkeypatch.undo()
    monkeypatch.setattr(player.shutil, "which", lambda name, path=None: str(node))
    with pytest.raises(WhygradError, match="exit status 3"):
        player.run(tmp_path)
    monkeypatch.setattr(player.shutil, "which", lambda name, path=None: None)
    with pytest.raises(Skipped, match=r"Node\.js"):
        player.run(tmp_path)


def test_a_player_that_is_not_there_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing() -> list[player.PlayerMeasured]:
        raise Skipped("needs Node.js")

    monkeypatch.setattr(player, "run", missing)
    assert ran("player") == "The page's player needs Node.js.\n"
    assert json.loads(ran("player", "--format", "json")) == {"skipped": "needs Node.js"}
