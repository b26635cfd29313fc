"""The proof of grading holds: a smaller run of bench/practice.py."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from whygrad.cli.commands import whygrad

BENCH = Path(__file__).parents[1] / "bench" / "practice.py"


@pytest.mark.slow
def test_wrong_answers_are_understood_and_right_ones_never_graded_wrong(
    tmp_path: Path, sample: Callable[..., list[Any]], whole: bool
) -> None:
    file = tmp_path / "practice.json"
    count = 65 if whole else 17  # then each feature once
    (first,) = (0,) if whole else sample(range(0, 510, 17), 1)
    command = [sys.executable, BENCH, "--exercises", str(count), "--first", str(first)]
    command += ["--json", str(file)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads(file.read_text(encoding="utf-8"))
    assert sum(found["played"].values()) > 6 * count
    assert len(found["played"]) >= (30 if whole else 20)
    assert found["other"]["right, graded wrong"] == 0
    assert all(name in done.stdout for name in found["played"])


def test_the_proof_is_a_command() -> None:
    words = ["bench", "practice", "--exercises", "3"]
    done = CliRunner().invoke(whygrad, words)
    assert done.exit_code == 0, done.output
    assert "right answers: " in done.stdout
    found = json.loads(CliRunner().invoke(whygrad, [*words, "--format", "json"]).stdout)
    assert set(found) == {"played", "graded wrong", "named", "named alone", "other"}
