"""``whygrad exercise``, ``grade``, ``homework``, ``worksheet`` and ``check``: practise."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar, cast

import click
from rich.console import Console
from rich.padding import Padding

from whygrad.cli.options import FORMAT
from whygrad.engine.notation import symbol
from whygrad.errors import WhygradError
from whygrad.explain import display
from whygrad.files import read_limited, write_whole
from whygrad.practice import (
    DIFFICULTIES,
    FADING,
    FEATURES,
    KINDS,
    RATING,
    STARTERS,
    CheckResult,
    Exercise,
    Mark,
    PastedLine,
    Wrong,
    check,
    check_lines,
    exercise,
    from_id,
    from_json,
    grade,
    homework,
    starter,
    worksheet,
)
from whygrad.practice.exercise import MAX_SEED
from whygrad.training.start import start
from whygrad.whatif import find_mistake

_T = TypeVar("_T")
MAX_BYTES = 1_000_000  # of an exercise or answers
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_SEED = click.option(
    "--seed",
    type=click.IntRange(0, MAX_SEED - 1),
    default=0,
    show_default=True,
    help="Which one; the same seed gives the same anywhere.",
)


def _choices(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that say what an exercise is like."""
    for option in (
        click.option(
            "--difficulty",
            type=click.IntRange(DIFFICULTIES[0], DIFFICULTIES[-1]),
            default=DIFFICULTIES[0],
            show_default=True,
            help="How long the way to the loss is: each one more is a step, or a layer, more.",
        ),
        click.option("--fading", type=click.Choice(FADING), default="solo", show_default=True),
        click.option(
            "--kind",
            metavar="NAME",
            default="next_number",
            show_default=True,
            help=f"What is asked: {', '.join(KINDS)}.",
        ),
        click.option("--feature", metavar="NAME", help=f"What it is about: {', '.join(FEATURES)}."),
        _SEED,
    ):
        command = option(command)
    return command


@click.command("exercise")
@_choices
@click.option("--id", "id_", help="The exercise of this id, in place of all of the above.")
@click.option("--with-answers", is_flag=True, help="Give the answers too.")
@FORMAT
def exercise_command(
    seed: int,
    feature: str | None,
    kind: str,
    fading: str,
    difficulty: int,
    id_: str | None,
    with_answers: bool,
    style: str,
) -> None:
    """Ask a question about a small network.

    \b
    Examples:
      whygrad exercise --seed 7
      whygrad exercise --seed 7 --feature fanout --fading completion
      whygrad exercise --seed 7 --difficulty 3
      whygrad exercise --seed 7 --format json > exercise.json
    """
    made = (
        from_id(id_)
        if id_ is not None
        else exercise(seed, feature=feature, kind=kind, fading=fading, difficulty=difficulty)
    )
    if style == "json":
        _print_json(made.to_json(with_answers=with_answers))
        return
    console = Console(highlight=False, markup=False)
    says = FEATURES[made.feature].says
    console.print(f"{says[:1].upper()}{says[1:]}  ({made.id})\n", style="bold")
    console.print(made.question)
    console.print("\nAsked:", style="bold")
    for ask in made.asks:
        console.print(f"  {ask.name}: {ask.prompt}")
        if with_answers:
            answer = ask.answer if isinstance(ask.answer, str) else display.number(ask.answer)
            console.print(f"    {answer}", style="green")
    console.print("\nTo have it graded:", style="bold")
    answers = f'"{made.asks[0].name}": "…"' + (", …" if len(made.asks) > 1 else "")
    for line in (
        f"whygrad exercise --id {made.id} --format json > exercise.json",
        f"write your answers to answers.json, as {{{answers}}}",
        "whygrad grade exercise.json answers.json",
    ):
        console.print(f"  {line}", soft_wrap=True)  # to be copied
    if made.kind == "choose_the_remedy":
        console.print("  then rate your own, from 1 to 5: add --rating 4 to that")


@click.command("grade")
@click.argument("exercise_file", metavar="EXERCISE.json", type=_FILE)
@click.argument("answers_file", metavar="ANSWERS.json", type=_FILE)
@click.option(
    "--rating",
    metavar="1-5",
    help="How near your open answer is to the model answer; ANSWERS.json may hold it too.",
)
@FORMAT
def grade_command(exercise_file: Path, answers_file: Path, rating: str | None, style: str) -> None:
    """Mark the answers to an exercise, and say what went wrong.

    ANSWERS.json is an object: what was asked by name, and what you typed.

    \b
    Examples:
      whygrad grade exercise.json answers.json
      whygrad grade exercise.json answers.json --format json
      whygrad grade exercise.json answers.json --rating 4
    """
    made = _sourced(exercise_file, lambda: from_json(_read(exercise_file)))
    answers = _sourced(answers_file, lambda: _answers(answers_file))
    if rating is not None:
        if made.kind != "choose_the_remedy":
            raise WhygradError("--rating is for open answers; these are marked for you")
        answers[RATING] = rating
    marks = _sourced(answers_file, lambda: grade(made, answers))
    _print_marks(marks, style)


