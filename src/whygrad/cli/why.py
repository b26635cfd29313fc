"""``whygrad why``, ``nudge`` and ``paths``: ask a number of one iteration why it is so."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import click
from rich.console import Console
from rich.text import Text

from whygrad.cli.options import AT_ITERATION, FORMAT
from whygrad.errors import WhygradError
from whygrad.explain import PRINCIPLES, Nudge, Paths, Principle, Rung, nudge, paths, why
from whygrad.explain.ladder import DEPTH
from whygrad.explain.nudge import EPSILON
from whygrad.tape.run import Run
from whygrad.training.start import start


def _run(spec: str, iteration: int) -> Run:
    """Return the numbers of an iteration, counted from 1."""
    return start(spec).iteration.play(iteration)


@click.command("why")
@click.argument("spec")
@click.argument("name")
@click.option("--depth", type=click.IntRange(0, 12), default=DEPTH, show_default=True)
@AT_ITERATION
@FORMAT
def why_command(spec: str, name: str, depth: int, iteration: int, style: str) -> None:
    """Explain a NUMBER of SPEC: what it is, by what rule, why the rule holds.

    \b
    Examples:
      whygrad why flow dL/dw1
      whygrad why xor "dL/dW1[0,2]" --depth 5
      whygrad why flow w1_new --format json
    """
    run = _run(spec, iteration)
    rung = why(run, name, depth)
    if style == "json":
        answer = rung.to_json()
        answer["nudge"] = _answered(nudge, run, name)
        answer["paths"] = _answered(paths, run, name)
        click.echo(json.dumps(answer, indent=2, ensure_ascii=False))
        return
    console = Console()
    console.print(rung)
    console.print("\n[bold]It rests on[/]")
    for name in dict.fromkeys(_principles(rung)):
        console.print(_principle(PRINCIPLES[name]))
    seen = _answered(nudge, run, name)
    if seen:
        console.print("\n[bold]See it happen[/]")
        console.print(str(nudge(run, name)), highlight=False, markup=False)


@click.command("nudge")
@click.argument("spec")
@click.argument("name")
@click.option(
    "--epsilon",
    type=click.FloatRange(min=0, min_open=True),
    default=EPSILON,
    show_default=True,
    help="How far to move it, to either side.",
)
@AT_ITERATION
@FORMAT
def nudge_command(spec: str, name: str, epsilon: float, iteration: int, style: str) -> None:
    """Move one NUMBER of SPEC a little, play the rest, and look at the loss.

    \b
    Examples:
      whygrad nudge flow w1
      whygrad nudge xor "W1[0,2]" --epsilon 0.01
    """
    _print(nudge(_run(spec, iteration), name, epsilon), style)


@click.command("paths")
@click.argument("spec")
@click.argument("name")
@click.option("--top", type=click.IntRange(0, 10_000), default=10, show_default=True)
@AT_ITERATION
@FORMAT
def paths_command(spec: str, name: str, top: int, iteration: int, style: str) -> None:
    """List the paths from a NUMBER of SPEC to the loss, the largest first.

    \b
    Examples:
      whygrad paths fanout x
      whygrad paths xor "W1[0,2]" --top 3
    """
    _print(paths(_run(spec, iteration), name, top), style)


def _principles(rung: Rung) -> Iterator[str]:
    yield rung.principle
    for below in rung.because:
        yield from _principles(below)


def _principle(principle: Principle) -> Text:
    """Write a principle, how to see it, and its analogy with where that breaks."""
    text = Text.assemble((principle.name, "bold italic"), ": ", principle.says, " ", principle.see)
    if principle.analogy:
        text.append(f" Like {principle.analogy.like} Breaks where {principle.analogy.breaks}")
    return text


def _print(found: Nudge | Paths, style: str) -> None:
    if style == "json":
        click.echo(json.dumps(found.to_json(), indent=2, ensure_ascii=False))
    else:
        click.echo(str(found))


def _answered(ask: Any, run: Run, name: str) -> Any:
    """Return an answer as JSON, or None where this number cannot be asked so."""
    try:
        return ask(run, name).to_json()
    except WhygradError:
        return None
