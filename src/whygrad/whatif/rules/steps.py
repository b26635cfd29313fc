"""Which steps of a tape a change is about, and what is done at them."""

from __future__ import annotations

from collections.abc import Callable

from whygrad.engine.ops import OPS
from whygrad.nn import registry
from whygrad.tape.tape import Step, Tape, Value
from whygrad.whatif.rewrite import (
    Rewrite,
    Rewriter,
    is_chain,
    reversed_step,
)

ACTIVATIONS = tuple(n for n, row in registry.ACTIVATIONS.items() if row.hidden and n in OPS)
"""The activations that are one op, element by element; the others are made of several."""
SMOOTH = tuple(name for name in ACTIVATIONS if OPS[name].side is None)
LOSSES = tuple(
    row.function.__name__ for row in registry.LOSSES.values() if row.function.__name__ in OPS
)


def at_each(steps: list[Step], do: Callable[[Step, Rewriter], None]) -> Rewrite | None:
    """Return the change that does something else at some steps; None if there are none."""
    if not steps:
        return None
    chosen = {step.id for step in steps}

    def change(step: Step, new: Rewriter) -> bool:
        if step.id not in chosen:
            return False
        do(step, new)
        return True

    return change


def through(tape: Tape, *ops: str) -> list[Step]:
    """Return the ``upstream x local`` steps that go back through some ops."""
    return [
        step
        for step in tape.steps
        if is_chain(step) and (back := reversed_step(tape, step)) is not None and back.op in ops
    ]


def backward_of(tape: Tape, op: str, *ops: str) -> list[Step]:
    """Return the backward steps of an op that belong to going back through some ops."""
    return [
        step
        for step in tape.steps
        if step.op == op
        and (back := reversed_step(tape, step)) is not None
        and (back.op in ops or not ops)
    ]


def pass_upstream(step: Step, new: Rewriter) -> None:
    """Give on what arrives as it is, in place of multiplying it."""
    new.finish(step, "identity", [new.id(step.inputs[0])])


def with_local(make: Callable[[Step, Rewriter], int]) -> Callable[[Step, Rewriter], None]:
    """Return what multiplies the upstream by another local derivative."""
    return lambda step, new: new.finish(step, "mul", [new.id(step.inputs[0]), make(step, new)])


def undo(step: Step, new: Rewriter) -> None:
    """Leave a step of one input out."""
    new.finish(step, "identity", [new.id(step.inputs[0])])


def forward_input(tape: Tape, step: Step, argument: int) -> Value:
    """Return an input of the forward step that a backward step reverses."""
    assert step.reverses is not None
    return tape.values[tape.steps[step.reverses.step].inputs[argument]]


def weight_products(tape: Tape, argument: int) -> list[Step]:
    """Return the backward matrix products that give one argument of a forward one its gradient."""
    return [
        step
        for step in backward_of(tape, "matmul", "matmul")
        if step.reverses is not None and step.reverses.argument == argument
    ]


def transposed_from(tape: Tape, value: int) -> int:
    """Return what a transpose was made of."""
    maker = tape.makers.get(value)
    return maker.inputs[0] if maker is not None and maker.op == "permute" else value
