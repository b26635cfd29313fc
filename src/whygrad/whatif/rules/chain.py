"""Mistakes with the chain rule: rates that multiply, contributions that add."""

from __future__ import annotations

from whygrad.tape.tape import Step, Tape
from whygrad.whatif.rewrite import (
    Rewrite,
    Rewriter,
    is_accumulation,
    is_chain,
    reversed_step,
)
from whygrad.whatif.rules.steps import ACTIVATIONS, at_each, backward_of, through, with_local


def add_rates(tape: Tape) -> Rewrite | None:
    """Add rates where they multiply."""
    steps = [s for s in tape.steps if is_chain(s) and not _is_seed(tape, s.inputs[0])]

    def added(step: Step, new: Rewriter) -> None:
        new.finish(step, "add", [new.id(i) for i in step.inputs])

    return at_each(steps, added)


def _is_seed(tape: Tape, value: int) -> bool:
    return value not in tape.makers


def doubling_and_tripling(tape: Tape) -> Rewrite | None:
    """Takes how many times larger for how much larger: output / input in place of the slope."""

    def local(step: Step, new: Rewriter) -> int:
        back = reversed_step(new.old, step)
        assert back is not None
        return new.emit(step, "div", [new.id(back.output), new.id(back.inputs[0])])

    return at_each(through(tape, *ACTIVATIONS, "square", "exp", "sqrt"), with_local(local))


def overwrite_at_fan_out(tape: Tape) -> Rewrite | None:
    """Overwrite where contributions add."""

    def last(step: Step, new: Rewriter) -> None:
        new.finish(step, "identity", [new.id(step.inputs[1])])

    return at_each([s for s in tape.steps if is_accumulation(tape, s)], last)


def leave_out_a_use(tape: Tape) -> Rewrite | None:
    """Leave out a use at a fan-out."""

    def first(step: Step, new: Rewriter) -> None:
        new.finish(step, "identity", [new.id(step.inputs[0])])

    return at_each([s for s in tape.steps if is_accumulation(tape, s)], first)


def pass_on_too_early(tape: Tape) -> Rewrite | None:
    """Below a value that is used twice, what its first use reported is passed on alone."""
    first: dict[int, int] = {}
    for step in tape.steps:
        if is_accumulation(tape, step):
            first[step.output] = first.get(step.inputs[0], step.inputs[0])
    steps = [
        step
        for step in tape.steps
        if step.reverses is not None
        and step.reverses.upstream in first
        and step.reverses.upstream in step.inputs
    ]

    def early(step: Step, new: Rewriter) -> None:
        inputs = [new.id(first.get(i, i)) for i in step.inputs]
        new.finish(step, step.op, inputs, **step.params)

    return at_each(steps, early)


def max_to_all(tape: Tape) -> Rewrite | None:
    """Give the gradient of a maximum to all."""
    larger = through(tape, "maximum", "minimum")
    largest = [s for s in backward_of(tape, "mul", "amax")]

    def all_of_it(step: Step, new: Rewriter) -> None:
        new.finish(step, "identity", [new.id(step.inputs[0])])

    return at_each(larger + largest, all_of_it)
