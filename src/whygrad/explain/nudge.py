"""See it happen: move one number a little, play the rest again, and look at the loss."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

import numpy as np

from whygrad.engine.corners import sides
from whygrad.engine.formula import Expr
from whygrad.engine.op import Array
from whygrad.engine.ops import OPS
from whygrad.engine.tensor import output_dtype
from whygrad.errors import WhygradError
from whygrad.explain.display import number, shown
from whygrad.explain.said import Named, Said, say
from whygrad.tape.run import Run, json_number
from whygrad.tape.tape import Step

EPSILON = 1e-5


@dataclass(frozen=True, slots=True)
class Nudge:
    """What the loss did when one element was moved to either side.

    Attributes:
        name: the element.
        value: its number.
        epsilon: how far it was moved.
        loss: the loss before.
        plus: the loss with the element at value + epsilon.
        minus: the loss with the element at value - epsilon.
        estimate: (plus - minus) / (2 epsilon).
        gradient: what the backward pass says, or None where it did not ask.
        error: estimate - gradient, or None.
        kinks: names of values that crossed a corner (such as a ReLU's 0) on the way; where there
            are any, the two need not agree.
    """

    name: str
    value: float
    epsilon: float
    loss: float
    plus: float
    minus: float
    estimate: float
    gradient: float | None
    error: float | None
    kinks: tuple[str, ...]

    def __str__(self) -> str:
        seen = (self.plus, self.minus, self.loss)
        tree = (Expr("leaf", (0, 0)) - Expr("leaf", (1, 0))) / (2 * self.epsilon)
        how = shown(tree, lambda value, _: seen[value], self.estimate)
        above, below, here = (Named(number=loss, digits=how.digits) for loss in seen)
        quotient = f"({number(self.plus, how.digits)} − {number(self.minus, how.digits)})"
        lines: list[Said | str] = [
            say("nudge.losses", below=below, here=here, above=above),
            f"{quotient} / {number(2 * self.epsilon)} = {how.result}",
        ]
        if self.gradient is not None:
            slope = Named(number=self.gradient, digits=how.result_digits)
            lines.append(say("nudge.backward", gradient=slope))
        if not np.isfinite(self.estimate) and np.isfinite(self.loss):
            lines.append(say("nudge.undefined"))
        if self.kinks:
            lines.append(say("nudge.corner", names=", ".join(self.kinks)))
        moved = say("nudge.by", x=self.name, value=self.value, epsilon=self.epsilon)
        return "\n  ".join(map(str, [moved, *lines]))

    def to_json(self) -> dict[str, Any]:
        """Return the numbers as JSON data; inf and nan as texts."""
        data = dataclasses.asdict(self)
        return {
            key: json_number(item) if isinstance(item, float) else item
            for key, item in data.items()
        }


def nudge(run: Run, name: str, epsilon: float = EPSILON) -> Nudge:
    """Move one element by ``epsilon`` to either side and play the forward pass from there.

    Args:
        run: the numbers; they are not changed.
        name: an element of a value the loss depends on: ``W1[0,2]``, ``z1``, or its gradient's
            name, ``dL/dz1``.
        epsilon: how far, above 0.

    Raises:
        WhygradError: no such element, one the loss does not follow from, or a bad epsilon.
    """
    if not (np.isfinite(epsilon) and epsilon > 0):
        raise WhygradError(f"epsilon is {epsilon!r}; it must be above 0, such as 1e-5")
    tape = run.tape
    value, at = run.element(name)
    gradient_of = tape.values[value].gradient_of
    if gradient_of is not None:
        value = gradient_of
    steps = downstream(run, value)
    if run.arrays[value].dtype.kind != "f" or (not steps and value != tape.loss):
        raise WhygradError(
            f"{name}: the loss does not follow from it in the forward pass, so nudging it shows "
            f"nothing; nudge an input, a parameter, or a value between them and the loss"
        )
    sides = {side: moved(run, value, at, side * epsilon, steps) for side in (1, -1)}
    plus, minus = (float(sides[side][tape.loss].item()) for side in (1, -1))
    estimate = (plus - minus) / (2 * epsilon)
    gradient = None
    if value in tape.gradients:
        gradient = run.number(tape.gradients[value], at)
    return Nudge(
        name=run.label(value, at),
        value=run.number(value, at),
        epsilon=epsilon,
        loss=float(run.arrays[tape.loss].item()),
        plus=plus,
        minus=minus,
        estimate=estimate,
        gradient=gradient,
        error=None if gradient is None else estimate - gradient,
        kinks=_crossed(run, steps, sides[1], sides[-1]),
    )


def sweep(run: Run, name: str, exponents: range = range(-12, 1)) -> tuple[Nudge, ...]:
    """Nudge by 10 to each exponent: large ones show truncation error, small ones round-off."""
    return tuple(nudge(run, name, 10.0**exponent) for exponent in exponents)


def downstream(run: Run, *values: int) -> list[Step]:
    """Return the forward steps that follow from any of some values, in order."""
    touched = set(values)
    found: list[Step] = []
    for step in run.tape.steps:
        if step.phase in ("forward", "loss") and touched.intersection(step.inputs):
            touched.add(step.output)
            found.append(step)
    return found


def moved(run: Run, value: int, at: int, by: float, steps: list[Step]) -> dict[int, Array]:
    """Return the arrays that differ when one element is moved: itself, and all downstream."""
    start = run.arrays[value].copy()
    start.flat[at] += by
    return replayed(run, {value: start}, steps)


def replayed(run: Run, given: Mapping[int, Array], steps: list[Step]) -> dict[int, Array]:
    """Return the arrays that differ where some values are others: these, and all downstream."""
    arrays = dict(given)
    with np.errstate(all="ignore"):
        for step in steps:
            arrays[step.output] = _compute(run, step, arrays)
    arrays.setdefault(run.tape.loss, run.arrays[run.tape.loss])
    return arrays


def _compute(run: Run, step: Step, arrays: Mapping[int, Array]) -> Array:
    op = OPS[step.op]
    inputs = [arrays.get(i, run.arrays[i]) for i in step.inputs]
    shape = run.arrays[step.output].shape
    if op.view is not None:
        return op.view(inputs[0], shape, **step.params)
    assert op.forward is not None
    out = np.empty(shape, output_dtype(op.kind, inputs))
    op.forward(*inputs, out, **step.params)()
    return out


def _crossed(
    run: Run, steps: list[Step], plus: Mapping[int, Array], minus: Mapping[int, Array]
) -> tuple[str, ...]:
    """Name the values whose corner lies between the two sides, or exactly where they are now."""
    found: list[str] = []
    for step in steps:
        above, below = (
            sides(OPS[step.op], [arrays.get(i, run.arrays[i]) for i in step.inputs], step.params)
            for arrays in (plus, minus)
        )
        if above is not None and not np.array_equal(above, cast("Array", below)):
            found.append(run.tape.label(step.inputs[0]))
    return tuple(found)
