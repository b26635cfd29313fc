"""Samples from a CSV file, or a clear message why not.

The file is UTF-8 text with commas; its first line names the columns. Blank lines are skipped, and
spaces around a cell are dropped. A number is written as 12, -3.5 or 1e-3.

Which columns become features: the ones asked for, or else every column of numbers that is no
target. A column in which no cell is a number is text and is left out (the note says so); a column
in which some cells are numbers must hold numbers in every row.

What the target asks for, unless a `task` is given:

- one column of text with two different words: "binary" (0 for the first in alphabetical order);
- one column of text with 3 to 20 different words: "classes", one column of 0 and 1 per word;
- one column of only 0 and 1, both of them there: "binary";
- two or more columns with a single 1 in each row and else 0: "classes";
- else numbers, one column or several: "regression". Whole numbers such as 0, 1, 2 may be amounts
  or classes; they are taken as amounts, and the note says how to ask for classes.
"""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

import numpy as np

from whygrad.data.dataset import TASKS, Dataset, Floats, Task, from_arrays, mean_and_spread
from whygrad.errors import DataError, nearest, nearest_or_none, unknown
from whygrad.files import bytes_text, read_limited
from whygrad.option import quoted, several, truth
from whygrad.option import text as texts

MAX_BYTES = 10_000_000
MAX_ROWS = 100_000
MAX_COLUMNS = 200
MAX_CLASSES = 20

_TARGET_NAMES = ("target", "label", "class", "y")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_DECIMAL_COMMA = re.compile(r"[+-]?\d+,\d+", re.ASCII)
_NOT_FINITE = re.compile(r"[+-]?(nan|inf|infinity)", re.IGNORECASE)


def read_csv(
    path: str | Path,
    *,
    target: str | Sequence[str],
    features: str | Sequence[str] | None = None,
    name: str | None = None,
    task: Task | None = None,
    advise: bool = True,
) -> Dataset:
    """The samples in a CSV file; see `parse_csv`. No more than 10 MB are ever read.

    Raises DataError where the file cannot be read, and as `parse_csv` does.
    """
    if not isinstance(cast("object", path), str | Path):
        raise DataError(f"read_csv: path is {quoted(path)}; it must be a file's name")
    file = Path(path)
    content = read_limited(file, MAX_BYTES, "a CSV file")
    return parse_csv(
        content,
        source=file.name,
        target=target,
        features=features,
        name=file.stem if name is None else name,
        task=task,
        advise=advise,
    )


def parse_csv(
    content: bytes | str,
    *,
    target: str | Sequence[str],
    features: str | Sequence[str] | None = None,
    source: str = "data.csv",
    name: str | None = None,
    task: Task | None = None,
    advise: bool = True,
) -> Dataset:
    """The samples in the content of a CSV file: x (rows, features), y (rows, targets).

    - `target`: the columns to learn; `features`: the columns to learn them from (default: all
      other columns of numbers);
    - `source`: the file's name, for messages; `name`: the dataset's (default: the source);
    - `task`: "regression", "binary" or "classes", where the module's rules would guess wrong;
      "classes" takes one target column and makes one column of 0 and 1 per different value;
    - `advise`: whether the note suggests to standardise features that are far from mean 0 and
      standard deviation 1 (`whygrad.data.standardise` does that).

    Raises DataError, with file and line, for: a column that is not there (all columns are listed,
    the nearest first), text where numbers belong, NaN or infinity, nothing or only a header, rows
    of different length, two columns of one name, anything that is not UTF-8 text, and more than
    10 MB, 100,000 rows or 200 columns.
    """
    target = _named("target", target)
    features = None if features is None else _named("features", features)
    advise = truth("parse_csv", "advise", advise)
    name = name if name is None else texts("parse_csv", "name", name)
    if task is not None and (not isinstance(cast("object", task), str) or task not in TASKS):
        raise DataError(unknown("task", task, TASKS))
    table = _read_table(_decoded(content, source), source)
    wanted = _chosen(table, target, features)
    y, target_names, classes, found, said = _targets(table, wanted.target, task)
    x = np.stack([_numbers(table, column) for column in wanted.features], axis=1)
    notes = [*wanted.notes, *said]
    dataset = replace(
        from_arrays(
            source,
            x,
            y,
            task=found,
            feature_names=[table.header[column] for column in wanted.features],
            target_names=target_names,
        ),
        name=source if name is None else name,
        classes=classes,
    )
    if advise:
        notes += _advice(dataset)
    return replace(dataset, note=" ".join(notes))


