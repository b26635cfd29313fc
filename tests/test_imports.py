"""What an import may pull in, and in which direction modules may know each other."""

import json
import subprocess
import sys
from pathlib import Path

REPORT = """
import json, sys, time
import numpy
before, start = set(sys.modules), time.perf_counter()
import whygrad
seconds = time.perf_counter() - start
print(json.dumps([seconds, sorted({name.partition(".")[0] for name in set(sys.modules) - before})]))
"""


def import_whygrad() -> tuple[float, list[str]]:
    """The seconds it takes on top of NumPy, and the packages it brings, in a fresh interpreter."""
    done = subprocess.run([sys.executable, "-c", REPORT], check=True, capture_output=True)
    seconds, packages = json.loads(done.stdout)
    return seconds, packages


def test_the_import_brings_numpy_alone() -> None:
    _, packages = import_whygrad()
    assert set(packages) - sys.stdlib_module_names <= {"whygrad", "numpy"}


def test_the_import_is_quick() -> None:
    # The quickest of several: what else the machine does only ever adds.
    assert min(import_whygrad()[0] for _ in range(5)) < 0.1


def test_imports_go_one_way() -> None:
    lint = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([lint], cwd=Path(__file__).parents[1], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
