"""Two iterations side by side: where they part, what differs, and what it costs in training."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from whygrad.errors import NonFiniteError, WhygradError
from whygrad.iteration import Iteration
from whygrad.lesson import lesson
from whygrad.run import Run, json_number
from whygrad.training import Training, start
from whygrad.whatif.edits import Edit, MakeMistake, edited
from whygrad.whatif.mistakes import find_mistake
from whygrad.why.nudge import downstream, moved

TOLERANCE = 1e-9
CHECKED = 200  # elements at most that a gradient check nudges
EPSILON = 1e-6


@dataclass(frozen=True, slots=True)
class Difference:
    """An element whose number differs."""

    name: str
    right: float
    wrong: float


@dataclass(frozen=True, slots=True)
class GradientCheck:
    """The worst disagreement of a tape's gradients with nudging its own loss.

    Attributes:
        error: |gradient - estimate| / max(1, both), at its worst.
        name: the element where it is worst.
        passes: whether the error is below 1e-4.
    """

    error: float
    name: str
    passes: bool


@dataclass(frozen=True, slots=True)
class Comparison:
    """What an edit does.

    Attributes:
        edit: what was done differently, in words.
        first_divergence: the first element, in teaching order, whose number differs.
        differences: all that differ, in teaching order.
        gradient_check: of the right and of the wrong tape.
        training: the losses of both, iteration by iteration, on the same data and seed.
        accuracy: of both, after that; None where there is nothing to be right about.
        note: what there is to say about it, honestly.
    """

    edit: str
    first_divergence: Difference | None
    differences: tuple[Difference, ...]
    gradient_check: dict[str, GradientCheck]
    training: dict[str, tuple[float, ...]]
    accuracy: dict[str, float | None]
    note: str

    def to_json(self) -> dict[str, Any]:
        """Return the comparison as JSON data; inf and nan as texts."""
        return _jsonable(dataclasses.asdict(self))


def _jsonable(item: Any) -> Any:
    if isinstance(item, dict):
        return {key: _jsonable(part) for key, part in item.items()}  # pyright: ignore
    if isinstance(item, list | tuple):
        return [_jsonable(part) for part in item]  # pyright: ignore
    return json_number(item) if isinstance(item, float) else item


def compare(training: Training, edit: Edit, iterations: int | None = None) -> Comparison:
    """Do one iteration both ways, then train both ways.

    Args:
        training: what is right; it is not played further.
        edit: what to do differently.
        iterations: how long to train both; by default as long as the spec says.

    Raises:
        WhygradError: the edit does not fit.
    """
    right = start(training.spec)
    wrong = edited(right, edit)
    found = tuple(differences(right.iteration.run, wrong.run))
    checks = {"right": gradient_check(right.iteration.run), "wrong": gradient_check(wrong.run)}
    count = training.spec.train.iterations if iterations is None else iterations
    notes: list[str] = []
    losses = {
        "right": _trained(right.iteration, count, "right", notes),
        "wrong": _trained(wrong, count, "wrong", notes),
    }
    accuracy = {
        "right": _accuracy(right, right.iteration),
        "wrong": _accuracy(right, wrong),
    }
    note = _note(edit, found, checks, losses, notes)
    return Comparison(str(edit), found[0] if found else None, found, checks, losses, accuracy, note)


def differences(right: Run, wrong: Run) -> Iterator[Difference]:
    """Yield the named elements that differ, in teaching order; those only one has are left out."""
    leaves = [v.id for v in right.tape.leaves]
    order = [*leaves, *(step.value for step in lesson(right.tape))]
    for value in order:
        name = right.tape.values[value].name
        if not name or name not in wrong.tape.by_name:
            continue
        a, b = right.arrays[value], wrong[name]
        if a.shape != b.shape:
            continue
        apart = np.flatnonzero(~_close(a, b))
        for at in apart:
            yield Difference(right.label(value, int(at)), float(a.flat[at]), float(b.flat[at]))


def _close(a: Any, b: Any) -> Any:
    return np.isclose(a, b, rtol=TOLERANCE, atol=1e-12, equal_nan=True)


def gradient_check(run: Run) -> GradientCheck:
    """Hold the gradients of all parameters against nudging the same tape's loss.

    At most ``CHECKED`` elements are nudged, spread evenly over all of them.
    """
    tape = run.tape
    elements = [
        (value.id, at)
        for value in tape.leaves
        if value.id in tape.gradients and value.role in ("parameter", "input")
        for at in range(run.arrays[value.id].size)
    ]
    stride = max(1, math.ceil(len(elements) / CHECKED))
    worst = GradientCheck(0.0, "", passes=True)
    for value, at in elements[::stride]:
        steps = downstream(run, value)
        plus, minus = (
            moved(run, value, at, side, steps)[tape.loss].item() for side in (EPSILON, -EPSILON)
        )
        estimate = (plus - minus) / (2 * EPSILON)
        gradient = run.number(tape.gradients[value], at)
        error = abs(estimate - gradient) / max(1.0, abs(estimate), abs(gradient))
        if not error <= worst.error:
            worst = GradientCheck(error, run.label(value, at), passes=error < 1e-4)
    return worst


def _trained(iteration: Iteration, count: int, which: str, notes: list[str]) -> tuple[float, ...]:
    if not iteration.tape.carries or count < 1:
        return ()
    try:
        iteration.play(count)
    except NonFiniteError as error:
        notes.append(f"Training the {which} one broke down: {error}.")
    return tuple(iteration.losses)


def _accuracy(training: Training, iteration: Iteration) -> float | None:
    try:
        judged = dataclasses.replace(training, iteration=iteration).evaluate()
    except WhygradError:
        return None
    return None if judged is None else judged.accuracy


def _note(
    edit: Edit,
    found: tuple[Difference, ...],
    checks: dict[str, GradientCheck],
    losses: dict[str, tuple[float, ...]],
    notes: list[str],
) -> str:
    """Say what came of it; where nothing did, say so and why."""
    said = list(notes)
    trained = bool(losses["right"]) and losses["right"] == losses["wrong"]
    if not found:
        said.append(f"Here it makes no difference to this iteration. {_why_not(edit)}")
        if losses["right"] and not trained:
            said.append("In training it does, from a later iteration on.")
        elif trained:
            said.append("In training it makes none either.")
    elif checks["wrong"].passes and isinstance(edit, MakeMistake):
        updates = all(row.name.partition("[")[0].endswith("_new") for row in found)
        said.append(
            "The gradients are right; it is what is done with them that is not."
            if updates
            else "The gradient check passes: the gradients are right for what is computed, but "
            "something else is computed."
        )
    return " ".join(part.strip() for part in said)


def _why_not(edit: Edit) -> str:
    if isinstance(edit, MakeMistake):
        return f"How it shows elsewhere: {find_mistake(edit.name).notice}"
    return "The number is what it was."
