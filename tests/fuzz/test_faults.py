"""The machine's own faults: killed at any moment, a disk that fills up, no place to write, no home.

The tests may run as root, to whom permissions do not apply: a folder that cannot be written to is a
file of that name, or a folder of the system's in which nobody can make a file.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest

from whygrad.errors import WhygradError
from whygrad.files import write_whole

KILLS = 20
BYTES = 3_000_000
WRITES_FOR_EVER = f"""
import sys
from whygrad.files import write_whole
print(flush=True)
while True:
    write_whole(sys.argv[1], "n" * {BYTES})
    write_whole(sys.argv[1], "o" * {BYTES})
"""
WRITES_ON_A_FULL_DISK = f"""
import resource, sys
from whygrad.errors import WhygradError
from whygrad.files import write_whole
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), resource.RLIM_INFINITY))
try:
    write_whole(sys.argv[1], "n" * {BYTES})
except WhygradError as error:
    print(error)
"""
Draws = Callable[[str], Random]


@pytest.fixture
def draws(request: pytest.FixtureRequest) -> Draws:
    """Draw by the printed seed."""
    seed = request.config.getoption("randomly_seed", 0)
    return lambda name: Random(f"{seed}/{name}")


def test_what_is_killed_while_it_writes_leaves_the_old_or_the_new(
    tmp_path: Path, draws: Draws
) -> None:
    draw, file = draws("kill"), tmp_path / "a"
    whole = (b"o" * BYTES, b"n" * BYTES)
    for _ in range(KILLS):
        file.write_bytes(whole[0])
        with subprocess.Popen(
            [sys.executable, "-c", WRITES_FOR_EVER, file], stdout=subprocess.PIPE
        ) as process:
            assert process.stdout is not None
            process.stdout.readline()
            time.sleep(draw.uniform(0, 0.06))
            process.send_signal(signal.SIGKILL)
        assert file.read_bytes() in whole


def test_a_disk_that_fills_up_on_the_way_leaves_what_was_there(
    tmp_path: Path, draws: Draws
) -> None:
    draw, file = draws("full"), tmp_path / "a"
    for room in (0, 1, BYTES - 1, *(draw.randrange(BYTES) for _ in range(3))):
        file.write_text("old")
        done = subprocess.run(
            [sys.executable, "-c", WRITES_ON_A_FULL_DISK, file, str(room)],
            capture_output=True,
            text=True,
            check=True,
        )
        assert "a: this cannot be written: File too large" in done.stdout
        assert done.stderr == ""
        assert file.read_text() == "old"
        assert os.listdir(tmp_path) == ["a"]


@pytest.mark.parametrize("folder", ["file", "/proc", "/dev/null"])
def test_where_nothing_can_be_written_is_said(tmp_path: Path, folder: str) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(WhygradError, match="this cannot be written"):
        write_whole(tmp_path / folder / "a.html", "x")
    assert os.listdir(tmp_path) == ["file"]


@pytest.mark.parametrize("home", [None, "/nowhere", "/dev/null"])
@pytest.mark.parametrize("words", [["trace", "flow"], ["worksheet", "-o", "sheet.html"]])
def test_no_home_is_needed(tmp_path: Path, home: str | None, words: list[str]) -> None:
    kept = {"PATH": os.environ["PATH"], **({} if home is None else {"HOME": home})}
    done = subprocess.run(
        [sys.executable, "-m", "whygrad", *words],
        cwd=tmp_path,
        env=kept,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout or (tmp_path / "sheet.html").stat().st_size
