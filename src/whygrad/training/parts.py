"""What a spec names, made: the optimizer, the schedule."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from whygrad.engine.tensor import Tensor
from whygrad.optim import Optimizer, make
from whygrad.optim.schedule import Schedule
from whygrad.spec import Spec
from whygrad.tape.run import Run
from whygrad.tape.tape import Tape


def optimizer_of(spec: Spec, parameters: Sequence[Tensor]) -> Optimizer:
    """Return the optimizer a spec names, for these parameters."""
    return make(spec.optimizer.name, parameters, spec.optimizer.options)


def schedule_of(spec: Spec) -> Schedule | None:
    """Return the learning rate's schedule; None where the rate is constant."""
    given = spec.schedule
    if given.name == "constant":
        return None
    return Schedule(given.name, given.options, spec.train.iterations)


def without_sources(tape: Tape, run: Run) -> tuple[Tape, Run]:
    """Remove the source line of every step: a spec is not a program."""
    tape = replace(tape, steps=tuple(replace(step, source=None) for step in tape.steps))
    return tape, Run(tape, run.arrays)