@click.command("homework")
@click.argument("spec")
@click.argument("work_file", metavar="WORK", type=_FILE)
@FORMAT
def homework_command(spec: str, work_file: Path, style: str) -> None:
    """Check each line of your own work on SPEC.

    WORK is a text with a name and a number in each line, such as dL/dw1 = -1.75, or a JSON object
    of numbers by name. Names are as whygrad trace writes them.

    \b
    Examples:
      whygrad homework flow work.txt
      whygrad homework my-spec.toml answers.json --format json
    """
    run = start(spec).iteration.run
    text = _sourced(work_file, lambda: _text(work_file))
    if text.lstrip().startswith("{"):
        marks = _sourced(work_file, lambda: homework(run, _answers(work_file)))
        _print_marks(marks, style)
    else:
        _print_lines(_sourced(work_file, lambda: check_lines(run, text)), style)


@click.command("worksheet")
@_choices
@click.option("--count", type=click.IntRange(1, 50), default=4, show_default=True)
@click.option("--output", "-o", type=click.Path(dir_okay=False, path_type=Path), help="A file.")
def worksheet_command(
    seed: int,
    feature: str | None,
    kind: str,
    fading: str,
    difficulty: int,
    count: int,
    output: Path | None,
) -> None:
    """Make a worksheet to print, as HTML, with an answer key at its end.

    Its exercises are those of the seed and the ones after it.

    \b
    Examples:
      whygrad worksheet --seed 7 -o worksheet.html
      whygrad worksheet --feature fanout --count 6 > worksheet.html
    """
    made: list[Exercise] = [
        exercise(
            (seed + n) % MAX_SEED,
            feature=feature,
            kind=kind,
            fading=fading,
            difficulty=difficulty,
        )
        for n in range(count)
    ]
    page = worksheet(made)
    if output is None:
        click.echo(page, nl=False)
        return
    write_whole(output, page)
    click.echo(f"Wrote {output}; print it from a browser.")


@click.command("check")
@click.argument("file", required=False, type=click.Path(path_type=Path))
@click.option(
    "--starter",
    "starter_name",
    type=click.Choice(STARTERS),
    help="Print a start-off file, or write it to FILE.",
)
@click.option("--seed", type=click.IntRange(0, 10**6), default=0, help="Which cases.")
@click.option(
    "--time-limit",
    type=click.FloatRange(0.1, 3600),
    default=10.0,
    show_default=True,
    help="Seconds that your file may run.",
)
@FORMAT
@click.pass_context
def check_command(
    context: click.Context,
    file: Path | None,
    starter_name: str | None,
    seed: int,
    time_limit: float,
    style: str,
) -> None:
    """Hold your own backward pass, in FILE, to the right one.

    FILE defines neuron, two_layers or Value, as the start-off files do. It is run on this
    machine, in a process of its own. The exit code is 0 if all is right, else 1.

    \b
    Examples:
      whygrad check --starter neuron my_backprop.py
      whygrad check my_backprop.py
    """
    if starter_name is not None:
        _start_off(starter_name, file)
        return
    if file is None:
        raise WhygradError(
            "say which file to check, or --starter with one of "
            f"{', '.join(STARTERS)} to begin with one"
        )
    found = check(file, seed=seed, time_limit=time_limit)
    if style == "json":
        _print_json([one.to_json() for one in found])
    else:
        _print_checked(found)
    context.exit(0 if all(one.right for one in found) else 1)


# --- files ------------------------------------------------------------------------------------


def _start_off(name: str, file: Path | None) -> None:
    text = starter(name)
    if file is None:
        click.echo(text, nl=False)
        return
    if os.path.exists(file):  # Path.exists raises for a name that is too long
        raise WhygradError(f"{file} is there already; it is left as it is. Choose another name")
    write_whole(file, text)
    click.echo(f"Wrote {file}. Fill it in, then: whygrad check {file}")


def _text(file: Path) -> str:
    try:
        return read_limited(file, MAX_BYTES, "answers").decode("utf-8-sig")
    except UnicodeDecodeError:
        raise WhygradError("this is not text in UTF-8") from None


def _read(file: Path) -> Any:
    try:
        return json.loads(_text(file))
    except json.JSONDecodeError as error:
        raise WhygradError(f"this is not JSON: {error.msg}", line=error.lineno) from None
    except RecursionError:
        raise WhygradError("this JSON is nested too deeply") from None