@dataclass(frozen=True)
class ColumnSummary:
    """A column of a CSV file: whether all its cells are numbers, and the first different ones."""

    name: str
    numeric: bool
    distinct: int
    examples: tuple[str, ...]


@dataclass(frozen=True)
class CsvSummary:
    """What the CSV file `source` holds, and which columns a person most likely wants to learn."""

    source: str
    rows: int
    columns: tuple[ColumnSummary, ...]
    likely_targets: tuple[str, ...]


def describe_csv(content: bytes | str, *, source: str = "data.csv") -> CsvSummary:
    """What a CSV file holds, to choose targets and features from.

    The likely target is the column called target, label, class or y, else the last one.

    Raises DataError where it is no table, as `parse_csv` does.
    """
    table = _read_table(_decoded(content, source), source)
    columns: list[ColumnSummary] = []
    for position, name in enumerate(table.header):
        cells = list(dict.fromkeys(row[position] for row in table.rows))
        numeric = all(_NUMBER.fullmatch(cell) for cell in cells)
        columns.append(ColumnSummary(name, numeric, len(cells), tuple(cells[:5])))
    by_lower = {name.lower(): name for name in reversed(table.header)}
    named = [by_lower[word] for word in _TARGET_NAMES if word in by_lower]
    return CsvSummary(source, len(table.rows), tuple(columns), (*named, table.header[-1])[:1])


@dataclass(frozen=True)
class _Table:
    source: str
    header: tuple[str, ...]
    rows: list[list[str]]
    lines: list[int]  # the line each row starts on


@dataclass(frozen=True)
class _Chosen:
    target: list[int]
    features: list[int]
    notes: list[str]


def _named(what: str, columns: str | Sequence[str]) -> str | list[str]:
    """Return the name of a column, or several."""
    if isinstance(columns, str):
        return columns
    return [texts("a CSV file", what, name) for name in several("a CSV file", what, columns)]


def _decoded(content: bytes | str, source: str) -> str:
    if not isinstance(cast("object", content), bytes | str):
        raise DataError(f"the content is {quoted(content)}; it must be text or bytes")
    source = texts("a CSV file", "source", source)
    size = len(content)
    if size > MAX_BYTES:
        raise DataError(
            f"a CSV file may hold {bytes_text(MAX_BYTES)}; this one has {bytes_text(size)}",
            source=source,
        )
    try:
        coded = content.encode("utf-8") if isinstance(content, str) else content
        text = coded.decode("utf-8-sig")
    except UnicodeEncodeError as fault:
        raise DataError(f"the text is not Unicode: {fault.reason}", source=source) from None
    except UnicodeDecodeError as fault:
        raise DataError(
            f"byte {fault.object[fault.start]:#04x} is not UTF-8 text; "
            "save the file as CSV with the encoding UTF-8",
            source=source,
            line=fault.object[: fault.start].count(b"\n") + 1,
        ) from None
    if "\0" in text:
        raise DataError(
            "a NUL character: this is not a text file; save the table as CSV (UTF-8)",
            source=source,
            line=text[: text.index("\0")].count("\n") + 1,
        )
    return text


def _read_table(text: str, source: str) -> _Table:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    header: tuple[str, ...] | None = None
    rows: list[list[str]] = []
    lines: list[int] = []
    line = 1
    try:
        for cells in reader:
            row = [cell.strip() for cell in cells]
            if not any(row) and len(row) <= 1:
                pass  # a blank line
            elif header is None:
                header = _checked_header(row, source, line)
            else:
                if len(row) != len(header):
                    raise DataError(
                        f"this row has {_count(len(row), 'cell')}, but the header names "
                        f"{_count(len(header), 'column')}: {_listed(header)}",
                        source=source,
                        line=line,
                    )
                if len(rows) == MAX_ROWS:
                    raise DataError(
                        f"more than {MAX_ROWS:,} rows; keep at most {MAX_ROWS:,}",
                        source=source,
                        line=line,
                    )
                rows.append(row)
                lines.append(line)
            line = reader.line_num + 1
    except csv.Error as fault:
        raise DataError(
            f"this is not CSV: {fault}. Look for a quotation mark that is not closed",
            source=source,
            line=line,
        ) from None
    if header is None:
        raise DataError(
            "the file is empty; it needs a first line that names the columns, as in x1,x2,y, "
            "and a line of numbers for each example",
            source=source,
        )
    if not rows:
        raise DataError(
            f"there is only the header ({_listed(header)}); add a line for each example",
            source=source,
        )
    return _Table(source, header, rows, lines)


