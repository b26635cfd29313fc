"""What every gradient costs by one walk back, and by nudging: how both grow with the parameters."""

from __future__ import annotations

import statistics
import time
from dataclasses import dataclass

import numpy as np

from whygrad.engine.op import Array
from whygrad.explain.display import number
from whygrad.spec import spec_from_dict
from whygrad.tape.cost import cost
from whygrad.tape.player import Player
from whygrad.tape.tape import Tape
from whygrad.training.start import start

WIDTHS = (1, 4, 16, 64, 256)  # of two hidden layers
ROWS = 32
MOST_PLAYED = 2_000  # forward passes of nudging that are played one by one
OF_GPT3 = 175_000_000_000  # parameters (Brown et al. 2020)


@dataclass(frozen=True)
class Costs:
    """What every gradient of one network costs, both ways.

    Attributes:
        layers: its units, layer by layer.
        parameters: how many weights and biases.
        forward_seconds: of one forward pass.
        back_seconds: of one forward pass and one walk back, for every gradient.
        nudging_seconds: of one forward pass more than there are parameters.
        played: whether they were played one by one, not one of them multiplied by their number.
        operations: how many forward passes of arithmetic the forward pass and the walk back take.
    """

    layers: tuple[int, ...]
    parameters: int
    forward_seconds: float
    back_seconds: float
    nudging_seconds: float
    played: bool
    operations: float


def run(rounds: int = 5) -> list[Costs]:
    """Measure networks of more and more parameters.

    Args:
        rounds: how many turns each has; the median counts.
    """
    return [_costs((2, width, width, 1), rounds) for width in WIDTHS]


def table(found: list[Costs]) -> str:
    """Return the measurement as lines, with GPT-3's number of parameters under it."""
    rows = [("network", "parameters", "nudging each", "one walk back", "times as long")]
    for one in found:
        rows.append(
            (
                "-".join(map(str, one.layers)),
                f"{one.parameters:,}",
                f"{_time(one.nudging_seconds)}{'' if one.played else ' *'}",
                _time(one.back_seconds),
                number(one.nudging_seconds / one.back_seconds, 2),
            )
        )
    last = found[-1]
    back = last.back_seconds / last.forward_seconds
    gpt3 = (f"{OF_GPT3 + 1:,} forward passes", f"as long as {number(back, 2)} **")
    times = f"{number((OF_GPT3 + 1) / back, 2)}"
    rows.append(("GPT-3", f"{OF_GPT3:,}", *gpt3, times))
    widths = [max(len(row[n]) for row in rows) for n in range(len(rows[0]))]
    lines = ["  ".join(cell.rjust(w) for cell, w in zip(row, widths, strict=True)) for row in rows]
    return "\n".join(
        (
            *lines,
            "",
            "* one forward pass, multiplied by their number",
            f"** forward passes, as measured of {'-'.join(map(str, last.layers))} "
            f"({number(last.operations, 2)} of arithmetic); GPT-3 itself was not measured",
            "",
        )
    )


def _costs(layers: tuple[int, ...], rounds: int) -> Costs:
    rng = np.random.default_rng(0)
    spec = {
        "network": {"layers": list(layers), "activation": "tanh", "output": "linear"},
        "loss": {"name": "mse"},
        "data": {
            "x": rng.normal(size=(ROWS, layers[0])).tolist(),
            "y": rng.normal(size=(ROWS, layers[-1])).tolist(),
            "batch": "all",
        },
    }
    iteration = start(spec_from_dict(spec)).iteration
    tape = iteration.tape
    leaves = {leaf.id: iteration.run.arrays[leaf.id] for leaf in tape.leaves}
    spent = cost(tape, leaves, rounds)
    forward, back = (spent.seconds[phase] for phase in ("forward", "backward"))
    passes = spent.parameters + 1
    played = passes <= MOST_PLAYED
    nudging = _nudged(tape, leaves, passes, rounds) if played else forward * passes
    return Costs(
        layers, spent.parameters, forward, forward + back, nudging, played, 1 + spent.gradient
    )


def _nudged(tape: Tape, leaves: dict[int, Array], passes: int, rounds: int) -> float:
    """Return the median seconds of so many forward passes."""
    player = Player(tape, leaves)
    kernels = [kernel for phase, kernel in player.kernels() if phase in ("forward", "loss")]
    taken: list[float] = []
    for _ in range(rounds):
        began = time.perf_counter()
        for _ in range(passes):
            for kernel in kernels:
                kernel()
        taken.append(time.perf_counter() - began)
    return statistics.median(taken)


def _time(seconds: float) -> str:
    for unit, size in (("s", 1.0), ("ms", 1e-3)):
        if seconds >= size:
            return f"{number(seconds / size, 2)} {unit}"
    return f"{number(seconds / 1e-6, 2)} µs"
