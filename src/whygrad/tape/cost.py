"""What an iteration costs: arithmetic counted on the tape, and time taken by a player.

A gradient costs a small multiple of the function itself, however many parameters there are: at
most about 4 times in arithmetic (Baur and Strassen, "The complexity of partial derivatives", 1983;
Griewank, "On automatic differentiation", 1989: the cheap gradient principle). Nudging each
parameter in turn would take one more forward pass per parameter.
"""

from __future__ import annotations

import math
import re
import statistics
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby

import numpy as np

from whygrad.engine.dims import Shape
from whygrad.engine.op import Array
from whygrad.engine.ops import OPS
from whygrad.tape.player import Player
from whygrad.tape.tape import Step, Tape

PHASES: tuple[str, ...] = ("forward", "backward", "update")  # the loss counts as forward


@dataclass(frozen=True)
class Cost:
    """What an iteration costs.

    Attributes:
        operations: additions, multiplications and so on, by phase ("forward" holds the loss).
        parameters: how many numbers have a gradient asked for.
        seconds: median time by phase, where it was measured.
    """

    operations: Mapping[str, int]
    parameters: int
    seconds: Mapping[str, float] = field(default_factory=dict[str, float])

    @property
    def gradient(self) -> float:
        """How many forward passes of arithmetic the backward pass takes."""
        return self.operations["backward"] / max(self.operations["forward"], 1)

    @property
    def gradient_seconds(self) -> float | None:
        """How many forward passes of time the backward pass takes, where it was measured."""
        if not self.seconds:
            return None
        return self.seconds["backward"] / max(self.seconds["forward"], 1e-12)

    def __str__(self) -> str:
        """Say it in two sentences."""
        text = (
            f"The backward pass takes {self.gradient:.1f} times the arithmetic of the forward pass"
        )
        if self.gradient_seconds is not None:
            text += f" and {self.gradient_seconds:.1f} times its time"
        many = f"{self.parameters:,} parameter{'' if self.parameters == 1 else 's'}"
        return (
            f"{text}, for {many} at once. Nudging each parameter in turn would take "
            f"{self.parameters:,} more forward pass{'' if self.parameters == 1 else 'es'}."
        )


def cost(tape: Tape, leaves: Mapping[int, Array] | None = None, rounds: int = 20) -> Cost:
    """Count the arithmetic of a tape, and time it if numbers are given.

    Args:
        tape: what is played.
        leaves: the numbers that no step makes, by value id; then it is counted at their sizes and
            played ``rounds`` times. Without, it is counted at the sizes it was recorded with.
        rounds: how many times.
    """
    player = None if leaves is None else Player(tape, leaves)
    shapes: list[Shape] = [
        value.shape if player is None else player.buffers[value.id].shape for value in tape.values
    ]
    operations = dict.fromkeys(PHASES, 0)
    for step in tape.steps:
        operations[_phase(step.phase)] += count(step, shapes)
    parameters = sum(
        math.prod(map(int, shapes[leaf.id])) for leaf in tape.leaves if leaf.role == "parameter"
    )
    return Cost(operations, parameters, {} if player is None else _seconds(player, rounds))


def count(step: Step, shapes: Sequence[Shape]) -> int:
    """Count a step's arithmetic: one per element read or made, two per product in a sum of them."""
    if OPS[step.op].view is not None:
        return 0
    inputs = [tuple(map(int, shapes[value])) for value in step.inputs]
    output = tuple(map(int, shapes[step.output]))
    if step.op == "matmul":
        return 2 * math.prod(output) * inputs[0][-1]
    if step.op == "einsum":
        terms = re.split(r",|->", str(step.params["equation"]))
        sizes = {
            letter: size
            for term, shape in zip(terms, inputs, strict=False)
            for letter, size in zip(term.strip(), shape, strict=False)
        }
        return 2 * math.prod(sizes.values())
    if step.op.startswith("conv"):
        # each output element (or what arrives at it) meets one kernel, wherever the two stand
        made, kernel = {
            "input": (inputs[0], inputs[1]),
            "weight": (inputs[1], output),
        }.get(step.op.rpartition("_")[2], (output, inputs[1]))
        return 2 * math.prod(made) * math.prod(kernel[1:])
    return max(math.prod(shape) for shape in (*inputs, output))


def _phase(phase: str) -> str:
    return "forward" if phase == "loss" else phase


def _seconds(player: Player, rounds: int) -> dict[str, float]:
    groups = [
        (phase, [kernel for _, kernel in group])
        for phase, group in groupby(player.kernels(), key=lambda pair: _phase(pair[0].phase))
    ]
    taken: dict[str, list[float]] = {phase: [] for phase in PHASES}
    with np.errstate(all="ignore"):
        for _ in range(rounds):
            now = dict.fromkeys(PHASES, 0.0)
            for phase, group in groups:
                began = time.perf_counter()
                for compute in group:
                    compute()
                now[phase] += time.perf_counter() - began
            for phase, seconds in now.items():
                taken[phase].append(seconds)
    return {phase: statistics.median(times) for phase, times in taken.items()}
