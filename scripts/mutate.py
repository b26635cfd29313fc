"""Put a random sample of mutants to the tests, and write the table of docs/reliability.md.

    make mutate                      300 mutants, with a new seed, which is printed
    make mutate SEED=7               the same again
    make mutate SEED=7 ARGS=--survivors                     of those, the ones that survived
    make mutate ARGS="--count 60 --package doctor"

Ctrl-C ends it early, with the table of what was asked until then.

A mutant is a small change of one module (see mutants.py). It is killed when a test fails. Asked
are the tests that run the changed line, which are recorded once and kept in .mutants/ (see
covering.py), as many as run in BUDGET seconds: a mutant that survives may yet be noticed by a test
that was not asked.

Everything happens in a copy of the working tree. Each test file that is asked runs in a process
forked from this one, which has imported what is slow to import and nothing of whygrad. A process
that takes five times what its tests took, and 20 seconds, of the processor's time is ended, and the
mutant is killed.
"""

from __future__ import annotations

import argparse
import contextlib
import datetime
import fnmatch
import importlib
import itertools
import json
import os
import py_compile
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import tomllib
import traceback
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(variable, "1")

import pytest  # noqa: E402
from covering import (  # noqa: E402
    Chosen,
    Recorded,
    choose,
    digest_of,
    functions_of,
    lines_of,
    load,
    name_at,
    save,
)
from hypothesis import Phase, settings  # noqa: E402
from mutants import Mutant, draw, mutants_of  # noqa: E402

ROOT = Path(__file__).parents[1]
CACHE = ROOT / ".mutants"
TREE = CACHE / "tree"
DOC = ROOT / "docs" / "reliability.md"
EQUIVALENT = Path(__file__).with_name("equivalent_mutants.toml")
BEGIN, END = "<!-- mutants: begin -->\n", "<!-- mutants: end -->\n"
# Of each package at least so many of a hundred are to be killed.
ASKED = {"engine": 90, "tape": 90, "explain": 90, "practice": 90, "whatif": 90}
ASKED |= {"doctor": 80, "clinic": 80}
# What tests faces and the machine, needs the packages that are slowest to import, or is slow.
WITHOUT = (
    "test_app*", "test_bench*", "test_cli", "test_cli_output", "test_wheel*", "test_notebook*",
    "test_readme*", "test_wire*", "test_imports*", "test_vocabulary*", "test_sweep*",
    "test_grading_agrees*", "test_files*", "test_doctor_bench*", "test_doctor_callbacks*",
    "test_practice_proof*", "test_why_t*", "test_mutate*",
)  # fmt: skip
SLOW_TO_IMPORT = ("numpy", "torch", "sklearn.datasets", "click", "rich.console", "hypothesis.extra")
BUDGET = 20.0  # seconds of tests that a mutant is put to
BUDGET_AGAIN = 60.0  # those that survived
OPTIONS = (
    "-q", "-m", "not slow", "-p", "no:cacheprovider", "-p", "no:randomly", "-p", "no:xdist",
    "--hypothesis-profile=mutants", "-W", "ignore::pytest.PytestAssertRewriteWarning",
)  # fmt: skip


class Watch:
    """A pytest plugin: keeps the order that tests were chosen in, and notes how they end."""

    def __init__(self, chosen: Chosen | None, known: Iterable[str] = ()) -> None:
        """Take the tests to run (all if None), and those that the file was known to have."""
        self.order = {name: n for n, name in enumerate(chosen.tests)} if chosen else None
        self.known = set(known)
        self.seconds: dict[str, float] = {}
        self.failed: list[str] = []

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Keep what was chosen, and what a change has given another name."""
        if self.order is not None:
            last = len(self.order)
            items[:] = [i for i in items if i.nodeid in self.order or i.nodeid not in self.known]
            items.sort(key=lambda item: self.order.get(item.nodeid, last) if self.order else 0)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Add up what a test takes with what is set up for it; note the first that fails."""
        self.seconds[report.nodeid] = self.seconds.get(report.nodeid, 0.0) + report.duration
        if report.failed and report.nodeid not in self.failed:
            self.failed.append(report.nodeid)


