"""Two iterations side by side: where they part, what differs, and what it costs in training."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from whygrad.engine.notation import symbol
from whygrad.errors import NonFiniteError, WhygradError
from whygrad.explain import display
from whygrad.explain.formulas import formula
from whygrad.explain.nudge import downstream, moved
from whygrad.explain.said import Said, say
from whygrad.explain.worked import worked_steps
from whygrad.tape.run import Run, json_number
from whygrad.training.iteration import Iteration
from whygrad.training.start import Training, start
from whygrad.whatif.edits import Edit, MakeMistake, edited
from whygrad.whatif.mistakes import find_mistake

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
        says: what there is to say about it, honestly, as keys and slots.
    """

    edit: str
    first_divergence: Difference | None
    differences: tuple[Difference, ...]
    gradient_check: dict[str, GradientCheck]
    training: dict[str, tuple[float, ...]]
    accuracy: dict[str, float | None]
    says: tuple[Said, ...]

    @property
    def note(self) -> str:
        """What there is to say about it."""
        return " ".join(map(str, self.says))

    def to_json(self) -> dict[str, Any]:
        """Return the comparison as JSON data; inf and nan as texts."""
        data = dataclasses.asdict(dataclasses.replace(self, says=()))
        del data["says"]
        return _jsonable({**data, "note": self.note})


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
    notes: list[Said] = []
    if not found:
        notes += [say("compare.no_difference"), _tie(right, wrong, edit)]
    count = training.spec.train.iterations if iterations is None else iterations
    losses = {
        "right": _trained(right.iteration, count, "right", notes),
        "wrong": _trained(wrong, count, "wrong", notes),
    }
    accuracy = {
        "right": _accuracy(right, right.iteration),
        "wrong": _accuracy(right, wrong),
    }
    says = (*notes, *_outcome(edit, found, checks, losses))
    return Comparison(str(edit), found[0] if found else None, found, checks, losses, accuracy, says)


def differences(right: Run, wrong: Run) -> Iterator[Difference]:
    """Yield the named elements that differ, in teaching order; those only one has are left out."""
    leaves = [v.id for v in right.tape.leaves]
    order = [*leaves, *(step.value for step in worked_steps(right.tape))]
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


def _trained(iteration: Iteration, count: int, which: str, notes: list[Said]) -> tuple[float, ...]:
    if not iteration.tape.carries or count < 1:
        return ()
    try:
        iteration.play(count)
    except NonFiniteError as error:
        notes.append(say(f"compare.broke_{which}", fault=str(error)))
    return tuple(iteration.losses)


def _accuracy(training: Training, iteration: Iteration) -> float | None:
    try:
        judged = dataclasses.replace(training, iteration=iteration).evaluate()
    except WhygradError:
        return None
    return None if judged is None else judged.accuracy


def _tie(right: Training, wrong: Iteration, edit: Edit) -> Said:
    """Say why nothing differs: where it is done in another way, both ways come to the same."""
    if not isinstance(edit, MakeMistake):
        return say("compare.same_number")
    a, b = right.iteration.run, wrong.run
    for step in worked_steps(a.tape):
        value, other = step.value, b.tape.by_name.get(step.name)
        if other is None or other not in b.tape.makers:
            continue
        at = int(np.argmax(np.abs(a.arrays[value])))
        rightly, wrongly = _names(a, value, at), _names(b, other, at)
        if rightly != wrongly:
            numbers = [_numbers(a, value, at), _numbers(b, other, at)]
            if numbers[0] == numbers[1]:  # then it is the names that tell them apart
                numbers = [f"{rightly} = {numbers[0]}", f"{wrongly} = {numbers[1]}"]
            name = symbol(a.label(value, at))
            return say("compare.tie", x=name, right=numbers[0], wrong=numbers[1])
    return say("compare.same_made")


def _names(run: Run, value: int, at: int) -> str:
    return display.in_symbols(formula(run, value, at), run)


def _numbers(run: Run, value: int, at: int) -> str:
    """Write how a number is worked out: −1.75 × 1 = −1.75."""
    tree = formula(run, value, at)
    found = display.shown(tree, run.number, run.number(value, at))
    written = display.in_numbers(tree, run.number, found.digits)
    return " = ".join(dict.fromkeys((written, found.result)))


def _outcome(
    edit: Edit,
    found: tuple[Difference, ...],
    checks: dict[str, GradientCheck],
    losses: dict[str, tuple[float, ...]],
) -> Iterator[Said]:
    """Say what came of it in training, and how a mistake that shows nothing here is noticed."""
    if not found:
        if losses["right"]:
            same = losses["right"] == losses["wrong"]
            yield say("compare.trained_same" if same else "compare.trained_later")
        if isinstance(edit, MakeMistake):
            yield say("compare.notice", notice=find_mistake(edit.name).notice)
    elif checks["wrong"].passes and isinstance(edit, MakeMistake):
        updates = all(row.name.partition("[")[0].endswith("_new") for row in found)
        yield say("compare.gradients_right" if updates else "compare.check_passes")
