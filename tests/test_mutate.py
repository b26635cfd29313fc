"""`make mutate`: which changes it makes, which tests it asks, and what it sums up."""

from __future__ import annotations

import random
from pathlib import Path

import mutate
import pytest
from covering import Recorded, choose, functions_of, name_at, running
from mutants import draw, mutants_of

SOURCE = """\
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    LIMIT = 1

MOST = 3


@property
def small(x: int | None = None) -> bool:
    if x is None:
        return True
    return x < MOST and len([0]) == MOST


EXAMPLES = (Example([1.0, 2.0]),)
"""


def changes(source: str) -> set[tuple[int, str]]:
    return {(each.line, each.after) for each in mutants_of("m.py", source)}


def test_an_operator_a_comparison_a_number_and_a_condition_are_changed() -> None:
    assert changes(SOURCE) == {
        (6, "MOST = 4"),
        (11, "if not (x is None):"),
        (11, "if x is not None:"),
        (12, "return False"),
        (13, "return x <= MOST and len([0]) == MOST"),
        (13, "return x < MOST or len([0]) == MOST"),
        (13, "return x < MOST and len([0]) != MOST"),
    }


def test_a_condition_of_a_loop_is_negated_whole() -> None:
    assert (1, "while not (a or b):") in changes("while a or b:\n    c()\n")


def test_every_mutant_of_a_package_can_be_compiled() -> None:
    some = random.Random(1).sample(sorted(Path("src/whygrad/explain").glob("*.py")), 2)
    for path in some:
        source = path.read_text("utf-8")
        for mutant in mutants_of(str(path), source, [0, 1]):
            assert mutant.source != source
            compile(mutant.source, mutant.file, "exec")


def test_what_is_drawn_follows_from_the_seed(tmp_path: Path) -> None:
    package = tmp_path / "src" / "whygrad" / "tape"
    package.mkdir(parents=True)
    (package / "a.py").write_text(SOURCE, "utf-8")
    (package / "b.py").write_text(SOURCE, "utf-8")
    counts: dict[str, int] = {}
    drawn = draw(tmp_path, "tape", 5, 7, counts)
    assert counts
    assert drawn == draw(tmp_path, "tape", 5, 7, counts)
    assert drawn != draw(tmp_path, "tape", 5, 8, counts)
    every = draw(tmp_path, "tape", 999, 7, counts)
    assert len(every) == len({(each.file, each.line, each.after) for each in every}) == 14


RECORDED = Recorded(
    "digest",
    {"quick": 1.0, "slow": 5.0, "other": 2.0},
    {"src/whygrad/tape/a.py": {"f": {"one": [1, 0], "two": [0]}, "g": {"three": [2]}}},
)


@pytest.mark.parametrize(
    ("function", "text", "tests"),
    [
        ("f", "one", ["quick", "slow"]),
        ("f", "two", ["quick"]),
        ("f", "not seen by itself", ["quick", "slow"]),
        ("", "at import", ["quick", "other", "slow"]),
        ("new", "one", ["quick", "other", "slow"]),
    ],
)
def test_asked_are_the_tests_that_run_the_line(function: str, text: str, tests: list[str]) -> None:
    assert running(RECORDED, "src/whygrad/tape/a.py", function, [text]) == tests
    assert running(RECORDED, "src/whygrad/tape/b.py", function, [text]) == []


def test_of_several_lines_the_tests_of_all_are_asked() -> None:
    recorded = Recorded("digest", RECORDED.seconds, {"a.py": {"f": {"one": [0], "two": [1]}}})
    assert running(recorded, "a.py", "f", ["one", "not seen", "two"]) == ["quick", "slow"]


def test_a_change_spans_what_it_changes_and_not_what_follows_from_it() -> None:
    source = "x = [\n    1 if a\n    else 2\n]\nif (\n    a\n):\n    b()\n    c()\n"
    spans = {(each.line, each.last) for each in mutants_of("m.py", source)}
    assert spans == {(2, 2), (3, 3), (2, 3), (5, 6)}


def test_a_budget_is_kept_and_the_module_s_own_tests_come_first() -> None:
    file = "src/whygrad/tape/a.py"
    recorded = {"tests/test_whatif.py": RECORDED, "tests/test_tape.py": RECORDED}

    def asked(budget: float) -> list[tuple[str, tuple[str, ...]]]:
        return [(each.file, each.tests) for each in choose(recorded, file, "f", ["one"], budget)]

    both = ("quick", "slow")
    assert asked(12) == [("tests/test_tape.py", both), ("tests/test_whatif.py", both)]
    assert asked(10) == [("tests/test_tape.py", both[:1]), ("tests/test_whatif.py", both[:1])]
    assert asked(1) == [("tests/test_tape.py", both[:1])]


def test_tests_that_name_what_is_changed_come_first() -> None:
    seconds = {"t.py::test_a": 1.0, "t.py::test_b[where-0]": 2.0, "t.py::test_c[tanh]": 3.0}
    recorded = {"t.py": Recorded("", seconds, {"src/whygrad/x/tanh.py": {"f": {"": [0, 1, 2]}}})}

    def asked(name: str) -> list[str]:
        (only,) = choose(recorded, "src/whygrad/x/tanh.py", "", [], 99, name)
        return [test[-3:] for test in only.tests]

    assert asked("where") == ["-0]", "nh]", "t_a"]
    assert asked("") == ["nh]", "t_a", "-0]"]
    source = "where = Op(\n    f,\n)\nclass C:\n    def f(self):\n        return 1\n"
    assert [name_at(source, line) for line in (1, 2, 4, 6)] == ["where", "where", "C", "f"]


def test_a_line_knows_its_function() -> None:
    source = "a = 1\nclass C:\n    def f(self):\n        return 1\n\nb = 2\n"
    assert functions_of(source)[1:] == ["", "C", "C.f", "C.f", "", ""]


def test_mutants_are_shared_out_evenly() -> None:
    assert mutate.shares(8, ["engine", "tape", "explain"]) == {"engine": 3, "tape": 3, "explain": 2}


def test_what_is_listed_as_equivalent_is_still_there() -> None:
    # Refused where a line is gone.
    for each in mutate.equivalents():
        assert each["before"] != each["after"]
        assert each["reason"].endswith(".")


def test_a_line_that_is_gone_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    listed = tmp_path / "equivalent.toml"
    listed.write_text('[[mutant]]\nfile = "errors.py"\nbefore = "no such line"\n', "utf-8")
    monkeypatch.setattr(mutate, "EQUIVALENT", listed)
    with pytest.raises(SystemExit, match="errors.py has no line 'no such line'"):
        mutate.equivalents()


def test_the_share_is_of_those_that_are_not_equivalent_as_they_were_first_asked() -> None:
    became = ["killed", "killed", "killed", "since", "survived", "equivalent"]
    rows = [("tape", one) for one in became]
    assert "| tape | 6 | 1 | 3 | 60 | 90 | 1 | 1 |" in mutate.table(rows, 6, 7)