def copy_tree() -> None:
    """Copy what git knows of, and the built page, to where files may be changed."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, check=True, capture_output=True, text=True,
    ).stdout.split("\n")  # fmt: skip
    static = ROOT / "src" / "whygrad" / "app" / "static"
    wanted = {name for name in listed if name and (ROOT / name).is_file()}
    wanted |= {str(path.relative_to(ROOT)) for path in static.rglob("*") if path.is_file()}
    for path in TREE.rglob("*"):
        name = str(path.relative_to(TREE))
        if path.is_file() and "__pycache__" not in name and name not in wanted:
            path.unlink()
    for name in wanted:
        to = TREE / name
        if not to.exists() or digest_of(to) != digest_of(ROOT / name):
            to.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, to)


def forked(work: Callable[[], None], output: Path, seconds: float) -> str | None:
    """Run work in a process of its own; return why it was ended, or None if it came to its end.

    Args:
        work: What to do there.
        output: The file that takes what it prints.
        seconds: Of the processor's time, after which it is ended; of the clock's, ten times that.
    """
    child = os.fork()
    if not child:
        try:
            os.setsid()
            with output.open("w") as file:
                os.dup2(file.fileno(), 1)
                os.dup2(file.fileno(), 2)
            limit = int(seconds) + 1
            resource.setrlimit(resource.RLIMIT_CPU, (limit, limit))
            os.chdir(TREE)
            sys.path.insert(0, str(TREE / "src"))
            os.environ["PYTHONPATH"] = str(TREE / "src")
            work()
        except BaseException:
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            os._exit(0)
    until = time.monotonic() + 10 * seconds
    ended = status = 0
    try:
        while not ended and time.monotonic() < until:
            time.sleep(0.02)
            ended, status = os.waitpid(child, os.WNOHANG)
    finally:  # what its tests have started goes with it
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child, signal.SIGKILL)
    if not ended:
        os.waitpid(child, 0)
        return "it did not end"
    if os.WIFSIGNALED(status):
        name = signal.Signals(os.WTERMSIG(status)).name
        return "it did not end" if name in ("SIGXCPU", "SIGKILL") else f"the process died of {name}"
    return None


def record(test_file: str) -> Recorded:
    """Run all tests of a file in the unchanged copy, and return which lines each of them runs."""
    with tempfile.TemporaryDirectory() as folder:
        data, said = Path(folder) / "coverage", Path(folder) / "said.json"

        def work() -> None:
            from coverage import CoverageData

            os.environ["COVERAGE_FILE"] = str(data)
            watch = Watch(None)
            packages = [f"--cov=src/whygrad/{package}" for package in ASKED]
            options = [*packages, "--cov-context=test", "--cov-report=", "--cov-config=/dev/null"]
            pytest.main([*OPTIONS, *options, test_file], plugins=[watch])
            passed = {t: s for t, s in watch.seconds.items() if t not in watch.failed}
            coverage = CoverageData(str(data))
            coverage.read()
            lines = lines_of(coverage, TREE, {test: n for n, test in enumerate(passed)})
            recorded = Recorded(digest_of(TREE / test_file), passed, lines, watch.failed)
            said.write_text(json.dumps(vars(recorded)), "utf-8")

        log = CACHE / "log" / f"record-{Path(test_file).stem}.txt"
        why = forked(work, log, 3600)
        if not said.exists():
            raise SystemExit(f"{test_file} could not be recorded ({why}): see {log}")
        return Recorded(**json.loads(said.read_text("utf-8")))


def recordings(afresh: bool) -> dict[str, Recorded]:
    """Return what each test file runs, recorded now where it is not known or out of date."""
    found: dict[str, Recorded] = {}
    for path in sorted((TREE / "tests").glob("test_*.py")):
        if any(fnmatch.fnmatch(path.stem, pattern) for pattern in WITHOUT):
            continue
        file = str(path.relative_to(TREE))
        kept = CACHE / "recorded" / f"{path.stem}.json"
        known = load(kept)
        if known is None or afresh or known.digest != digest_of(path):
            started = time.monotonic()
            known = record(file)
            save(known, kept)
            failed = f", {len(known.failed)} failed: {known.failed}" if known.failed else ""
            took = time.monotonic() - started
            print(f"recorded {file}: {len(known.seconds)} tests, {took:.0f} s{failed}", flush=True)
        found[file] = known
    return found


def killed_by(chosen: Chosen, known: Recorded) -> str | None:
    """Run chosen tests of a file in the copy as it is; return which failed, or None."""
    with tempfile.TemporaryDirectory() as folder:
        said = Path(folder) / "said.json"

        def work() -> None:
            sys.dont_write_bytecode = True
            os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
            watch = Watch(chosen, [*known.seconds, *known.failed])
            code = int(pytest.main([*OPTIONS, "-x", chosen.file], plugins=[watch]))
            said.write_text(json.dumps([code, watch.failed]), "utf-8")

        log = CACHE / "log" / "last.txt"
        why = forked(work, log, 20 + 5 * chosen.seconds)
        if not said.exists():
            return f"{chosen.file}: {why or 'the process ended itself'}"
        code, failed = json.loads(said.read_text("utf-8"))
    if failed:
        return failed[0]
    # 5: no tests were there to run
    return None if code in (0, 5) else f"{chosen.file}: it could not be collected"


@contextlib.contextmanager
def mutated(mutant: Mutant) -> Iterator[None]:
    """Have the mutant's source in the copy, and no compiled form of another."""
    path = TREE / mutant.file
    before = path.read_bytes()
    for compiled in (path.parent / "__pycache__").glob(f"{path.stem}.*.pyc"):
        compiled.unlink()
    path.write_text(mutant.source, "utf-8")
    try:
        yield
    finally:
        path.write_bytes(before)
        py_compile.compile(str(path))


