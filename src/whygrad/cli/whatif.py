"""``whygrad mistakes`` and ``whygrad whatif``: do a step differently, and look."""

from __future__ import annotations

import json
import math
import textwrap

import click
from rich import box
from rich.console import Console
from rich.table import Table

from whygrad.cli.options import FORMAT
from whygrad.engine.notation import symbol
from whygrad.errors import WhygradError
from whygrad.explain import display
from whygrad.training.start import start
from whygrad.whatif import (
    MISTAKES,
    Comparison,
    Drop,
    Edit,
    LearningRate,
    MakeMistake,
    compare,
    fitting,
    parse_set,
    parse_swap,
)

SHOWN = 12  # differences in text; JSON has all


@click.command("mistakes")
@click.argument("spec", required=False)
@FORMAT
def mistakes_command(spec: str | None, style: str) -> None:
    """List the mistakes that can be played; with SPEC, those that fit it.

    \b
    Examples:
      whygrad mistakes
      whygrad mistakes fanout
    """
    listed = fitting(start(spec).iteration.tape) if spec else list(MISTAKES.values())
    if style == "json":
        keys = ("name", "title", "people", "breaks", "notice", "asks")
        rows = [{key: getattr(mistake, key) for key in keys} for mistake in listed]
        click.echo(json.dumps(rows, indent=2, ensure_ascii=False))
        return
    console = Console()
    for mistake in listed:
        console.print(f"[bold]{mistake.name}[/]: {mistake.title}")
        for label, text in (
            ("why", mistake.people),
            ("breaks", mistake.breaks),
            ("notice", mistake.notice),
        ):
            console.print(textwrap.indent(textwrap.fill(f"{label}: {text}", 90), "  "), style="dim")
    console.print(
        f"\n{len(listed)} mistakes. Play one with "
        f"[bold]whygrad whatif {spec or 'flow'} --mistake {listed[0].name}[/]."
        if listed
        else "No mistake fits this spec."
    )


@click.command("whatif")
@click.argument("spec")
@click.option("--mistake", help="Make a mistake (see whygrad mistakes).")
@click.option("--set", "number", help='Set a number: --set "w1=0.3". A computed one is held there.')
@click.option("--learning-rate", type=float, help="Use another learning rate.")
@click.option("--swap", help="Swap an activation, output, loss, optimizer or init: relu=sigmoid.")
@click.option("--drop", help="Leave a term out: it counts as 0 wherever it is used.")
@click.option("--iterations", type=click.IntRange(0, 1_000_000), help="How long to train both.")
@FORMAT
def whatif_command(
    spec: str,
    mistake: str | None,
    number: str | None,
    learning_rate: float | None,
    swap: str | None,
    drop: str | None,
    iterations: int | None,
    style: str,
) -> None:
    """Do SPEC differently in one way, beside the right way.

    \b
    Examples:
      whygrad whatif flow --mistake forget_factor_two
      whygrad whatif flow --set "w1=0.3"
      whygrad whatif xor --learning-rate 5
      whygrad whatif xor --swap relu=sigmoid
    """
    edits: list[Edit] = []
    if mistake is not None:
        edits.append(MakeMistake(mistake))
    if number is not None:
        edits.append(parse_set(number))
    if learning_rate is not None:
        if not math.isfinite(learning_rate):
            raise WhygradError(f"a learning rate is a number such as 0.1, not {learning_rate}")
        edits.append(LearningRate(learning_rate))
    if swap is not None:
        edits.append(parse_swap(swap))
    if drop is not None:
        edits.append(Drop(drop))
    if len(edits) != 1:
        raise WhygradError(
            "say one thing to do differently: --mistake, --set, --learning-rate, --swap or --drop"
        )
    found = compare(start(spec), edits[0], iterations)
    if style == "json":
        click.echo(json.dumps(found.to_json(), indent=2, ensure_ascii=False))
    else:
        _print(found)


def _print(found: Comparison) -> None:
    console = Console(highlight=False)
    console.print(f"[bold]What if: {found.edit}[/]\n")
    if found.first_divergence is None:
        console.print("Every number of the first iteration stays as it was.")
    else:
        first = found.first_divergence
        console.print(
            f"They part at [bold]{symbol(first.name)}[/]: {display.number(first.right)} becomes "
            f"{display.number(first.wrong)}.\n"
        )
        table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
        table.add_column("number")
        table.add_column("right", justify="right")
        table.add_column("instead", justify="right", style="magenta")
        for row in found.differences[:SHOWN]:
            table.add_row(symbol(row.name), display.number(row.right), display.number(row.wrong))
        console.print(table)
        if len(found.differences) > SHOWN:
            console.print(f"… and {len(found.differences) - SHOWN} more")
    for which, check in found.gradient_check.items():
        said = "passes" if check.passes else f"fails, worst at {symbol(check.name)}"
        console.print(f"\nGradient check, {which}: {said} (error {check.error:.1e})", end="")
    console.print()
    if found.training["right"]:
        console.print("\n[bold]Training[/]")
        for which, losses in found.training.items():
            if losses:
                accuracy = found.accuracy[which]
                right = "" if accuracy is None else f", {accuracy:.0%} right"
                console.print(
                    f"  {which:5}  loss {display.number(losses[0])} → "
                    f"{display.number(losses[-1])} in {len(losses)} iterations{right}"
                )
    if found.note:
        console.print(f"\n{found.note}")
