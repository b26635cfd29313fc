"""``whygrad trace``: one iteration as a worked example."""

from __future__ import annotations

import json
import math
import textwrap
from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import Any

import click
from rich.console import Console
from rich.text import Text

from whygrad.cli.options import AT_ITERATION, FORMAT
from whygrad.engine.notation import symbol
from whygrad.explain.change import LossChange, change, happened
from whygrad.explain.display import in_numbers, in_symbols, number, shown
from whygrad.explain.formulas import formula
from whygrad.explain.said import Said
from whygrad.explain.worked import WorkedStep, lines, worked_steps
from whygrad.spec import spec_to_dict
from whygrad.tape.run import Run, json_number
from whygrad.tape.tape import Value
from whygrad.training.start import Training, start

MOST_ELEMENTS = 8  # of one step, unless all are asked for
MOST_TERMS = 12  # of one sum, likewise
MOST_GIVEN = 12  # numbers of one given array
INDENT = 5
NARROWEST = 30  # columns; a narrower terminal breaks lines itself
NO_BREAK = "\u00a0"
HEADINGS = {
    "forward": ("Forward", "bold bright_blue"),
    "loss": ("Loss", "bold bright_blue"),
    "backward": ("Backward", "bold dark_orange"),
    "update": ("Update", "bold green"),
}
GIVEN = ("input", "target", "parameter", "optimizer state", "hyperparameter")


@click.command(short_help="Print one iteration of SPEC as a worked example.")
@click.argument("spec")
@click.option("--unfold", is_flag=True, help="Every primitive step, as the tape has them.")
@click.option("--all", "everything", is_flag=True, help="Every element of every step.")
@AT_ITERATION
@FORMAT
def trace(spec: str, unfold: bool, everything: bool, iteration: int, style: str) -> None:
    """Print one training iteration of SPEC as a worked example.

    Every step is numbered, with its symbol, its formula, the formula with its numbers, and what
    they come to. The shown numbers give the shown result: where four digits are too few for that,
    there are more.

    \b
    Examples:
      whygrad trace flow
      whygrad trace xor --iteration 500
      whygrad trace flow --unfold
      whygrad trace flow --format json > flow.json
    """
    training = start(spec)
    run = training.iteration.play(iteration)
    if style == "json":
        click.echo(json.dumps(document(training, run, iteration, unfold), ensure_ascii=False))
        return
    console = Console(highlight=False, soft_wrap=True)
    steps = worked_steps(run.tape, unfold=unfold)
    width = max(console.width, NARROWEST)
    for line in header(training, run, iteration, width):
        console.print(line)
    phase = ""
    for n, step in enumerate(steps, start=1):
        if step.phase != phase:
            phase = step.phase
            name, color = HEADINGS[phase]
            console.print(Text(f"\n{name}", style=color))
        console.print(Text(f"{n:>3}  ") + Text(step.title, style="bold"))
        for text in equations(run, step, unfold, everything, width - INDENT):
            console.print(Text(textwrap.indent(text, " " * INDENT)))
    console.print(Text(f"\n{closing(training, run, iteration)}"))


def document(training: Training, run: Run, iteration: int, unfold: bool) -> dict[str, Any]:
    """Return the iteration as one JSON object: worked steps line by line, and the full record."""
    seen = training.visited(iteration - 1)
    listed = [
        {
            "name": line.name,
            "phase": line.phase,
            "formula": line.formula,
            "expression": line.expression,
            "value": line.value if math.isfinite(line.value) else str(line.value),
        }
        for step in worked_steps(run.tape, unfold=unfold)
        for line in lines(run, step, unfold=unfold)
    ]
    return {
        "spec": spec_to_dict(training.spec),
        "iteration": iteration,
        "samples": None if seen is None else seen.tolist(),
        "worked": listed,
        "change": change_document(training, run, iteration),
        "tape": run.tape.to_json(),
        "run": run.to_json(),
    }


def change_document(training: Training, run: Run, iteration: int) -> dict[str, Any] | None:
    """Return what the iteration's update did to the loss as JSON data; None if nothing is updated.

    Args:
        training: what is trained.
        run: the numbers of the iteration.
        iteration: its number, from 1.
    """
    found = change(run)
    if found is None:
        return None
    return {
        "before": json_number(found.before),
        "after": json_number(found.after),
        "promised": json_number(found.promised),
        "says": [str(said) for said in what_happened(training, found, iteration)],
    }


# --- which numbers these are ------------------------------------------------------------------


def header(training: Training, run: Run, iteration: int, width: int) -> Iterator[Text]:
    """Say what is traced, on which samples, and what was given."""
    spec = training.spec
    yield Text(spec.title or spec.name, style="bold")
    if spec.description:
        yield Text(spec.description)
    what = "weights" if spec.network else "numbers"
    seen = _samples(training, iteration)
    yield Text(f"\nIteration {iteration} · {seen}{what} before the update")
    for role in GIVEN:
        values = [value for value in run.tape.leaves if value.role == role and value.name]
        if values:
            texts = _filled([_given(run, value) for value in values], width - 19)
            yield Text(f"  {role + ':':<16} {texts}")