def _checked_header(row: list[str], source: str, line: int) -> tuple[str, ...]:
    def refuse(message: str) -> DataError:
        return DataError(message, source=source, line=line)

    if len(row) > MAX_COLUMNS:
        raise refuse(f"{len(row)} columns; keep at most {MAX_COLUMNS}")
    if len(row) == 1:
        for mark, called in ((";", "semicolons"), ("\t", "tabs")):
            if mark in row[0]:
                raise refuse(
                    f"the columns seem to be separated by {called}; "
                    "save the file with commas between them"
                )
    if all(_NUMBER.fullmatch(cell) for cell in row):
        raise refuse(
            f"the first line must name the columns, as in x1,x2,y; it holds the number {row[0]}"
        )
    for position, cell in enumerate(row):
        if not cell:
            raise refuse(f"column {position + 1} has no name; give every column one")
        if cell in row[:position]:
            raise refuse(
                f"two columns are called {_quoted(cell)} "
                f"(columns {row.index(cell) + 1} and {position + 1}); rename one"
            )
    return tuple(row)


def _chosen(
    table: _Table, target: str | Sequence[str], features: str | Sequence[str] | None
) -> _Chosen:
    columns = [_column(table, "target", name) for name in _several(target)]
    if not columns:
        raise DataError(
            f"say which column is the target; there are {_listed(table.header)}",
            source=table.source,
        )
    if features is not None:
        asked = [_column(table, "feature", name) for name in _several(features)]
        both = [table.header[column] for column in asked if column in columns]
        if both:
            raise DataError(
                f"{_quoted(both[0])} is both a target and a feature; a network would only copy it",
                source=table.source,
            )
        chosen, notes = asked, list[str]()
    else:
        others = [i for i in range(len(table.header)) if i not in columns]
        chosen = [i for i in others if _any_number(table, i)]
        left = [table.header[i] for i in others if i not in chosen]
        notes = [f"Left out, for they hold no numbers: {_listed(left)}."] if left else []
    if not chosen:
        raise DataError(
            f"no column of numbers is left to learn {_listed(target)} from; "
            f"there are {_listed(table.header)}",
            source=table.source,
        )
    for names in (columns, chosen):
        for position, column in enumerate(names):
            if column in names[:position]:
                raise DataError(
                    f"{_quoted(table.header[column])} is named twice", source=table.source
                )
    return _Chosen(columns, chosen, notes)


def _several(names: str | Sequence[str]) -> Sequence[str]:
    return [names] if isinstance(names, str) else names


def _column(table: _Table, what: str, name: str) -> int:
    if name in table.header:
        return table.header.index(name)
    close = nearest_or_none(name, table.header)
    guess = f"did you mean {_quoted(close)}? " if close else ""
    raise DataError(
        f"no {what} column {_quoted(name)}: {guess}"
        f"The columns are {_listed(nearest(name, table.header))}",
        source=table.source,
        line=1,
    )


def _any_number(table: _Table, column: int) -> bool:
    """Whether a cell of the column looks like a number, even one that is not finite."""
    return any(
        _NUMBER.fullmatch(row[column]) or _NOT_FINITE.fullmatch(row[column]) for row in table.rows
    )


def _numbers(table: _Table, column: int) -> Floats:
    numbers = np.empty(len(table.rows), dtype=np.float64)
    for i, row in enumerate(table.rows):
        cell = row[column]
        value = float(cell) if _NUMBER.fullmatch(cell) else math.nan
        if not math.isfinite(value):
            raise DataError(
                f"column {_quoted(table.header[column])}: {_why_no_number(cell)}",
                source=table.source,
                line=table.lines[i],
            )
        numbers[i] = value
    return numbers


def _why_no_number(cell: str) -> str:
    if not cell:
        return "an empty cell where a number belongs; fill it in or leave the row out"
    if _NUMBER.fullmatch(cell):
        return f"{_quoted(cell)} is too large for a number; at most about 1e308 is possible"
    if _NOT_FINITE.fullmatch(cell):
        return f"{_quoted(cell)} is not a finite number; fill it in or leave the row out"
    if _DECIMAL_COMMA.fullmatch(cell):
        return f"{_quoted(cell)} where a number belongs; write {cell.replace(',', '.')}"
    return f"the text {_quoted(cell)} where a number belongs, such as 12, -3.5 or 1e-3"


