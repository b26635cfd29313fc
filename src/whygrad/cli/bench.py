"""``whygrad bench``: how fast it is, beside other libraries; how good grading and doctor are."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, is_dataclass
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from whygrad.cli.options import FORMAT
from whygrad.errors import WhygradError

MOST_THREADS = 256


def _numbers(_: click.Context, __: click.Parameter, text: str | None) -> tuple[int, ...] | None:
    try:
        return None if text is None else tuple(int(part) for part in text.split(","))
    except ValueError:
        raise click.BadParameter(f"{text!r} is not numbers with commas, like 7,8,9") from None


@click.command("bench", short_help="Measure how fast it is, beside other libraries.")
@click.argument(
    "what",
    type=click.Choice(
        [
            "iterations",
            "many-runs",
            "overheads",
            "gradient",
            "player",
            "playground",
            "practice",
            "doctor",
        ]
    ),
    required=False,
)
@click.option(
    "--model",
    "models",
    metavar="NAME",
    multiple=True,
    help="iterations: only this one (several times for several); by default all six.",
)
@click.option(
    "--peer", "peers", metavar="NAME", multiple=True, help="iterations: only beside this one."
)
@click.option(
    "--threads",
    type=click.IntRange(1, MOST_THREADS),
    default=1,
    show_default=True,
    help="iterations: for linear algebra, in every library.",
)
@click.option(
    "--rounds", type=click.IntRange(1, 1000), help="How many turns each has; by default 15 or 5."
)
@click.option(
    "--exercises",
    type=click.IntRange(1, 100_000),
    default=1000,
    show_default=True,
    help="practice: how many.",
)
@click.option(
    "--seeds",
    metavar="N,N,…",
    callback=_numbers,
    help="doctor: each case is trained with each; by default 100,101,102.",
)
@click.option(
    "--only", metavar="NAME", multiple=True, help="doctor: a family, or a part of a case's name."
)
@FORMAT
@click.pass_context
def bench_command(
    context: click.Context,
    what: str | None,
    models: tuple[str, ...],
    peers: tuple[str, ...],
    threads: int,
    rounds: int | None,
    exercises: int,
    seeds: tuple[int, ...] | None,
    only: tuple[str, ...],
    style: str,
) -> None:
    """Measure how fast whygrad is on this machine, beside other libraries.

    WHAT is one of: iterations (the default: one training iteration of six models), many-runs (many
    networks at once), overheads (importing, recording, memory, the cost of a gradient), gradient
    (how the cost of every gradient grows with the parameters, by one walk back and by nudging
    each), player (the page's player, under Node.js), playground (how fast the page trains in
    Chromium; exit code 1 where that falls short of its goals), practice (whether grading
    understands answers), doctor (how often the doctor is right; takes half an hour). Who is not
    installed is named and left out.

    \b
    Examples:
      whygrad bench --model xor
      whygrad bench many-runs
      whygrad bench overheads --format json
      whygrad bench doctor --seeds 7 --only loop
    """
    measures: Mapping[str, Callable[[], tuple[Any, str]]] = {
        "iterations": lambda: _iterations(models, peers, threads, rounds or 15),
        "many-runs": lambda: _many_runs(rounds or 5),
        "overheads": _overheads,
        "gradient": lambda: _gradient(rounds or 5),
        "player": _player,
        "playground": lambda: _playground(rounds or 5),
        "practice": lambda: _practice(exercises),
        "doctor": lambda: _doctor(seeds, only),
    }
    found, table = measures[what or "iterations"]()
    click.echo(json.dumps(_plain(found), indent=2) if style == "json" else table.rstrip("\n"))
    if isinstance(found, dict) and found.get("holds") is False:  # pyright: ignore[reportUnknownMemberType]
        context.exit(1)


def _iterations(
    models: tuple[str, ...], peers: tuple[str, ...], threads: int, rounds: int
) -> tuple[Any, str]:
    from whygrad.bench import run, table
    from whygrad.bench.peers import CASES, PEERS

    found = run(models or tuple(CASES), peers or tuple(PEERS), threads=threads, rounds=rounds)
    return found, table(found)


def _many_runs(rounds: int) -> tuple[Any, str]:
    from whygrad.bench.many_runs import run, table

    found = run(rounds=rounds)
    return found, table(found)


def _overheads() -> tuple[Any, str]:
    from whygrad.bench.overheads import run, table

    found = run()
    return found, table(found)


def _gradient(rounds: int) -> tuple[Any, str]:
    from whygrad.bench.growth import run, table

    found = run(rounds)
    return found, table(found)


def _player() -> tuple[Any, str]:
    from whygrad.bench.cases import Skipped
    from whygrad.bench.player import run, table

    try:
        found = run()
    except Skipped as why:
        return {"skipped": str(why)}, f"The page's player {why}."
    return found, table(found)


def _playground(rounds: int) -> tuple[Any, str]:
    from whygrad.app.guard import HEADERS
    from whygrad.app.serve import in_background
    from whygrad.app.server import STATIC, create_app
    from whygrad.bench.cases import Skipped
    from whygrad.bench.playground import run, table

    try:
        with in_background(create_app("flow")) as url:
            found = run(url, STATIC, HEADERS, rounds)
    except Skipped as why:
        raise WhygradError(f"the playground's benchmark {why}") from None
    return found.to_json(), table(found)


def _practice(exercises: int) -> tuple[Any, str]:
    from whygrad.bench.practice import run, table

    found = run(exercises)
    return found, table(found)


def _doctor(seeds: tuple[int, ...] | None, only: tuple[str, ...]) -> tuple[Any, str]:
    try:
        from whygrad.bench.doctor import SEEDS, run, table
    except ModuleNotFoundError as error:
        missing = {"torch": "PyTorch", "sklearn": "scikit-learn", "threadpoolctl": "scikit-learn"}
        if error.name not in missing:
            raise
        raise WhygradError(
            f"the doctor's cases need {missing[error.name]}, which is not installed. "
            "Try: pip install 'whygrad[clinic]'."
        ) from None
    seeds = seeds or SEEDS
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(
        *columns, TimeRemainingColumn(), console=console, transient=True,
        disable=not console.is_terminal,
    ) as progress:  # fmt: skip
        task = progress.add_task("training", total=None)

        def told(row: dict[str, Any], of: int) -> None:
            progress.update(task, advance=1, total=of, description=row["case"])

        found = run(seeds, only, progress=told)
    return found, table(found)


def _plain(found: Any) -> Any:
    if isinstance(found, list):
        return [_plain(one) for one in found]  # pyright: ignore[reportUnknownVariableType]
    if is_dataclass(found) and not isinstance(found, type):
        return asdict(found)
    return found
