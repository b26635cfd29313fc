"""What an import may pull in, and in which direction modules may know each other."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

REPORT = """
import json, sys, time
import numpy
before, start = set(sys.modules), time.process_time()
import whygrad
seconds = time.process_time() - start
print(json.dumps([seconds, sorted({name.partition(".")[0] for name in set(sys.modules) - before})]))
"""


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """An environment in which Python keeps what it compiled, as it does for a person."""
    cache = str(tmp_path_factory.mktemp("compiled"))
    return os.environ | {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": cache}


def import_whygrad(environment: dict[str, str]) -> tuple[float, list[str]]:
    """The seconds of work on top of NumPy, and the packages it brings, in a fresh interpreter."""
    command = [sys.executable, "-c", REPORT]
    done = subprocess.run(command, check=True, capture_output=True, env=environment)
    seconds, packages = json.loads(done.stdout)
    return seconds, packages


def test_the_import_brings_numpy_alone(compiled: dict[str, str]) -> None:
    _, packages = import_whygrad(compiled)
    assert set(packages) - sys.stdlib_module_names <= {"whygrad", "numpy"}


def test_the_import_is_quick(compiled: dict[str, str]) -> None:
    # Its own work, and the quickest of several: what else the machine does only ever adds.
    assert min(import_whygrad(compiled)[0] for _ in range(5)) < 0.1


def test_imports_go_one_way() -> None:
    lint = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([lint], cwd=Path(__file__).parents[1], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
