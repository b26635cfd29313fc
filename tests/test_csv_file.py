"""A CSV file gives examples, or one clear message."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from whygrad.data import csv_file, describe_csv, parse_csv, read_csv
from whygrad.errors import DataError
from whygrad.files import read_limited


def refused(content: bytes | str, **options: Any) -> str:
    with pytest.raises(DataError) as error:
        parse_csv(content, source="my.csv", **{"target": ["y"], **options})
    return str(error.value)


# --- what is read ----------------------------------------------------------------------------


def test_numbers_become_samples() -> None:
    dataset = parse_csv("a, b ,y\n1,2.5,3\n -4 ,+5e-1,.5\n", target=["y"], source="my.csv")
    assert dataset.x.tolist() == [[1, 2.5], [-4, 0.5]]
    assert dataset.y.tolist() == [[3], [0.5]]
    assert dataset.feature_names == ("a", "b")
    assert dataset.target_names == ("y",)
    assert (dataset.name, dataset.task, dataset.note) == ("my.csv", "regression", "")


@pytest.mark.parametrize(
    "content",
    [
        b"\xef\xbb\xbfa,y\r\n1,2\r\n3,4\r\n",
        "\ufeffa,y\n1,2\n3,4",
        "a,y\r1,2\r3,4\r",
        "\n\na,y\n\n1,2\n \n3,4\n\n",
        '"a","y"\n"1","2"\n"3","4"\n',
    ],
)
def test_ways_to_write_the_same(content: bytes | str) -> None:
    dataset = parse_csv(content, target="y")
    assert dataset.x.tolist() == [[1], [3]]
    assert dataset.y.tolist() == [[2], [4]]


def test_a_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "points.csv"
    path.write_text("a,y\n1,2\n", encoding="utf-8")
    assert read_csv(path, target=["y"]).name == "points"
    assert read_csv(str(path), target=["y"], name="mine").name == "mine"


def test_a_table_is_described_to_choose_from() -> None:
    summary = describe_csv("size,colour,y\n1,red,0\n2.5,blue,1\n1,red,1\n", source="my.csv")
    assert (summary.source, summary.rows, summary.likely_targets) == ("my.csv", 3, ("y",))
    size, colour, _ = summary.columns
    assert (size.name, size.numeric, size.distinct, size.examples) == (
        "size",
        True,
        2,
        ("1", "2.5"),
    )
    assert (colour.numeric, colour.distinct, colour.examples) == (False, 2, ("red", "blue"))


def test_only_some_of_a_columns_cells_are_given() -> None:
    many = describe_csv("a\n" + "\n".join(map(str, range(9))))
    assert many.columns[0].distinct == 9
    assert many.columns[0].examples == ("0", "1", "2", "3", "4")


@pytest.mark.parametrize(
    ("header", "likely"),
    [("a,b", "b"), ("Y,b", "Y"), ("label,y,b", "label"), ("Class,TARGET,b", "TARGET")],
)
def test_the_likely_target_has_a_usual_name_or_comes_last(header: str, likely: str) -> None:
    cells = ",".join("1" for _ in header.split(","))
    assert describe_csv(f"{header}\n{cells}\n").likely_targets == (likely,)


def test_what_is_no_table_is_not_described() -> None:
    with pytest.raises(DataError, match="my.csv"):
        describe_csv("", source="my.csv")


def test_columns_are_taken_as_asked() -> None:
    text = "a,b,c,y,z\n1,2,3,4,5\n6,7,8,9,1\n"
    dataset = parse_csv(text, target=["z", "y"], features=["c", "a"])
    assert dataset.feature_names == ("c", "a")
    assert dataset.x.tolist() == [[3, 1], [8, 6]]
    assert dataset.target_names == ("z", "y")
    assert dataset.y.tolist() == [[5, 4], [1, 9]]
    assert parse_csv(text, target="y", features="b").feature_names == ("b",)


def test_text_columns_are_left_out_and_said_so() -> None:
    dataset = parse_csv("name,a,y\nAnn,1,2\nBob,3,4\n", target=["y"])
    assert dataset.feature_names == ("a",)
    assert dataset.note == "Left out, for they hold no numbers: name."


# --- what the target asks for ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("cells", "task", "classes", "targets"),
    [
        ("0 1 1", "binary", None, ("y",)),
        ("no yes no", "binary", ("no", "yes"), ("y",)),
        (
            "red blue green",
            "classes",
            ("blue", "green", "red"),
            ("y = blue", "y = green", "y = red"),
        ),
        ("0 1 2", "regression", None, ("y",)),
        ("0 0 0", "regression", None, ("y",)),
        ("1.5 2 3", "regression", None, ("y",)),
    ],
)
def test_the_task_follows_from_the_target(
    cells: str, task: str, classes: tuple[str, ...] | None, targets: tuple[str, ...]
) -> None:
    rows = "\n".join(f"{i},{cell}" for i, cell in enumerate(cells.split()))
    dataset = parse_csv(f"a,y\n{rows}\n", target=["y"])
    assert (dataset.task, dataset.classes, dataset.target_names) == (task, classes, targets)


def test_words_become_columns_of_0_and_1() -> None:
    dataset = parse_csv("a,y\n1,red\n2,blue\n3,green\n4,red\n", target=["y"])
    assert dataset.y.tolist() == [[0, 0, 1], [1, 0, 0], [0, 1, 0], [0, 0, 1]]
    dataset = parse_csv("a,y\n1,yes\n2,no\n", target=["y"])
    assert dataset.y.tolist() == [[1], [0]]
    assert dataset.note == "y: 0 is no, 1 is yes."


def test_a_task_may_be_said() -> None:
    text = "a,y\n1,0\n2,1\n3,2\n"
    guessed = parse_csv(text, target=["y"])
    assert "taken as amounts" in guessed.note
    assert 'task = "classes"' in guessed.note
    asked = parse_csv(text, target=["y"], task="classes")
    assert asked.y.tolist() == [[1, 0, 0], [0, 1, 0], [0, 0, 1]]
    assert asked.classes == ("0", "1", "2")
    assert parse_csv(text, target=["y"], task="regression").note == ""
    both = "a,y\n1,0\n2,1\n"
    assert parse_csv(both, target=["y"], task="classes").y.tolist() == [[1, 0], [0, 1]]
    assert parse_csv(both, target=["y"], task="regression").task == "regression"
    binary = parse_csv("a,y\n1,-1\n2,2.5\n", target=["y"], task="binary")
    assert binary.y.tolist() == [[0], [1]]
    assert binary.classes == ("-1", "2.5")
    assert binary.note == "y: 0 is -1, 1 is 2.5."
    assert parse_csv(both, target=["y"], task="binary").note == ""


def test_several_targets_may_be_classes() -> None:
    dataset = parse_csv("a,p,q\n1,1,0\n2,0,1\n", target=["p", "q"])
    assert dataset.task == "classes"
    assert dataset.target_names == ("p", "q")


def test_features_far_from_0_are_noted() -> None:
    text = "height,age,y\n170,1,1\n190,2,2\n"
    note = parse_csv(text, target=["y"]).note
    assert "height (mean 180, standard deviation 10)" in note
    assert "age" not in note
    assert "standardise = true" in note
    assert parse_csv(text, target=["y"], advise=False).note == ""
    spread = parse_csv("a,y\n-20,1\n20,2\n", target=["y"]).note
    assert "a (mean 0, standard deviation 20)" in spread
    vast = parse_csv("a,y\n-1e308,1\n1e308,2\n", target=["y"]).note
    assert "a (mean 0, standard deviation inf)" in vast


# --- what is refused -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "my.csv: the file is empty"),
        ("\n \n", "my.csv: the file is empty"),
        ("a,y\n", "my.csv: there is only the header (a, y)"),
        ("a,y\n1,2\n1,2,3\n", "line 3: this row has 3 cells, but the header names 2 columns: a, y"),
        ("a,y\n1,2\n7\n", "line 3: this row has 1 cell, but"),
        ("a,y\n,\n1,2\n", "line 2: column 'y': an empty cell where a number belongs"),
        ("a,a,y\n1,2,3\n", "line 1: two columns are called 'a' (columns 1 and 2)"),
        ("a,,y\n1,2,3\n", "line 1: column 2 has no name"),
        ("1,2,3\n4,5,6\n", "line 1: the first line must name the columns"),
        ("a;y\n1;2\n", "line 1: the columns seem to be separated by semicolons"),
        ("a\ty\n1\t2\n", "line 1: the columns seem to be separated by tabs"),
        ("a\n1\n", "no target column 'y': The columns are a"),
        ("a,Y\n1,2\n", "no target column 'y': did you mean 'Y'? The columns are Y, a"),
        ("a,y\n1,2\nx,3\n", "my.csv, line 3: column 'a': the text 'x' where a number belongs"),
        ("a,y\n1,2\nnan,3\n", "line 3: column 'a': 'nan' is not a finite number"),
        ("a,y\n-Inf,2\n", "line 2: column 'a': '-Inf' is not a finite number"),
        ("a,y\n1e999,2\n", "line 2: column 'a': '1e999' is too large"),
        ('a,y\n1,2\n"1,5",2\n', "line 3: column 'a': '1,5' where a number belongs; write 1.5"),
        ("a,y\n1,2\n1_000,2\n", "line 3: column 'a': the text '1_000'"),
        ("a,y\n1,2\n1,\n", "line 3: column 'y': an empty cell where a number belongs"),
        ("a,y\n1,2\n1,two\n", "line 3: column 'y': the text 'two' where a number belongs"),
        ("a,y\n1,red\n1,\n", "line 3: column 'y': an empty cell where a class belongs"),
        ("a,y\n1,red\n2,red\n", "column 'y': every row says 'red'"),
        ("a,y\nx,1\nz,2\n", "no column of numbers is left to learn y from; there are a, y"),
        ("y\n1\n", "no column of numbers is left"),
        ('a,y\n1,"2\n', "line 2: this is not CSV"),
        ('a,y\n1,"2"x\n', "line 2: this is not CSV"),
        ("a,y\n1,2\0\n", "line 2: a NUL character"),
        (b"a,y\n1,2\n\xff,3\n", "line 3: byte 0xff is not UTF-8 text"),
        (b"\xef\xbb\xbfa,y\n1,\xff\n", "line 2: byte 0xff is not UTF-8 text"),
        ("a,y\n1,\ud800\n", "my.csv: the text is not Unicode"),
        (",".join(f"c{i}" for i in range(201)), "line 1: 201 columns; keep at most 200"),
        ("a,y\n" + "".join(f"{i},w{i}\n" for i in range(21)), "21 different values; at most 20"),
        ("a," + "b" * 100 + "\n1,2\n", "The columns are a, " + "b" * 57 + "..."),
        (",".join(f"c{i}" for i in range(30)) + "\n", "c19 and 10 more"),
    ],
)
def test_a_fault_is_named_with_its_place(content: bytes | str, message: str) -> None:
    assert message in refused(content)


def test_a_line_number_counts_lines_within_quotes() -> None:
    text = 'name,a,y\n"two\nlines",1,2\n"one",oops,3\n'
    assert "line 4: column 'a': the text 'oops'" in refused(text)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"target": []}, "say which column is the target; there are a, b, y, w"),
        ({"target": ["y", "y"]}, "'y' is named twice"),
        ({"features": ["a", "a"]}, "'a' is named twice"),
        ({"features": ["a", "y"]}, "'y' is both a target and a feature"),
        ({"features": ["c"]}, "no feature column 'c'"),
        ({"features": ["w"]}, "line 2: column 'w': the text 'p' where a number belongs"),
        ({"features": []}, "no column of numbers is left"),
        ({"target": ["y", "w"]}, "column 'w' holds text; with more than one target"),
        ({"target": ["w"], "task": "regression"}, "column 'w': the text 'p'"),
        ({"target": ["a"], "task": "binary"}, "two different values; this has 1, 2, 3"),
        ({"target": ["y", "a"], "task": "binary"}, "a binary task needs one target of 0s and 1s"),
        ({"target": ["y", "a"], "task": "classes"}, "a single 1 in each row"),
        ({"task": "clases"}, "unknown task 'clases': did you mean 'classes'"),
    ],
)
def test_a_choice_that_does_not_fit_is_refused(options: dict[str, Any], message: str) -> None:
    assert message in refused("a,b,y,w\n1,5,0,p\n2,6,1,q\n3,7,1,p\n", **options)


def test_too_many_bytes_and_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "may hold 10.0 MB; this one has 10.0 MB" in refused(b"x" * 10_000_001)
    monkeypatch.setattr(csv_file, "MAX_ROWS", 2)
    assert parse_csv("a,y\n1,2\n3,4\n", target="y").x.shape == (2, 1)
    assert "my.csv, line 4: more than 2 rows" in refused("a,y\n1,2\n3,4\n5,6\n")


def test_a_large_file_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "big.csv"
    with path.open("wb") as file:
        file.truncate(100_000_000)
    with pytest.raises(DataError, match=r"big\.csv: a CSV file may hold 10\.0 MB; .* 100\.0 MB"):
        read_csv(path, target=["y"])


def test_a_file_that_grows_while_it_is_read_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"x" * 20)
    real = os.stat(path)

    class Stat:
        st_size, st_mode = 1, real.st_mode

    monkeypatch.setattr(Path, "stat", lambda self, **_: Stat)
    with pytest.raises(DataError, match="may hold 10 bytes; this one has 11 bytes"):
        read_limited(path, 10, "a CSV file")


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="cannot read a CSV file: there is no such file"):
        read_csv(tmp_path / "none.csv", target=["y"])
    with pytest.raises(DataError, match="cannot read a CSV file: it is not a file"):
        read_csv(tmp_path, target=["y"])
    with pytest.raises(DataError, match="cannot read a CSV file"):
        read_csv("nul\0.csv", target=["y"])


def test_a_file_the_system_keeps_from_us_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.csv"
    path.write_text("a,y\n1,2\n")

    def kept(self: Path, *_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", kept)
    with pytest.raises(DataError, match="cannot read a CSV file: Permission denied"):
        read_csv(path, target=["y"])


cell = st.sampled_from(["", "1", "-2.5", "x", "nan", '"', '""', "1e999", " ", "y", ";", "\0", "é"])
loose_csv = st.lists(st.lists(cell, max_size=4).map(",".join), max_size=5).map("\n".join)


@given(
    st.one_of(st.binary(max_size=200), st.text(max_size=200), loose_csv.map("a,y\n".__add__)),
    st.sampled_from([None, "regression", "binary", "classes"]),
)
def test_any_content_gives_samples_or_a_whygrad_error(content: bytes | str, task: Any) -> None:
    try:
        dataset = parse_csv(content, target=["y"], task=task)
    except DataError as error:
        message = str(error)
    else:
        message = dataset.note
        assert np.isfinite(dataset.x).all()
        assert np.isfinite(dataset.y).all()
    assert "\n" not in message
