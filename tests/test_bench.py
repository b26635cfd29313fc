"""The benchmarks run, and compare what computes the same."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

XOR = Path(__file__).parents[1] / "bench" / "xor.py"


@pytest.mark.slow
def test_an_iteration_is_much_quicker_than_eager_pytorch(tmp_path: Path) -> None:
    file = tmp_path / "xor.json"
    command = [sys.executable, XOR, "--rounds", "9", "--seconds", "0.005", "--json", file]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr  # all contenders arrived at the same weights
    found = json.loads(file.read_text(encoding="utf-8"))
    assert found["ratio"]["whygrad, played again"] == 1
    assert all(name in done.stdout for name in found["ratio"])
    # 13 was measured; a busy machine gets some room
    assert found["ratio"]["pytorch-eager"] > 5
