# pyright: basic
# PyTorch's own annotations are too loose for strict checking.
"""What the doctor says of scripts written in the manner of strangers, and what it changes in them.

Each script says in its first lines whether it is healthy, or what is wrong and which causes are
right. It is run twice, each time in a process of its own: as it is, and under ``whygrad doctor``.
What it prints must be the same. Every third of the programs, by a sum over its name, is kept aside
and run only when that is asked for; a program's variants stay together.
"""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import os
import resource
import runpy
import statistics
import sys
import time
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

CPU_SECONDS = 240  # that a script may take, with a doctor or without
AT_ONCE = 2
LONG = 200  # iterations, from which a healthy script should be called so
# Causes that scripts have and that the doctor has no row for.
UNKNOWN = ("wrong_bootstrap", "mask_inverted", "schedule_died")
MODULES = ["torch", "numpy", "sklearn.datasets", "whygrad.doctor.script", __name__]
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Script:
    """A script, and what its first lines say of it.

    Attributes:
        fault: what is wrong; "" for a healthy one.
        causes: names of causes that are right.
    """

    path: Path
    fault: str
    causes: tuple[str, ...]

    @property
    def name(self) -> str:
        """The file's name."""
        return self.path.stem

    @property
    def aside(self) -> bool:
        """Whether it is kept aside while rules are made."""
        return zlib.crc32(self.name.partition("__")[0].encode()) % 3 == 0

    @property
    def mark(self) -> str:
        """What tells this text of it from another."""
        return hashlib.sha256(self.path.read_bytes()).hexdigest()[:16]


def read(path: Path) -> Script:
    """Read a script's header.

    Raises:
        ValueError: it does not say what is wrong with it, or that nothing is.
    """
    first, second = [*path.read_text("utf-8").splitlines(), "", ""][:2]
    if first.startswith("# healthy: "):
        return Script(path, "", ())
    if not (first.startswith("# fault: ") and second.startswith("# causes: ")):
        raise ValueError(f"{path.name} does not say what is wrong with it")
    causes = tuple(name.strip() for name in second.removeprefix("# causes: ").split(","))
    return Script(path, first.removeprefix("# fault: "), causes)


def scripts(folder: Path) -> list[Script]:
    """Return the scripts of a folder, by name."""
    return [read(path) for path in sorted(folder.glob("*.py"))]


def played(path: str, watched: bool, out: str) -> None:
    """Run a script in this process, and write what it printed and what was found."""
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS + 5))
    into = os.open(f"{out}.printed", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(into, 1)
    os.dup2(os.open(f"{out}.errors", os.O_WRONLY | os.O_CREAT | os.O_TRUNC), 2)
    # A script's own process would see these too.
    sys.stdout, sys.stderr = open(1, "w", closefd=False), open(2, "w", closefd=False)  # noqa: SIM115
    sys.argv, began = [path], time.process_time()
    found: Row = {}
    if watched:
        from whygrad.doctor.script import report_of, watch

        watching = watch(Path(path), (), lambda *_: None)
        found["seconds"] = time.process_time() - began
        sys.stdout.flush()
        began = time.process_time()
        try:
            report = report_of(watching)
            found |= {
                "verdict": report.verdict,
                "causes": [f.cause for f in report.findings],
                "under": [[u.cause for u in f.consequences] for f in report.findings],
                "notes": list(report.notes),
                "iterations": report.iterations,
            }
        except Exception as error:
            found["refused"] = f"{type(error).__name__}: {error}"
        found["report_seconds"] = time.process_time() - began
    else:
        sys.path.insert(0, str(Path(path).parent))
        runpy.run_path(path, run_name="__main__")
        found["seconds"] = time.process_time() - began
    sys.stdout.flush()
    Path(f"{out}.json").write_text(json.dumps(found), "utf-8")


def one(script: Script, watched: bool) -> Row:
    """Run a script in a process of its own, and return what came of it."""
    processes = multiprocessing.get_context("forkserver")
    with TemporaryDirectory() as folder:
        out = str(Path(folder) / "run")
        process = processes.Process(target=played, args=(str(script.path), watched, out))
        process.start()
        process.join()
        printed = Path(f"{out}.printed").read_text("utf-8", "replace")
        errors = Path(f"{out}.errors").read_text("utf-8", "replace")
        found: Row = {"printed": hashlib.sha256(printed.encode()).hexdigest()[:16]}
        with suppress(FileNotFoundError):
            found |= json.loads(Path(f"{out}.json").read_text("utf-8"))
        if process.exitcode or "seconds" not in found:
            found["failed"] = f"exit {process.exitcode}: {errors[-400:]}"
    return found


def run(
    given: Iterable[Script],
    known: Mapping[str, Row],
    progress: Callable[[Row], None],
    alone: bool = True,
) -> list[Row]:
    """Run scripts with and without a doctor, two at most at once.

    Args:
        given: the scripts.
        known: what runs without a doctor gave before, by the script's mark.
        progress: called with each script's row as soon as it is there.
        alone: whether they are run without a doctor too, to see what it changes and costs.
    """
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    multiprocessing.get_context("forkserver").set_forkserver_preload(MODULES)

    def both(script: Script) -> Row:
        plain = known.get(script.mark) or (one(script, False) if alone else {})
        row = {
            "name": script.name, "mark": script.mark, "causes": list(script.causes),
            "aside": script.aside, "plain": plain, "watched": one(script, True),
        }  # fmt: skip
        progress(row)
        return row

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(both, given))


