"""Mistakes in the update, and updates that come too early."""

from __future__ import annotations

import numpy as np

from whygrad.tape.tape import Step, Tape
from whygrad.whatif.rewrite import (
    Rewrite,
    Rewriter,
    fits_in_place,
    reversed_step,
)
from whygrad.whatif.rules.steps import at_each, transposed_from, weight_products


def _updates(tape: Tape) -> list[Step]:
    """Return the steps that make an updated parameter of the old one."""
    after = {b for a, b in tape.carries if tape.values[a].role == "parameter"}
    return [s for s in tape.steps if s.output in after and s.op == "sub"]


def add_the_gradient(tape: Tape) -> Rewrite | None:
    """Add the gradient in place of subtracting it."""

    def added(step: Step, new: Rewriter) -> None:
        new.finish(step, "add", [new.id(i) for i in step.inputs])

    return at_each(_updates(tape), added)


def forget_the_learning_rate(tape: Tape) -> Rewrite | None:
    """Step by the whole gradient."""
    steps = [
        step
        for step in tape.steps
        if step.op == "mul"
        and step.phase == "update"
        and tape.values[step.inputs[0]].name == "learning_rate"
    ]

    def without(step: Step, new: Rewriter) -> None:
        new.finish(step, "identity", [new.id(step.inputs[1])])

    return at_each(steps, without)


def leave_biases(tape: Tape) -> Rewrite | None:
    """Forget to update the biases."""
    biases = [s for s in _updates(tape) if tape.values[s.inputs[0]].kind == "bias"]

    def left(step: Step, new: Rewriter) -> None:
        new.finish(step, "identity", [new.id(step.inputs[0])])

    return at_each(biases, left)


def keep_old_gradients(tape: Tape) -> Rewrite | None:
    """Keep old gradients (no zeroing)."""
    parameters = {a for a, _ in tape.carries if tape.values[a].role == "parameter"}
    made = {tape.gradients[p]: p for p in parameters if p in tape.gradients}
    steps = [s for s in tape.steps if s.output in made]

    def kept(step: Step, new: Rewriter) -> None:
        gradient = new.again(step)
        parameter = new.old.values[made[step.output]]
        zeros = np.zeros(tuple(map(int, parameter.shape)), parameter.dtype)
        old = new.leaf(zeros, parameter.shape, "optimizer state", f"old_{parameter.name}")
        new.finish(step, "add", [old, gradient])
        new.carries.append((old, new.id(step.output)))

    return at_each(steps, kept)


def forget_the_velocity(tape: Tape) -> Rewrite | None:
    """Let momentum forget."""
    carried = {b for a, b in tape.carries if tape.values[a].name.startswith("velocity")}
    steps = [s for s in tape.steps if s.output in carried and s.op == "add"]

    def only_now(step: Step, new: Rewriter) -> None:
        new.finish(step, "identity", [new.id(step.inputs[1])])

    return at_each(steps, only_now)


def update_before_propagating(tape: Tape) -> Rewrite | None:
    """Update a layer before going back through it."""
    return _with_updated_weights(tape, cascade=True)


def updated_weight_in_backward(tape: Tape) -> Rewrite | None:
    """Go back through weights that were updated meanwhile."""
    return _with_updated_weights(tape, cascade=False)


def _with_updated_weights(tape: Tape, *, cascade: bool) -> Rewrite | None:
    """Go back through the weights as they are after the update.

    With ``cascade``, each layer is updated by the gradient that came through the updated layers
    above it; without, by the right gradient.
    """
    plain = {a: b for a, b in tape.carries if tape.values[a].role == "parameter"}
    flips = {
        step.id: step.inputs[0]
        for step in tape.steps
        if step.op == "permute"
        and step.inputs[0] in plain
        and (back := reversed_step(tape, step)) is not None
        and back.op == "matmul"
    }
    rates = {
        s.inputs[1]: s.output
        for s in tape.steps
        if s.op == "mul" and tape.values[s.inputs[0]].name == "learning_rate"
    }
    flips = {n: w for n, w in flips.items() if tape.gradients.get(w) in rates}
    if not flips:
        return None
    rate = tape.by_name["learning_rate"]
    right: dict[int, int] = {}

    def change(step: Step, new: Rewriter) -> bool:
        if step.id not in flips:
            return False
        weight = flips[step.id]
        gradient = _own_gradient(tape, new, weight, step) if cascade else None
        if gradient is None:
            gradient = _recomputed(tape, new, weight, step, right)
        move = new.emit(step, "mul", [new.id(rate), gradient])
        moved = new.emit(step, "sub", [new.id(weight), move])
        new.finish(step, "permute", [moved], **step.params)
        return True

    return change


def _own_gradient(tape: Tape, new: Rewriter, weight: int, at: Step) -> int | None:
    """Return a weight's gradient from what has arrived on the new tape, made on the spot."""
    product = next(
        (
            s
            for s in weight_products(tape, 1)
            if tape.steps[s.reverses.step].inputs[1] == weight  # type: ignore[union-attr]
        ),
        None,
    )
    if product is None or not new.known(product.inputs[1]):
        return None
    x = transposed_from(tape, product.inputs[0])
    flipped = new.emit(at, "permute", [new.id(x)], axes=(-1, -2))
    made = new.emit(at, "matmul", [flipped, new.id(product.inputs[1])])
    if fits_in_place(new.shape(made), new.shape(new.id(weight))):
        return made
    return new.emit(at, "sum_like", [made, new.id(weight)])


def _recomputed(tape: Tape, new: Rewriter, weight: int, at: Step, right: dict[int, int]) -> int:
    """Return a weight's right gradient, by doing all steps that lead to it once more, rightly."""
    wanted = tape.gradients[weight]

    def made(value: int) -> int:
        maker = tape.makers.get(value)
        if maker is None or maker.phase in ("forward", "loss"):
            return new.id(value)
        if value not in right:
            inputs = [made(i) for i in maker.inputs]
            right[value] = new.emit(at, maker.op, inputs, **maker.params)
        return right[value]

    return made(wanted)