def _filled(items: Sequence[str], width: int) -> str:
    """Join items by commas, and lines of them where they do not fit one."""
    rows = [""]
    for item in items:
        if rows[-1] and len(rows[-1]) + 2 + len(item) > width:
            rows.append("")
        rows[-1] += f", {item}" if rows[-1] else item
    return f",\n{' ' * 19}".join(rows)


def _samples(training: Training, iteration: int) -> str:
    """Say which sample, or the mean over which ones; samples are counted from 1."""
    seen = training.visited(iteration - 1)
    if seen is None or training.dataset is None:
        return ""
    of = f"of {len(training.dataset)}"
    if len(seen) == 1:
        return f"example {seen[0] + 1} {of} · "
    if len(seen) == len(training.dataset):
        return f"mean over all {len(seen)} examples · "
    listed = ", ".join(str(n + 1) for n in seen[:MOST_GIVEN])
    more = ", …" if len(seen) > MOST_GIVEN else ""
    return f"mean over {len(seen)} {of} examples ({listed}{more}) · "


def _given(run: Run, value: Value) -> str:
    array, name = run.arrays[value.id], symbol(value.name)
    if array.size == 1:
        return f"{name} = {number(array.item())}"
    if array.size > MOST_GIVEN:
        return f"{name} ({' × '.join(map(str, array.shape))} numbers)"
    return f"{name} = {_nested(array)}"


def _nested(array: Any) -> str:
    if array.ndim == 0:
        return number(float(array))
    return f"[{', '.join(_nested(part) for part in array)}]"


def closing(training: Training, run: Run, iteration: int) -> str:
    """Say what the iteration came to."""
    found = change(run)
    if found is None:
        loss = symbol(run.tape.label(run.tape.loss))
        return f"The loss {loss} is {number(run.number(run.tape.loss, 0))}."
    return " ".join(map(str, what_happened(training, found, iteration)))


def what_happened(training: Training, found: LossChange, iteration: int) -> tuple[Said, ...]:
    """Say what an iteration's update did to the loss, and of which samples; counted from 1."""
    seen = training.visited(iteration - 1)
    data = training.dataset
    return happened(
        found, None if seen is None else seen.tolist(), 0 if data is None else len(data)
    )


# --- steps ------------------------------------------------------------------------------------


def equations(
    run: Run, step: WorkedStep, unfold: bool, everything: bool, width: int
) -> Iterator[str]:
    """Yield a step's equations, one per element, and what was left out."""
    size = run.arrays[step.value].size
    most = size if everything else MOST_ELEMENTS
    for at in range(min(size, most)):
        yield equation(run, step.value, at, unfold=unfold, width=width, cut=not everything)
    if size > most:
        yield f"… and {size - most} more like these (--all shows them)"


def equation(run: Run, value: int, at: int, *, unfold: bool, width: int, cut: bool) -> str:
    """Write an element's name, formula, the formula with numbers, and the result."""
    tree = formula(run, value, at, fold=not unfold)
    found = shown(tree, run.number, run.number(value, at))
    parts = [in_symbols(tree, run), in_numbers(tree, run.number, found.digits)]
    if cut:
        parts = [_shortened(part) for part in parts]
    if parts[-1] != found.result:
        parts.append(found.result)
    return laid_out(symbol(run.label(value, at)), parts, width)


def laid_out(name: str, parts: Sequence[str], width: int) -> str:
    """Write ``name = part = part`` on one line if it fits, else with the signs under each other."""
    line = " = ".join((name, *parts))
    if len(line) <= width:
        return line
    heads = [name, *[" " * len(name)] * (len(parts) - 1)]
    indent = " " * (len(name) + 3)
    rows = [
        textwrap.fill(
            f"{head} = {_tied(part)}",
            width,
            subsequent_indent=indent,
            break_long_words=False,
            break_on_hyphens=False,
        )
        for head, part in zip(heads, parts, strict=True)
    ]
    return "\n".join(rows).replace(NO_BREAK, " ")


def _tied(text: str) -> str:
    """Keep the factors of a product, and the note of what is left out, on one line."""
    return text.replace(" × ", f"{NO_BREAK}×{NO_BREAK}").replace(
        " more terms", f"{NO_BREAK}more terms"
    )


def _shortened(text: str) -> str:
    """Leave out the middle of a long sum, and say how much that is."""
    terms = _terms(text)
    if len(terms) <= MOST_TERMS:
        return text
    return " + ".join([*terms[:3], f"… ({len(terms) - 4} more terms)", terms[-1]])


def _terms(text: str) -> list[str]:
    """Split a sum at its outermost plus signs."""
    depths = list(accumulate((char == "(") - (char == ")") for char in text))
    signs = [n for n in range(len(text)) if text.startswith(" + ", n)]
    outermost = min((depths[n] for n in signs), default=0)
    ends = [n for n in signs if depths[n] == outermost]
    starts = [0, *(n + 3 for n in ends)]
    return [text[a:b] for a, b in zip(starts, [*ends, len(text)], strict=True)]
