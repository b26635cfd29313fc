"""Practising on the command line: what it prints, what it refuses, what programs may read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from whygrad.cli.commands import whygrad
from whygrad.practice import KINDS, exercise, from_id, starter

NEURON = starter("neuron").replace("dw = 0.0", "dz = -2 * (y - a) * (z > 0); dw = dz * x")
RIGHT = NEURON.replace("db = 0.0", "db = dz")


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(whygrad, [str(argument) for argument in arguments])


def printed(*arguments: str | Path) -> str:
    result = run(*arguments)
    assert result.exit_code == 0, result.output
    return result.stdout


def refused(*arguments: str | Path) -> str:
    result = run(*arguments)
    assert result.exit_code == 2, result.output
    assert "Traceback" not in result.output
    assert result.stdout == ""
    return " ".join(result.stderr.split())


def file(folder: Path, name: str, data: Any) -> Path:
    path = folder / name
    path.write_text(data if isinstance(data, str) else json.dumps(data), encoding="utf-8")
    return path


def test_an_exercise_is_printed() -> None:
    said = printed("exercise", "--seed", "7", "--feature", "fanout")
    assert "a = x + 4" in said
    assert "dL/dx: What is ∂L/∂x, the rate of the loss per unit of x?" in said
    assert "next_number.fanout.solo.7.v2" in said
    assert "    8\n" not in said
    assert "    8\n" in printed("exercise", "--seed", "7", "--feature", "fanout", "--with-answers")


def test_a_harder_exercise_is_printed() -> None:
    said = printed("exercise", "--seed", "7", "--feature", "fanout", "--difficulty", "3")
    assert "next_number.fanout.solo.7.3.v2" in said
    sheet = printed("worksheet", "--seed", "7", "--feature", "fanout", "--difficulty", "3")
    assert "next_number.fanout.solo.10.3.v2" in sheet


def test_commands_to_copy_are_not_broken_into_lines() -> None:
    said = printed("exercise", "--feature", "second_iteration", "--kind", "find_the_mistake")
    id_ = "find_the_mistake.second_iteration.solo.0.v2"
    assert f"  whygrad exercise --id {id_} --format json > exercise.json\n" in said
    assert said.startswith("The second iteration  (")


@pytest.mark.parametrize("kind", KINDS)
def test_an_exercise_is_written_for_programs(kind: str) -> None:
    options = ("exercise", "--seed", "7", "--kind", kind, "--fading", "completion")
    data = json.loads(printed(*options, "--format", "json"))
    assert data == exercise(7, kind=kind, fading="completion").to_json()
    with_answers = json.loads(printed(*options, "--format", "json", "--with-answers"))
    assert all("answer" in ask for ask in with_answers["asks"])
    assert json.loads(printed("exercise", "--id", data["id"], "--format", "json")) == data


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("exercise", "--feature", "fanot"), "did you mean 'fanout'"),
        (("exercise", "--kind", "order"), "unknown kind 'order'"),
        (("exercise", "--seed", "-1"), "-1 is not in the range"),
        (("exercise", "--difficulty", "9"), "9 is not in the range"),
        (("exercise", "--id", "7"), "is not an exercise's id"),
        (("worksheet", "--count", "0"), "0 is not in the range"),
        (("grade", "none.json", "none.json"), "does not exist"),
        (("check",), "say which file to check"),
        (("check", "none.py"), "there is no file"),
        (("check", "--starter", "nought"), "'nought' is not one of"),
    ],
)
def test_what_is_not_there_is_refused(arguments: tuple[str, ...], says: str) -> None:
    assert says in refused(*arguments)


# --- grade ------------------------------------------------------------------------------------


def test_answers_are_graded(tmp_path: Path) -> None:
    given = file(tmp_path, "e.json", from_id("next_number.fanout.solo.7.v2").to_json())
    answers = file(tmp_path, "a.json", {"a": "6", "L": 12, "dL/da": None, "dL/dx": " 4,0 "})
    found = json.loads(printed("grade", given, answers, "--format", "json"))
    assert [list(mark) for mark in found] == [
        ["name", "correct", "expected", "mistakes", "feedback", "carried"]
    ] * 5
    assert [mark["correct"] for mark in found] == [True, True, None, False, None]
    assert found[3]["expected"] == 8.0
    text = printed("grade", given, answers)
    assert "✓ a: 6" in text
    assert "✗ ∂L/∂x: 4,0" in text
    assert "· x′: nothing" in text


def test_an_open_answer_is_rated(tmp_path: Path) -> None:
    made = exercise(3, kind="choose_the_remedy")
    given = file(tmp_path, "e.json", made.to_json())
    answers = file(tmp_path, "a.json", {"remedy": "zero the gradients"})
    assert "--rating 4" in printed("exercise", "--id", made.id)
    assert "rating" not in json.loads(printed("grade", given, answers, "--format", "json"))[0]
    rated = ("grade", given, answers, "--rating", "4")
    assert "You rate your own 4 of 5." in " ".join(printed(*rated).split())
    (mark,) = json.loads(printed(*rated, "--format", "json"))
    assert mark["rating"] == 4
    kept = file(tmp_path, "b.json", {"remedy": "zero the gradients", "rating": 4})
    assert json.loads(printed("grade", given, kept, "--format", "json")) == [mark]
    number = file(tmp_path, "n.json", exercise(7).to_json())
    blank = file(tmp_path, "c.json", {})
    assert "--rating is for open answers" in refused("grade", number, blank, "--rating", "4")


def test_an_exercise_with_answers_is_graded_too(tmp_path: Path) -> None:
    given = file(tmp_path, "e.json", exercise(7).to_json(with_answers=True))
    assert printed("grade", given, file(tmp_path, "a.json", "{}"))


@pytest.mark.parametrize(
    ("data", "answers", "says"),
    [
        ("{", {}, "e.json, line 1: this is not JSON"),
        ("[]", {}, "e.json: this is not an exercise: it has no id"),
        ({"id": "x"}, {}, "is not an exercise's id"),
        (
            {"id": "next_number.fanout.solo.7.v2", "seed": 8},
            {},
            "e.json: the exercise's seed is not",
        ),
        (None, "{\n 'a'}", "a.json, line 2: this is not JSON"),
        (None, [1], "a.json: answers are an object"),
        (None, {"a": [1]}, "the answer for a must be a number or a text"),
        (None, {"a": True}, "the answer for a must be a number or a text"),
        (None, {"dL/dy": "1"}, "a.json: unknown answer 'dL/dy': did you mean 'dL/dx'"),
        (None, "\ud800", "a.json"),
    ],
)
def test_files_that_cannot_be_graded_are_refused(
    tmp_path: Path, data: Any, answers: Any, says: str
) -> None:
    fanout = exercise(7, feature="fanout").to_json()
    given = file(tmp_path, "e.json", fanout if data is None else data)
    if answers == "\ud800":
        path = tmp_path / "a.json"
        path.write_bytes(b"\xff\xfe\x00")
    else:
        path = file(tmp_path, "a.json", answers)
    assert says in refused("grade", given, path)


def test_homework_is_checked(tmp_path: Path) -> None:
    answers = file(tmp_path, "a.json", {"w1_new": "0.675", "dL/dyhat": "-1.75"})
    found = json.loads(printed("homework", "flow", answers, "--format", "json"))
    assert [mark["name"] for mark in found] == ["dL/dyhat", "w1_new"]
    assert found[0]["mistakes"] == ["forget_factor_two"]
    assert "you forget the 2 of the square" in " ".join(
        printed("homework", "flow", answers).split()
    )
    assert "There are no answers" in printed("homework", "flow", file(tmp_path, "b.json", "{}"))
    wrong = file(tmp_path, "c.json", {"w1": "1"})
    assert "c.json: w1 is given, not worked out" in refused("homework", "flow", wrong)


def test_homework_may_be_lines_of_text(tmp_path: Path) -> None:
    work = file(tmp_path, "work.txt", "z1 = 0.5\ndL/dw₁ = 1.75\n\nq = 3\n")
    shown = printed("homework", "flow", work)
    assert "✓ z₁: 0.5" in shown
    assert "✗ ∂L/∂w₁: 1.75" in shown
    assert "· q = 3" in shown
    assert "No number here is called" in shown
    right, wrong, unknown = json.loads(printed("homework", "flow", work, "--format", "json"))
    assert (right["correct"], wrong["correct"]) == (True, False)
    assert unknown["typed"] == "q = 3"
    assert "There are no answers" in printed("homework", "flow", file(tmp_path, "none.txt", "\n"))


def test_a_text_that_is_no_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "work.txt"
    path.write_bytes(b"\xff\xfe=1")
    assert "work.txt: this is not text in UTF-8" in refused("homework", "flow", str(path))


# --- worksheet --------------------------------------------------------------------------------


def test_a_worksheet_is_written(tmp_path: Path) -> None:
    page = printed("worksheet", "--seed", "7", "--count", "2", "--feature", "fanout")
    assert page.startswith("<!doctype html>")
    assert "next_number.fanout.solo.7.v2" in page
    assert "next_number.fanout.solo.8.v2" in page
    out = tmp_path / "sheet.html"
    assert "print it" in printed(
        "worksheet", "--seed", "7", "--count", "2", "--feature", "fanout", "-o", out
    )
    assert out.read_text(encoding="utf-8") == page
    assert "cannot be written" in refused("worksheet", "-o", tmp_path / "none" / "sheet.html")


# --- check ------------------------------------------------------------------------------------


def test_a_start_off_file_is_printed_or_written_once(tmp_path: Path) -> None:
    assert printed("check", "--starter", "neuron") == starter("neuron")
    path = tmp_path / "mine.py"
    assert "Fill it in" in printed("check", "--starter", "neuron", path)
    assert path.read_text(encoding="utf-8") == starter("neuron")
    path.write_text("mine", encoding="utf-8")
    assert "is there already; it is left as it is" in refused("check", "--starter", "neuron", path)
    assert path.read_text(encoding="utf-8") == "mine"


def test_what_is_right_ends_well(tmp_path: Path) -> None:
    path = file(tmp_path, "mine.py", RIGHT)
    assert "neuron: right in all 12 cases." in printed("check", path)
    (found,) = json.loads(printed("check", path, "--format", "json"))
    assert found == {
        "function": "neuron",
        "right": True,
        "passed": 12,
        "total": 12,
        "trouble": "",
        "wrong": None,
    }


def test_what_is_wrong_says_where_by_how_much_and_why(tmp_path: Path) -> None:
    path = file(tmp_path, "mine.py", RIGHT.replace("-2 *", "-1 *"))
    result = run("check", path, "--seed", "3")
    assert result.exit_code == 1
    said = " ".join(result.stdout.split())
    assert "dw is the first number that is wrong" in said
    assert "0.5 times the right one" in said
    assert "You forgot the 2 of the square: that gives your number." in said
    assert "The case: w = " in said
    (found,) = json.loads(run("check", path, "--format", "json").stdout)
    assert found["wrong"]["mistakes"][0] == "forget_factor_two"
    assert found["wrong"]["found"] == pytest.approx(found["wrong"]["expected"] / 2)


def test_what_is_not_written_yet_is_told(tmp_path: Path) -> None:
    result = run("check", file(tmp_path, "mine.py", starter("neuron")))
    assert result.exit_code == 1
    assert "is this part of the backward pass written yet?" in " ".join(result.stdout.split())


def test_what_is_no_finite_number_is_told(tmp_path: Path) -> None:
    broken = RIGHT.replace("dw = dz * x", 'dw = float("nan")')
    result = run("check", file(tmp_path, "mine.py", broken))
    assert result.exit_code == 1
    said = " ".join(result.stdout.split())
    assert "yours NaN" in said
    assert "is something divided by 0" in said
    assert "NaN times" not in said


def test_what_does_not_run_is_told(tmp_path: Path) -> None:
    result = run("check", file(tmp_path, "mine.py", "def neuron(w, b, x, y):\n    return w / 0\n"))
    assert result.exit_code == 1
    assert "line 2 (return w / 0): ZeroDivisionError" in " ".join(result.stdout.split())
    assert "does not run" in refused("check", file(tmp_path, "mine.py", "def neuron("))