def _answers(file: Path) -> dict[str, str]:
    data = _read(file)
    if not isinstance(data, dict):
        raise WhygradError('answers are an object of names and what you typed: {"z1": "0.5"}')
    return {name: _typed(name, item) for name, item in cast("dict[str, Any]", data).items()}


def _typed(name: str, item: Any) -> str:
    if item is None:
        return ""
    if isinstance(item, bool) or not isinstance(item, str | int | float):
        raise WhygradError(f"the answer for {name} must be a number or a text, as you typed it")
    return str(item)


def _sourced(file: Path, make: Callable[[], _T]) -> _T:
    """Make something of a file; what is wrong with it is said with its name."""
    try:
        return make()
    except WhygradError as error:
        if error.source is not None:
            raise
        raise type(error)(error.message, source=file.name, line=error.line) from None


# --- words ------------------------------------------------------------------------------------


def _print_json(data: Any) -> None:
    click.echo(json.dumps(data, indent=2, ensure_ascii=False, allow_nan=False))


_SIGNS = {True: ("✓", "green"), False: ("✗", "red"), None: ("·", "yellow")}


def _print_marks(marks: Sequence[Mark], style: str) -> None:
    if style == "json":
        _print_json([mark.to_json() for mark in marks])
        return
    console = Console(highlight=False, markup=False)
    for mark in marks:
        _print_mark(console, mark)
    if not marks:
        console.print("There are no answers in this file.")


def _print_mark(console: Console, mark: Mark) -> None:
    sign, colour = _SIGNS[mark.correct]
    typed = mark.typed.strip() or "nothing"
    console.print(f"{sign} {symbol(mark.name)}: {typed}", style=f"bold {colour}")
    console.print(Padding(mark.feedback, (0, 0, 0, 4), expand=False))


def _print_lines(lines: Sequence[PastedLine], style: str) -> None:
    if style == "json":
        _print_json(
            [
                {"typed": line.typed, "trouble": line.trouble}
                if line.mark is None
                else line.mark.to_json()
                for line in lines
            ]
        )
        return
    console = Console(highlight=False, markup=False)
    for line in lines:
        if line.mark is not None:
            _print_mark(console, line.mark)
            continue
        sign, colour = _SIGNS[None]
        console.print(f"{sign} {line.typed}", style=f"bold {colour}")
        console.print(Padding(line.trouble, (0, 0, 0, 4), expand=False))
    if not lines:
        console.print("There are no answers in this file.")


def _print_checked(found: Sequence[CheckResult]) -> None:
    console = Console(highlight=False, markup=False)
    for n, one in enumerate(found):
        if n:
            console.print()
        if one.right:
            console.print(f"✓ {one.function}: right in all {one.total} cases.", style="bold green")
            continue
        where = f"case {one.passed + 1} of {one.total}"
        if one.wrong is None:
            console.print(f"✗ {one.function}, {where}:", style="bold red")
            console.print(Padding(one.trouble, (0, 0, 0, 4), expand=False))
        else:
            name = one.wrong.name
            head = f"✗ {one.function}, {where}: {name} is the first number that is wrong."
            console.print(head, style="bold red")
            for line in _told(one.wrong):
                console.print(Padding(line, (0, 0, 0, 4), expand=False))


def _told(wrong: Wrong) -> list[str]:
    """Say by how much a number is wrong, which mistake explains it, and in which case."""
    said = [
        f"yours     {display.number(wrong.found, 6)}",
        f"right     {display.number(wrong.expected, 6)}",
    ]
    if math.isfinite(wrong.found):
        said.append(f"apart by  {display.number(wrong.found - wrong.expected, 6)}{_times(wrong)}")
    said.append("")
    for name in wrong.mistakes[:3]:
        row = find_mistake(name)
        said += [f"You {row.done}: that gives your number.", f"{row.notice} {row.asks}", ""]
    if not wrong.mistakes:
        if wrong.found == 0:
            hint = "It is 0: is this part of the backward pass written yet?"
        elif not math.isfinite(wrong.found):
            hint = "That is no finite number: is something divided by 0, or a number far too large?"
        else:
            hint = "No known mistake gives this number. Work this case out by hand and compare."
        said += [hint, ""]
    said.append("The case:")
    said += [f"  {name} = {number}" for name, number in wrong.case.items()]
    if wrong.computed:
        said.append(f"  {wrong.computed}")
    return said


def _times(wrong: Wrong) -> str:
    if not wrong.expected or not wrong.found:
        return ""
    return f", or {display.number(wrong.found / wrong.expected, 4)} times the right one"
