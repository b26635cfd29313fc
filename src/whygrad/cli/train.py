"""``whygrad train``: train, and say what came of it."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from shlex import quote
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.text import Text

from whygrad.cli.doctor import doctors_module
from whygrad.cli.options import FORMAT
from whygrad.cli.trace import change_document, what_happened
from whygrad.data import Dataset
from whygrad.engine.notation import symbol
from whygrad.errors import WhygradError
from whygrad.explain.change import change, fell_or_rose
from whygrad.explain.display import number
from whygrad.tape.run import numbers
from whygrad.training.evaluation import REGRESSION_TOLERANCE
from whygrad.training.outcome import Outcome, Unsolved, outcome
from whygrad.training.start import Training, start
from whygrad.wire.messages import to_json

MOST_UNSOLVED = 8
MOST_FEATURES = 4
CHUNKS = 200  # how often the bar moves
MOST_EXAMINED = 10_000  # iterations that the doctor goes through unasked


@click.command(short_help="Train SPEC, and say what stayed unsolved.")
@click.argument("spec")
@click.option(
    "--iterations",
    "-n",
    type=click.IntRange(1, 1_000_000),
    help="How many; by default what SPEC says.",
)
@FORMAT
def train(spec: str, iterations: int | None, style: str) -> None:
    """Train SPEC and say how well it does, what stayed unsolved, and why.

    Where something did, the doctor examines the same training, if PyTorch is installed.

    \b
    Examples:
      whygrad train xor
      whygrad train flow --iterations 50
      whygrad train my-spec.toml --format json > run.json
    """
    training = start(spec)
    before = outcome(training)
    play(training, iterations or training.spec.train.iterations)
    after = outcome(training)
    if style == "json":
        click.echo(json.dumps(document(training, after)))
        return
    console = Console(highlight=False, soft_wrap=True)
    for line in report(training, before, after):
        console.print(line)
    for line in last_iteration(training):
        console.print(line)
    if after is not None and not after.is_well:
        for line in diagnosis(spec, training.iteration.played):
            console.print(line)


def play(training: Training, iterations: int) -> None:
    """Train, with a progress bar where somebody watches.

    Raises:
        NonFiniteError: a NaN or infinity arose.
    """
    console = Console(stderr=True)
    columns = (
        TextColumn("training"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        TextColumn("loss {task.fields[loss]}"),
    )
    with Progress(
        *columns, console=console, transient=True, disable=not console.is_terminal
    ) as progress:
        task = progress.add_task("", total=iterations, loss="…")
        left = iterations
        while left:
            chunk = min(left, max(1, iterations // CHUNKS))
            training.iteration.play(chunk)
            left -= chunk
            loss = number(training.iteration.losses[-1])
            progress.update(task, advance=chunk, loss=loss)


def document(training: Training, after: Outcome | None) -> dict[str, Any]:
    """Return what came of the training as one JSON object."""
    iteration = training.iteration
    return {
        "iterations": iteration.played,
        "loss": iteration.losses,
        "evaluation_loss": None if after is None else after.evaluation.loss,
        "accuracy": None if after is None else after.evaluation.accuracy,
        "unsolved": [] if after is None else [to_json(item) for item in after.unsolved],
        "dead": [] if after is None else [to_json(item) for item in after.dead],
        "change": change_document(training, iteration.run, iteration.played),
        "state": {name: numbers(array) for name, array in iteration.state.items()},
    }


# --- in words ---------------------------------------------------------------------------------


def report(training: Training, before: Outcome | None, after: Outcome | None) -> Iterator[Text]:
    """Say in words what came of the training."""
    iteration = training.iteration
    done = f"{iteration.played} iteration{'s' * (iteration.played > 1)}"
    yield Text(f"{training.spec.title or training.spec.name}, after {done}", style="bold")
    if before is None or after is None:
        ended = change(iteration.run)
        last = iteration.losses[-1] if ended is None else ended.after
        yield _row("loss", str(fell_or_rose(iteration.losses[0], last, iteration.played)))
        for name, array in iteration.state.items():
            if array.size == 1:  # a formula's parameters are mostly numbers
                yield _row(symbol(name), number(array.item()))
        return
    first, last = before.evaluation, after.evaluation
    yield _row("loss", str(fell_or_rose(first.loss, last.loss, iteration.played)))
    right = f"{first.solved.sum()} → {last.solved.sum()} of {len(after.judged)} right"
    yield _row("accuracy", f"{first.accuracy:.0%} → {last.accuracy:.0%}: {right}")
    yield _row("judged on", _judged_on(training, after))
    yield _row("right is", _right_is(after.judged))
    yield Text()
    if after.unsolved:
        yield Text("Stayed unsolved:")
        for item in after.unsolved[:MOST_UNSOLVED]:
            yield Text(f"  {_unsolved(item, after.judged)}")
        if len(after.unsolved) > MOST_UNSOLVED:
            yield Text(f"  … and {len(after.unsolved) - MOST_UNSOLVED} more")
    else:
        yield Text("Nothing stayed unsolved.", style="green")
    for dead in after.dead:
        yield Text(f"{dead}.", style="yellow")
        if len(dead.units) == dead.of:
            yield Text(
                "The whole layer is dead: the output is the same for every input. "
                "Only what comes after it still learns.",
                style="yellow",
            )


def last_iteration(training: Training) -> Iterator[Text]:
    """Say what the last update did to the loss, and what the gradient promised."""
    iteration = training.iteration
    if found := change(iteration.run):
        said = " ".join(map(str, what_happened(training, found, iteration.played)))
        yield Text(f"\nThe last iteration: {said}")


def diagnosis(spec: str, iterations: int) -> Iterator[Text]:
    """Say what the doctor finds in the same training: its verdict, and the first cause.

    Args:
        spec: as it was given to the command.
        iterations: how many it was trained for.
    """
    yield Text()
    if iterations > MOST_EXAMINED:
        yield Text(f"Why, and what to do: whygrad doctor {quote(spec)} examines such a training.")
        return
    try:
        examined = doctors_module("networks").diagnose(spec, iterations=iterations)
    except WhygradError as error:
        yield Text(f"Why, and what to do: {error.message}")
        return
    same = "iteration" if iterations == 1 else f"{iterations} iterations"
    yield Text(f"The doctor, of the same {same}: {examined.verdict}")
    for finding in examined.findings[:1]:
        yield Text(f"  {finding.mechanism}")
        for remedy in finding.remedies:
            yield Text(f"  → {remedy.name}: {remedy.why}. Predicts: {remedy.predicts}.")
            if remedy.tried:
                yield Text(f"    Tried: {remedy.tried}.")
    yield Text(f"All that it sees: whygrad doctor {quote(spec)}")


def _row(name: str, text: str) -> Text:
    return Text(f"  {name:<10}") + Text(text)


def _judged_on(training: Training, result: Outcome) -> str:
    assert training.dataset is not None
    n, learned = len(result.judged), len(training.dataset)
    if result.judged is training.dataset:
        return f"all {n} examples, which it learned from" if n > 1 else "the one example"
    flipped = training.dataset.flipped
    wrong = "" if flipped is None else f", {flipped.sum()} of them labelled wrong on purpose"
    return f"{n} examples kept for that; it learned from {learned} others{wrong}"


def _right_is(judged: Dataset) -> str:
    if judged.task == "binary":
        return "an output on the target's side of 0.5"
    if judged.task == "classes":
        return "the largest output for the target's class"
    return f"within {REGRESSION_TOLERANCE:.0%} of the targets' spread"


def _unsolved(item: Unsolved, judged: Dataset) -> str:
    x = ", ".join(map(number, item.x[:MOST_FEATURES]))
    more = ", …" if len(item.x) > MOST_FEATURES else ""
    if judged.task == "classes":
        names = judged.classes or judged.target_names
        target, output = (names[values.index(max(values))] for values in (item.target, item.output))
        share = f" (share {number(max(item.output))})" if math.isclose(sum(item.output), 1) else ""
        return f"({x}{more}): says {output}{share}, should say {target}"
    target, output = (", ".join(map(number, values)) for values in (item.target, item.output))
    return f"({x}{more}): output {output}, target {target}"