def _targets(
    table: _Table, columns: list[int], task: Task | None
) -> tuple[Floats, tuple[str, ...], tuple[str, ...] | None, Task | None, list[str]]:
    """y, its names, the classes' names, the task (None: guess from y) and notes."""
    names = tuple(table.header[column] for column in columns)
    text = [column for column in columns if not _any_number(table, column)]
    one_column = len(columns) == 1
    if one_column and (text or task in ("binary", "classes")) and task != "regression":
        return _labels(table, columns[0], task, is_text=bool(text))
    if text and not one_column:
        raise DataError(
            f"column {_quoted(table.header[text[0]])} holds text; with more than one target "
            "all must be numbers (a single target may be text: its words become classes)",
            source=table.source,
        )
    y = np.stack([_numbers(table, column) for column in columns], axis=1)
    notes: list[str] = []
    few = np.unique(y)
    whole = bool((few == np.arange(len(few))).all())
    if task is None and one_column and whole and 3 <= len(few) <= MAX_CLASSES:
        notes.append(
            f"{names[0]} holds whole numbers 0 to {len(few) - 1}, taken as amounts; if they are "
            'classes, say task = "classes".'
        )
    return y, names, None, task, notes


def _labels(
    table: _Table, column: int, task: Task | None, *, is_text: bool
) -> tuple[Floats, tuple[str, ...], tuple[str, ...] | None, Task | None, list[str]]:
    """y for one column whose different values are classes."""
    name = table.header[column]

    def refuse(message: str, row: int | None = None) -> DataError:
        line = None if row is None else table.lines[row]
        return DataError(f"column {_quoted(name)}: {message}", source=table.source, line=line)

    if is_text:
        cells = [row[column] for row in table.rows]
        if "" in cells:
            raise refuse("an empty cell where a class belongs", cells.index(""))
        words = sorted(set(cells))
    else:
        numbers = [float(value) for value in _numbers(table, column)]
        cells = [_plain(value) for value in numbers]
        words = [_plain(value) for value in sorted(set(numbers))]
    if len(words) < 2:
        raise refuse(f"every row says {_quoted(words[0])}; there is nothing to tell apart")
    if len(words) > MAX_CLASSES:
        raise refuse(
            f"{len(words)} different values; at most {MAX_CLASSES} can be classes. "
            "Pick another target, or one of numbers"
        )
    if task == "binary" and len(words) != 2:
        raise refuse(f"a binary target has two different values; this has {_listed(words)}")
    place = {word: i for i, word in enumerate(words)}
    index = np.array([place[cell] for cell in cells], dtype=np.int64)
    if len(words) == 2 and task != "classes":
        said = [] if words == ["0", "1"] else [f"{name}: 0 is {words[0]}, 1 is {words[1]}."]
        y = index[:, None].astype(np.float64)
        return y, (name,), (words[0], words[1]), "binary", said
    targets = tuple(f"{name} = {word}" for word in words)
    return np.eye(len(words))[index], targets, tuple(words), "classes", []


def _advice(dataset: Dataset) -> list[str]:
    """A note on features so large or so far from 0 that plain gradient descent will struggle."""
    mean, std = mean_and_spread(dataset.x)
    far = [
        f"{name} (mean {mean[i]:.3g}, standard deviation {std[i]:.3g})"
        for i, name in enumerate(dataset.feature_names)
        if std[i] > 10 or abs(mean[i]) > 10
    ]
    if not far:
        return []
    return [
        f"Far from mean 0 and standard deviation 1: {_listed(far)}. Training is easier with "
        "standardise = true."
    ]


def _quoted(text: str) -> str:
    return repr(text if len(text) <= 60 else text[:57] + "...")


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(name if len(name) <= 60 else name[:57] + "..." for name in names[:20])
    return shown if len(names) <= 20 else f"{shown} and {len(names) - 20} more"


def _plain(number: float) -> str:
    return str(int(number)) if number.is_integer() else repr(number)


def _count(number: int, thing: str) -> str:
    return f"{number} {thing}{'' if number == 1 else 's'}"
