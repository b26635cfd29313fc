"""What rests on what: the arrows of a tape, and in which orders its gradients can be worked out."""

from __future__ import annotations

from collections.abc import Sequence

from whygrad.explain.worked import WorkedStep, worked_steps
from whygrad.tape.tape import Tape


def edges_of(tape: Tape) -> list[tuple[str, str]]:
    """Return the arrows between the named values of the forward pass, in order."""
    return [
        (name, step.name)
        for step in worked_steps(tape)
        if step.phase in ("forward", "loss")
        for name in _rests_on(tape, step)
    ]


def backward_steps(tape: Tape) -> list[str]:
    """Return the names of the gradients, in the order they are taught."""
    return [step.name for step in worked_steps(tape) if step.phase == "backward"]


def comes_too_early(tape: Tape, order: Sequence[str]) -> tuple[str, str] | None:
    """Return the first gradient that comes before one it rests on, and that one; None if all fit.

    Args:
        tape: the tape.
        order: all of ``backward_steps``, in some order.
    """
    rests, made = prerequisites(tape), set[str]()
    for name in order:
        for needed in rests[name]:
            if needed not in made:
                return name, needed
        made.add(name)
    return None


def prerequisites(tape: Tape) -> dict[str, tuple[str, ...]]:
    """Return the gradients that each gradient rests on, by name."""
    steps = {step.name: step for step in worked_steps(tape) if step.phase == "backward"}
    return {
        name: tuple(needed for needed in _rests_on(tape, step) if needed in steps)
        for name, step in steps.items()
    }


def _rests_on(tape: Tape, step: WorkedStep) -> list[str]:
    """Return the names of what a step is computed from, but for its own."""
    inputs = {i for n in step.steps for i in tape.steps[n].inputs}
    names = [tape.values[i].name for i in sorted(inputs)]
    return [name for name in names if name and name != step.name]
