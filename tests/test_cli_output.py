"""The command line on any terminal: other encodings, a full disk, few columns, long arguments."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

COMMANDS = (
    ("trace", "flow"),
    ("why", "flow", "dL/dw1"),
    ("nudge", "flow", "w1"),
    ("paths", "flow", "w1"),
    ("train", "flow", "-n", "3"),
    ("whatif", "flow", "--mistake", "forget_factor_two"),
    ("mistakes", "flow"),
    ("exercise",),
    ("presets",),
    ("--help",),
)


def run(*arguments: str | bytes, **more: str) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "whygrad", *arguments]
    return subprocess.run(command, capture_output=True, env={**os.environ, **more})


@pytest.mark.parametrize("arguments", COMMANDS, ids=lambda arguments: arguments[0])
def test_five_columns_in_latin_1_are_enough(arguments: tuple[str, ...]) -> None:
    done = run(*arguments, COLUMNS="5", PYTHONIOENCODING="latin-1")
    assert (done.returncode, done.stderr) == (0, b"")
    assert "â" not in done.stdout.decode("latin-1")  # as UTF-8 would be read


def test_signs_that_a_terminal_lacks_are_spelled() -> None:
    done = run("trace", "flow", PYTHONIOENCODING="ascii")
    assert b"dL/dw2 = dL/dyhat * a1 = -3.5 * 0.5 = -1.75" in done.stdout


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
@pytest.mark.parametrize("arguments", [("trace", "flow"), ("presets", "--format", "json")])
def test_a_full_disk_is_said_in_one_line(arguments: tuple[str, ...]) -> None:
    with open("/dev/full", "wb") as full:
        command = [sys.executable, "-m", "whygrad", *arguments]
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE)
        assert done.returncode == 1
        assert done.stderr == b"Error: the output cannot be written: No space left on device\n"
        assert subprocess.run(command, stdout=full, stderr=full).returncode == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ("trace", "x" * 100_000),
        ("trace", "x/" * 50_000),
        ("grade", "x" * 100_000, "y"),
        ("x" * 100_000,),
        ("exercise", "--seed", "9" * 10_000),
        ("exercise", "--feature", "x" * 100_000),
        ("exercise", "--id", "x" * 100_000),
        ("why", "flow", "x" * 100_000),
        ("whatif", "flow", "--set", "w1=" + "9" * 10_000),
        ("trace", b"\xff\xfe"),
    ],
)
def test_what_is_wrong_is_quoted_short(arguments: tuple[str | bytes, ...]) -> None:
    done = run(*arguments)
    assert done.returncode == 2
    assert b"Traceback" not in done.stderr
    assert len(done.stderr) < 4_500


@pytest.mark.parametrize("command", ["trace", "homework", "grade", "check", "doctor", "open"])
def test_a_pipe_and_a_device_are_refused(command: str, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for file in (str(tmp_path / "pipe"), "/dev/zero"):
        arguments = {"homework": ("flow", file), "grade": (file, file)}.get(command, (file,))
        done = run(command, *arguments)
        assert done.returncode == 2, done
        assert b"Traceback" not in done.stderr


def test_without_a_home_folder_it_works(tmp_path: Path) -> None:
    done = run("trace", "flow", HOME=str(tmp_path / "none"))
    assert (done.returncode, done.stderr) == (0, b"")
