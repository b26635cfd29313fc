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


# Every command that writes a file, and what may stand before it; each is given a file to write.
WRITERS = {
    "worksheet": ["worksheet", "--seed", "7", "-o"],
    "check": ["check", "--starter", "neuron"],
    "doctor": ["doctor", "script.py", "--html"],
}
SCRIPT = """
import torch
from torch import nn
model, x = nn.Linear(2, 1), torch.ones(8, 2)
optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
for _ in range(3):
    optimizer.zero_grad()
    nn.functional.mse_loss(model(x), x[:, :1]).backward()
    optimizer.step()
"""
# As root, permissions hold once the capability to pass them over is given up.
WITHOUT_RIGHTS = """
import ctypes, sys
from whygrad.cli import main
header = (ctypes.c_uint32 * 2)(0x20080522, 0)
ctypes.CDLL(None).capset(header, (ctypes.c_uint32 * 6)())
sys.argv = ["whygrad", *sys.argv[1:]]
main()
"""
KILLED = """
import os, sys
{}
import time
write(sys.argv[1] + ".first", 1)  # what it imports is there before it is forked
began = time.perf_counter()
write(sys.argv[1] + ".first", 3)
print(time.perf_counter() - began, flush=True)
for _ in sys.stdin:
    child = os.fork()
    if not child:
        n = 0
        while True:
            write(sys.argv[1], n := n + 1)
    print(child, flush=True)
    os.waitpid(child, 0)
    print("dead", flush=True)
"""
WRITES = {  # each writes one of two contents in turn, as the command does
    "worksheet": """
from whygrad.cli.practice import worksheet_command
from contextlib import redirect_stdout
def write(file, n):
    with redirect_stdout(open(os.devnull, "w")):
        worksheet_command.main(["--seed", str(n % 2), "--count", "1", "-o", file],
                               standalone_mode=False)
""",
    "check": """
from whygrad.cli.practice import check_command
from contextlib import redirect_stdout
def write(file, n):
    if n % 2:
        if os.path.exists(file):
            os.unlink(file)
        with redirect_stdout(open(os.devnull, "w")):
            check_command.main(["--starter", "neuron", file], standalone_mode=False)
""",
    "doctor": """
import dataclasses
import torch
from torch import nn
from whygrad.doctor import Doctor
model, x = nn.Linear(2, 1), torch.ones(8, 2)
optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
with Doctor(model, optimizer, loss=nn.functional.mse_loss, train=(x, x[:, :1])) as doctor:
    for _ in range(3):
        optimizer.zero_grad()
        nn.functional.mse_loss(model(x), x[:, :1]).backward()
        optimizer.step()
report = doctor.report()
other = dataclasses.replace(report, notes=("n" * 100_000,))
def write(file, n):
    (report, other)[n % 2].to_html(file)
""",
}


@pytest.mark.parametrize("name", WRITES)
def test_a_command_that_is_killed_leaves_a_whole_file(
    tmp_path: Path, draws: Draws, name: str
) -> None:
    draw, file = draws(name), tmp_path / "a"
    whole: set[bytes] = set()
    with subprocess.Popen(
        [sys.executable, "-c", KILLED.format(WRITES[name]), file],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        lasts = float(process.stdout.readline())  # seconds that one takes on this machine
        for _ in range(KILLS):
            process.stdin.write("\n")
            process.stdin.flush()
            child = int(process.stdout.readline())
            time.sleep(draw.uniform(0, max(0.1, 5 * lasts)))
            os.kill(child, signal.SIGKILL)
            assert process.stdout.readline() == "dead\n"
            if file.exists():
                whole.add(file.read_bytes())
        process.stdin.close()
    assert 1 <= len(whole) <= 2
    assert all(content.endswith((b"</html>\n", b"\n")) for content in whole)


@pytest.mark.parametrize(
    ("name", "home"), [*zip(WRITERS, [None, "/nowhere", "/dev/null"], strict=True)]
)
def test_a_folder_that_is_read_only_is_said_and_no_home_is_needed(
    tmp_path: Path, name: str, home: str | None
) -> None:
    (tmp_path / "script.py").write_text(SCRIPT)
    folder = tmp_path / "folder"
    folder.mkdir()
    kept = {"PATH": os.environ["PATH"], **({} if home is None else {"HOME": home})}

    def run() -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-c", WITHOUT_RIGHTS, *WRITERS[name], folder / "a"],
            cwd=tmp_path,
            env=kept,
            capture_output=True,
            text=True,
            encoding="utf-8",
            check=False,
        )

    folder.chmod(0o555)
    done = run()
    folder.chmod(0o755)
    assert done.returncode == 2, done.stderr
    assert "a: this cannot be written: Permission denied" in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr
    assert os.listdir(folder) == []
    done = run()
    assert done.returncode == 0, done.stderr
    assert (folder / "a").stat().st_size


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