def outcome(row: Row) -> str:
    """Return what became of a script: one word."""
    plain, watched, wanted = row["plain"], row["watched"], row["causes"]
    if "failed" in plain:
        return "fails alone"
    if "failed" in watched or any("the script failed" in n for n in watched.get("notes", ())):
        return "broken"
    if plain and plain["printed"] != watched["printed"]:
        return "changed"
    if "refused" in watched:
        return "refused"
    said = watched["causes"]
    if not wanted:
        return "false alarm" if said else watched["verdict"].partition(":")[0]
    if not said:
        return "missed"
    if said[0] in wanted:
        return "right first"
    under = [cause for causes in watched["under"] for cause in causes]
    return "in first three" if {*said[:3], *under} & set(wanted) else "wrong cause"


def share(part: int, whole: int) -> str:
    """Write a count and what it is of the whole."""
    return f"{part} of {whole} ({part / whole:.0%})" if whole else "0 of 0"


def table(rows: Sequence[Row]) -> str:
    """Return the results as text: healthy scripts, faulty ones, and what the doctor costs."""
    done = [(row, outcome(row)) for row in rows]
    healthy = [(row, word) for row, word in done if not row["causes"]]
    faulty = [(row, word) for row, word in done if row["causes"]]
    lines = [f"{len(healthy)} healthy scripts"]
    words = ("healthy", "uncertain", "refused", "false alarm", "broken", "changed", "fails alone")
    lines += [
        f"  {word}: {share(sum(w == word for _, w in healthy), len(healthy))}" for word in words
    ]
    long = [w for row, w in healthy if row["watched"].get("iterations", 0) >= LONG]
    lines.append(
        f"  healthy, of those of {LONG} iterations and more: "
        f"{share(sum(w == 'healthy' for w in long), len(long))}"
    )
    right = sum(w == "right first" for _, w in faulty)
    three = right + sum(w == "in first three" for _, w in faulty)
    lines += [
        f"{len(faulty)} faulty scripts",
        f"  right cause first: {share(right, len(faulty))}",
        f"  in the first three, or under them: {share(three, len(faulty))}",
    ]
    lines += [
        f"  {word}: {share(sum(w == word for _, w in faulty), len(faulty))}"
        for word in ("wrong cause", "missed", "refused", "broken", "changed", "fails alone")
    ]
    both = [row for row, word in done if row["plain"] and word not in ("broken", "fails alone")]
    if both:
        ratios = [r["watched"]["seconds"] / max(r["plain"]["seconds"], 1e-9) for r in both]
        reports = [r["watched"].get("report_seconds", 0.0) for r in both]
        lines += [
            f"processor time while it trains, beside without: {statistics.median(ratios):.2f} in "
            f"the median, {max(ratios):.2f} at most",
            f"the report: {statistics.median(reports):.1f} s of it in the median, "
            f"{max(reports):.1f} s at most",
        ]
    return "\n".join(lines)


def line(row: Row) -> str:
    """Return one script's result as a line."""
    watched = row["watched"]
    said = ", ".join(watched.get("causes", ())) or watched.get("verdict", "")
    wanted = f" (wanted {', '.join(row['causes'])})" if row["causes"] else ""
    more = watched.get("failed", "") or watched.get("refused", "") or row["plain"].get("failed", "")
    return f"{row['name']:34} {outcome(row):14} {said}{wanted} {more[-300:]}".rstrip()
