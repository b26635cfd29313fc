"""Mistakes on the way back through an activation."""

from __future__ import annotations

from whygrad.tape.tape import Step, Tape
from whygrad.whatif.rewrite import (
    Rewrite,
    Rewriter,
    fits_in_place,
    reversed_step,
)
from whygrad.whatif.rules.steps import (
    ACTIVATIONS,
    LOSSES,
    SMOOTH,
    at_each,
    backward_of,
    pass_upstream,
    through,
    undo,
    with_local,
)


def skip_relu_mask(tape: Tape) -> Rewrite | None:
    """Pass the gradient through a shut ReLU."""
    return at_each(through(tape, "relu"), pass_upstream)


def mask_by_gradient(tape: Tape) -> Rewrite | None:
    """Mask by the sign of what arrives, not of z."""

    def local(step: Step, new: Rewriter) -> int:
        return new.emit(step, "heaviside", [new.id(step.inputs[0])], at_zero=0.0)

    return at_each(through(tape, "relu"), with_local(local))


def mask_of_wrong_layer(tape: Tape) -> Rewrite | None:
    """Use another layer's ReLU mask."""
    chains = through(tape, "relu")
    other: dict[int, int] = {}
    for step in chains:
        back = reversed_step(tape, step)
        assert back is not None
        own = back.inputs[0]
        for candidate in tape.steps:
            if candidate.op == "relu" and candidate.inputs[0] != own:
                shape = tape.values[candidate.inputs[0]].shape
                if fits_in_place(shape, tape.values[own].shape):
                    other[step.id] = candidate.inputs[0]

    def local(step: Step, new: Rewriter) -> int:
        return new.emit(step, "heaviside", [new.id(other[step.id])], at_zero=0.0)

    return at_each([step for step in chains if step.id in other], with_local(local))


def relu_open_at_zero(tape: Tape) -> Rewrite | None:
    """Take the ReLU's slope at 0 as 1."""

    def open_at_zero(step: Step, new: Rewriter) -> None:
        new.finish(step, "heaviside", [new.id(step.inputs[0])], at_zero=1.0)

    return at_each(backward_of(tape, "heaviside", "relu"), open_at_zero)


def sigmoid_of_activation(tape: Tape) -> Rewrite | None:
    """Take the sigmoid's slope at a, not at z."""

    def local(step: Step, new: Rewriter) -> int:
        back = reversed_step(new.old, step)
        assert back is not None
        again = new.emit(step, "sigmoid", [new.id(back.output)])
        rest = new.emit(step, "sub", [new.constant(1.0), again])
        return new.emit(step, "mul", [again, rest])

    return at_each(through(tape, "sigmoid"), with_local(local))


def forget_squash_slope(tape: Tape) -> Rewrite | None:
    """Forget the activation's slope."""
    return at_each(through(tape, *SMOOTH), pass_upstream)


def tanh_without_square(tape: Tape) -> Rewrite | None:
    """Take tanh's slope as 1 − a."""
    return at_each(backward_of(tape, "square", "tanh"), undo)


def detach_in_the_middle(tape: Tape) -> Rewrite | None:
    """Cut the graph in the middle."""
    hidden = [step for step in through(tape, *ACTIVATIONS) if not _feeds_loss(tape, step)]

    def cut(step: Step, new: Rewriter) -> None:
        new.finish(step, "mul", [new.id(step.inputs[0]), new.constant(0.0)])

    return at_each(hidden[:1], cut)


def _feeds_loss(tape: Tape, step: Step) -> bool:
    back = reversed_step(tape, step)
    assert back is not None
    return any(user.op in LOSSES for user, _ in tape.uses.get(back.output, ()))