def outcome(
    mutant: Mutant,
    recorded: Mapping[str, Recorded],
    known: Sequence[Mapping[str, str]],
    budget: float,
) -> tuple[str, str]:
    """Put a mutant to its tests; return "killed", "survived" or "equivalent", and by what or why.

    Args:
        mutant: The change.
        recorded: What each test file runs.
        known: The mutants that are known to be equivalent.
        budget: How many seconds of tests are run.
    """
    source = (TREE / mutant.file).read_text("utf-8")
    function = functions_of(source)[mutant.line]
    texts = [line.strip() for line in source.splitlines()[mutant.line - 1 : mutant.last]]
    place = (mutant.file.removeprefix("src/whygrad/"), function, mutant.before, mutant.after)
    for each in known:
        if (each["file"], each["function"], each["before"], each["after"]) == place:
            return "equivalent", each["reason"]
    asked = choose(recorded, mutant.file, function, texts, budget, name_at(source, mutant.line))
    with mutated(mutant):
        for chosen in asked:
            if test := killed_by(chosen, recorded[chosen.file]):
                return "killed", test
    return "survived", f"{sum(len(each.tests) for each in asked)} tests asked"


def shares(count: int, packages: Sequence[str]) -> dict[str, int]:
    """Share out so many mutants among packages, as evenly as it goes."""
    return {p: count // len(packages) + (n < count % len(packages)) for n, p in enumerate(packages)}


def equivalents() -> list[dict[str, str]]:
    """Return the mutants that are known to change nothing that matters, each with why.

    Raises:
        SystemExit: A line that one of them changes is no longer there.
    """
    listed = tomllib.loads(EQUIVALENT.read_text("utf-8"))["mutant"]
    for each in listed:
        lines = (ROOT / "src" / "whygrad" / each["file"]).read_text("utf-8").splitlines()
        if each["before"] not in [line.strip() for line in lines]:
            raise SystemExit(f"{EQUIVALENT.name}: {each['file']} has no line {each['before']!r}")
    return listed


def counts_kept() -> tuple[Path, dict[str, int]]:
    """Return how many mutants each source has, as far as it was counted, and where that is kept."""
    path = CACHE / f"counts-{digest_of(Path(__file__).with_name('mutants.py'))}.json"
    return path, json.loads(path.read_text("utf-8")) if path.exists() else {}


def table(rows: Sequence[tuple[str, str]], count: int, seed: int) -> str:
    """Return the part of docs/reliability.md that a run is summed up in.

    Args:
        rows: Of each mutant its package and what became of it: "killed", "equivalent", "survived";
            "since" if it survived and is now killed, or its line no longer there.
        count: How many were asked for.
        seed: What they were drawn with.
    """
    lines = [
        "| package | mutants | equivalent | killed | killed, % | at least | noticed since | left |",
        "|---|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for package, least in ASKED.items():
        became = Counter(row[1] for row in rows if row[0] == package)
        share = 100 * became["killed"] / max(became.total() - became["equivalent"], 1)
        lines.append(
            f"| {package} | {became.total()} | {became['equivalent']} | {became['killed']} "
            f"| {share:.0f} | {least} | {became['since']} | {became['survived']} |"
        )
    first = f", the first of {count}" if len(rows) < count else ""
    made = f"{datetime.datetime.now(datetime.UTC):%d %B %Y}"
    lines += [
        "",
        f"{len(rows)} mutants{first}, drawn with seed {seed} on {made}: "
        f'`make mutate SEED={seed} ARGS="--count {count}"`. The share is of those that are not '
        "equivalent.",
        "",
        "Equivalent mutants, of this draw and of earlier ones:",
        "",
    ]
    for each in equivalents():
        lines.append(f"- {each['file']}: `{each['before']}` → `{each['after']}`. {each['reason']}")
    return "\n".join(lines) + "\n"


def write_table(text: str) -> None:
    """Put the table where docs/reliability.md has the last one."""
    doc = DOC.read_text("utf-8")
    before, after = doc[: doc.index(BEGIN)], doc[doc.index(END) :]
    DOC.write_text(f"{before}{BEGIN}{text}{after}", "utf-8")


def new(given: argparse.Namespace) -> list[tuple[str, Mutant]]:
    """Draw, one mutant of each package in turn: a run that is ended early has looked at all."""
    path, counts = counts_kept()
    drawn = [
        [(package, mutant) for mutant in draw(TREE, package, count, given.seed, counts)]
        for package, count in shares(given.count, given.packages or list(ASKED)).items()
    ]
    path.write_text(json.dumps(counts), "utf-8")
    return list(filter(None, itertools.chain(*itertools.zip_longest(*drawn))))


def again(kept: Sequence[Sequence[str]]) -> list[tuple[str, Mutant | None, str, str]]:
    """Return the mutants of an earlier run with what became of them; None is no longer there."""
    found: list[tuple[str, Mutant | None, str, str]] = []
    for package, file, before, after, became, why in kept:
        mutant = Mutant(file, 0, 0, before, after, "")
        if became != "killed":
            source = (TREE / file).read_text("utf-8")
            same = (m for m in mutants_of(file, source) if (m.before, m.after) == (before, after))
            mutant = next(same, None)
        found.append((package, mutant, became, why))
    return found


def main() -> None:
    """Draw, ask, and say what survived."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--count", type=int, default=300)
    options.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    options.add_argument("--package", action="append", choices=list(ASKED), dest="packages")
    options.add_argument("--survivors", action="store_true", help="only what survived last time")
    options.add_argument("--afresh", action="store_true", help="record every test file again")
    options.add_argument("--write", action="store_true", help="write docs/reliability.md")
    given = options.parse_args()
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's "&" takes it away
    (CACHE / "log").mkdir(parents=True, exist_ok=True)
    print(f"seed {given.seed}", flush=True)
    known = equivalents()
    copy_tree()
    settings.register_profile(
        "mutants",
        deadline=None, derandomize=True, database=None,
        phases=[Phase.explicit, Phase.generate],
    )  # fmt: skip
    for module in SLOW_TO_IMPORT:
        importlib.import_module(module)
    recorded = recordings(given.afresh)
    kept = CACHE / f"outcomes-{given.seed}.json"
    if given.survivors:
        asked = again(json.loads(kept.read_text("utf-8")))
    else:
        asked = [(package, mutant, "", "") for package, mutant in new(given)]
    rows: list[tuple[str, str]] = []
    outcomes: list[tuple[str, ...]] = []
    budget = BUDGET_AGAIN if given.survivors else BUDGET
    with contextlib.suppress(KeyboardInterrupt):
        for package, mutant, became, why in asked:
            if mutant is None:
                rows.append((package, "since"))
                continue
            started = time.monotonic()
            if became != "killed":
                became, why = outcome(mutant, recorded, known, budget)
                took = time.monotonic() - started
                print(f"{became} {mutant.file}:{mutant.line} ({why}; {took:.1f} s)", flush=True)
                if became == "survived":
                    print(f"    - {mutant.before}\n    + {mutant.after}", flush=True)
                if given.survivors and became == "killed":
                    became = "since"
            rows.append((package, became))
            outcomes.append((package, mutant.file, mutant.before, mutant.after, became, why))
            if not given.survivors:
                kept.write_text(json.dumps(outcomes), "utf-8")
    text = table(rows, given.count, given.seed)
    print(text.partition("\n\nEquivalent")[0])
    if given.write:
        write_table(text)


if __name__ == "__main__":
    main()
