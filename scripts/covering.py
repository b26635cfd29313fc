"""Which tests run which line: recorded once for each test file, and looked up by mutate.py.

What is kept names a line by its function and its text, so that it stays true when lines move. A
test file is recorded again when it has changed.
"""

from __future__ import annotations

import ast
import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

# function, then text of the line: the tests that run it, by their numbers
Lines = dict[str, dict[str, list[int]]]


@dataclass
class Recorded:
    """What came of the tests of one file."""

    digest: str
    seconds: dict[str, float]  # of each test that passed
    lines: dict[str, Lines]  # by source file
    failed: list[str] = field(default_factory=list[str])


@dataclass(frozen=True)
class Chosen:
    """Tests of one file, in the order they are to be run."""

    file: str
    tests: tuple[str, ...]
    seconds: float


def digest_of(path: Path) -> str:
    """Return what a file's text is recognised by."""
    return hashlib.sha256(path.read_bytes()).hexdigest()[:16]


def functions_of(source: str) -> list[str]:
    """Return for each line the function or class it stands in, "" outside of any."""
    tree = ast.parse(source)
    names = [""] * (len(source.splitlines()) + 1)

    def name(nodes: Iterable[ast.AST], within: str) -> None:
        for node in nodes:
            inner = within
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                inner = f"{within}.{node.name}".lstrip(".")
                for line in range(node.lineno, (node.end_lineno or node.lineno) + 1):
                    names[line] = inner
            name(ast.iter_child_nodes(node), inner)

    name([tree], "")
    return names


def name_at(source: str, line: int) -> str:
    """Return what stands at a line: the innermost function's name, or that of a module's row."""
    if function := functions_of(source)[line]:
        return function.rpartition(".")[2]
    for node in ast.parse(source).body:
        if isinstance(node, ast.Assign) and node.lineno <= line <= (node.end_lineno or line):
            return node.targets[0].id if isinstance(node.targets[0], ast.Name) else ""
    return ""


def lines_of(data: Any, root: Path, tests: Mapping[str, int]) -> dict[str, Lines]:
    """Return which of the tests run which lines, out of coverage's data.

    Args:
        data: A `coverage.CoverageData` whose contexts are tests, as pytest-cov records them.
        root: The folder that the names of files are relative to.
        tests: The number of each test.
    """
    found: dict[str, Lines] = {}
    for file in data.measured_files():
        source = Path(file).read_text("utf-8")
        texts, functions = source.splitlines(), functions_of(source)
        lines: dict[str, dict[str, set[int]]] = defaultdict(lambda: defaultdict(set))
        for line, contexts in data.contexts_by_lineno(file).items():
            numbers = {
                tests[test]
                for test in (context.rpartition("|")[0] for context in contexts)
                if test in tests
            }
            if numbers:
                lines[functions[line]][texts[line - 1].strip()] |= numbers
        if lines:
            found[str(Path(file).relative_to(root))] = {
                function: {text: sorted(numbers) for text, numbers in by_text.items()}
                for function, by_text in lines.items()
            }
    return found


def load(path: Path) -> Recorded | None:
    """Return what was kept of a test file, or None."""
    return Recorded(**json.loads(path.read_text("utf-8"))) if path.exists() else None


def save(recorded: Recorded, path: Path) -> None:
    """Keep what was recorded of a test file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(vars(recorded)), "utf-8")


def running(recorded: Recorded, file: str, function: str, texts: Iterable[str]) -> list[str]:
    """Return the tests of one file that run any of some lines, the quickest first.

    Where no line was seen by itself (they are part of a statement, run at import, or have
    changed since), they are the tests that run their function; failing that, any of its module.
    """
    lines = recorded.lines.get(file, {})
    within = lines.get(function, {}) if function else {}
    numbers = {n for text in texts for n in within.get(text, ())} or {
        n for tests in within.values() for n in tests
    }
    if not numbers:
        numbers = {n for by_text in lines.values() for tests in by_text.values() for n in tests}
    names = list(recorded.seconds)
    return sorted((names[n] for n in numbers), key=recorded.seconds.__getitem__)


# What runs in a process of its own, where nothing is recorded, and the tests that start it.
IN_CHILDREN = {"src/whygrad/practice/learner.py": "tests/test_check.py"}


def choose(
    recorded: Mapping[str, Recorded],
    file: str,
    function: str,
    texts: Sequence[str],
    budget: float,
    name: str = "",
) -> list[Chosen]:
    """Return the tests to put changed lines to, as far as the budget of seconds goes.

    A file named after the module or its package comes first, then the quickest. No file may take
    more than half the budget. Of its tests, those come first whose own names have that of the
    module or, where it is given, of what is changed: of `where`, the tests of the op `where`.
    """
    named = {Path(file).stem, name} - {""}
    words = set(Path(file).with_suffix("").parts[2:])
    chosen: list[tuple[bool, Chosen]] = []
    for test_file, record in recorded.items():
        tests, seconds = [], 0.0
        within = running(record, file, function, texts)
        if IN_CHILDREN.get(file) == test_file:
            within = sorted(record.seconds, key=record.seconds.__getitem__)
        within.sort(key=lambda test: not any(n in test.partition("::")[2] for n in named))
        for test in within:
            if tests and seconds + record.seconds[test] > budget / 2:
                break
            tests.append(test)
            seconds += record.seconds[test]
        if tests:
            stem = set(Path(test_file).stem.removeprefix("test_").split("_"))
            chosen.append((not words & stem, Chosen(test_file, tuple(tests), seconds)))
    chosen.sort(key=lambda pair: (pair[0], pair[1].seconds))
    taken: list[Chosen] = []
    left = budget
    for _, each in chosen:
        if taken and each.seconds > left:
            continue
        taken.append(each)
        left -= each.seconds
    return taken
