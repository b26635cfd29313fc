"""Mistakes in a loss and on the way back through it."""

from __future__ import annotations

from whygrad.tape.tape import Step, Tape
from whygrad.whatif.rewrite import (
    Rewrite,
    Rewriter,
    is_chain,
)
from whygrad.whatif.rules.steps import (
    LOSSES,
    at_each,
    backward_of,
    forward_input,
    pass_upstream,
    through,
    undo,
)


def forget_factor_two(tape: Tape) -> Rewrite | None:
    """Forget the 2 of the square."""
    steps = [
        step
        for step in backward_of(tape, "mul", "mse_loss", "square")
        if not is_chain(step) and tape.values[step.inputs[0]].role == "constant"
    ]

    def without(step: Step, new: Rewriter) -> None:
        new.finish(step, "identity", [new.id(step.inputs[1])])

    return at_each(steps, without)


def forget_one_over_n(tape: Tape) -> Rewrite | None:
    """Forget to divide by n."""
    return at_each(backward_of(tape, "divide_by_count", *LOSSES, "mean"), undo)


def sum_for_mean(tape: Tape) -> Rewrite | None:
    """The loss, and with it every gradient, is as many times too large as were averaged."""
    losses = [step for step in tape.steps if step.op in LOSSES or step.op == "mean"]
    losses = [step for step in losses if step.phase in ("forward", "loss")]
    shares = {s.id for s in backward_of(tape, "divide_by_count", *LOSSES, "mean")}
    if not losses or not shares:
        return None

    def change(step: Step, new: Rewriter) -> bool:
        if step.id in shares:
            undo(step, new)
            return True
        if step.id not in {s.id for s in losses}:
            return False
        mean = new.again(step)
        source = new.id(step.inputs[0])
        zero = new.emit(step, "sub", [source, source])
        ones = new.emit(step, "add", [zero, new.constant(1.0)])
        rank = len(new.shape(source))
        axes = step.params.get("axes", tuple(range(-rank, 0)))
        if step.op == "cross_entropy":  # averaged over samples, not over classes
            ones = new.emit(step, "amax", [ones], axes=(-1,), keepdims=False)
            axes = tuple(range(1 - rank, 0))
        keepdims = bool(step.params.get("keepdims", False))
        count = new.emit(step, "sum", [ones], axes=axes, keepdims=keepdims)
        new.finish(step, "mul", [mean, count])
        return True

    return change


def flip_the_error(tape: Tape) -> Rewrite | None:
    """Take the error as t − ŷ, inside a loss or where the difference is written out."""
    inside = [
        step
        for step in backward_of(tape, "sub", *LOSSES)
        if tape.values[step.inputs[1]].role == "target"
    ]
    written_out = [
        step
        for step in backward_of(tape, "neg", "sub") + backward_of(tape, "identity", "sub")
        if _is_of_an_error(tape, step)
    ]

    def flipped(step: Step, new: Rewriter) -> None:
        if step.op == "sub":
            new.finish(step, "sub", [new.id(i) for i in reversed(step.inputs)])
        else:
            other = "neg" if step.op == "identity" else "identity"
            new.finish(step, other, [new.id(step.inputs[0])])

    return at_each(inside + written_out, flipped)


def _is_of_an_error(tape: Tape, step: Step) -> bool:
    """Say whether a step goes back through a difference from the data that is then squared."""
    assert step.reverses is not None
    other = forward_input(tape, step, 1 - step.reverses.argument)
    difference = tape.steps[step.reverses.step].output
    squared = any(user.op == "square" for user, _ in tape.uses.get(difference, ()))
    return squared and other.role in ("input", "target")


def softmax_twice(tape: Tape) -> Rewrite | None:
    """Put a softmax before a loss that has one."""
    losses = [step for step in tape.steps if step.op == "cross_entropy"]
    if len(losses) != 1:
        return None
    logits = losses[0].inputs[0]
    inner = {s.id for s in backward_of(tape, "softmax", "cross_entropy")}
    chains = {s.id for s in through(tape, "cross_entropy")}
    made: dict[str, int] = {}

    def change(step: Step, new: Rewriter) -> bool:
        if step.id == losses[0].id:
            made["shares"] = new.emit(step, "softmax", [new.id(logits)], axis=-1)
            new.finish(step, step.op, [made["shares"], new.id(step.inputs[1])])
            return True
        if step.id in inner:
            new.finish(step, "softmax", [made["shares"]], axis=-1)
            return True
        if step.id in chains and step.reverses is not None and step.reverses.argument == 0:
            shares = made["shares"]
            arrived = new.again(step)
            weighted = new.emit(step, "mul", [arrived, shares])
            total = new.emit(step, "sum", [weighted], axes=(-1,), keepdims=True)
            rest = new.emit(step, "sub", [arrived, total])
            new.finish(step, "mul", [shares, rest])
            return True
        return False

    return change


def logits_as_probabilities(tape: Tape) -> Rewrite | None:
    """The loss is given the weighted sum where it expects the sigmoid of it."""
    losses = [step for step in tape.steps if step.op == "binary_cross_entropy"]
    if len(losses) != 1:
        return None
    squash = tape.makers.get(losses[0].inputs[0])
    if squash is None or squash.op != "sigmoid":
        return None
    chains = {s.id for s in through(tape, "sigmoid") if _passes_to(tape, s, squash)}
    inside = {
        s.id
        for s in tape.steps
        if s.reverses is not None and s.reverses.step == losses[0].id and not is_chain(s)
    }

    def change(step: Step, new: Rewriter) -> bool:
        def swapped() -> list[int]:
            return [
                new.id(squash.inputs[0] if i == squash.output else i)  # type: ignore[union-attr]
                for i in step.inputs
            ]

        if step.id == losses[0].id or step.id in inside:
            new.finish(step, step.op, swapped(), **step.params)
            return True
        if step.id in chains:
            pass_upstream(step, new)
            return True
        return False

    return change


def _passes_to(tape: Tape, step: Step, forward: Step) -> bool:
    return step.reverses is not None and step.reverses.step == forward.id
