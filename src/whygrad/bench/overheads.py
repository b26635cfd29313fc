"""What whygrad costs besides training: importing, recording, memory, a gradient, a reason."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from whygrad.bench.cases import Workload
from whygrad.bench.peers import CASES, recorded
from whygrad.tape.cost import cost
from whygrad.tape.player import Player

MEASURED = "digits"  # the case whose memory and gradient are told
ASKED = (
    *("L", "yhat[0,0,0]", "block1[0,3,2]", "dL/dblock1[0,3,2]"),
    *("dL/dblock1.attention.scores[0,1,3,2]", "dL/dblock1.norm1.weight[3]"),
)
DEPTH = 4
WHY_LIMIT = 0.1  # seconds that a reason may take
IMPORT = """
import json, resource, sys, time
import numpy
def peak():
    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return used / (2**20 if sys.platform == "darwin" else 2**10)
memory, began = peak(), time.perf_counter()
import whygrad
print(json.dumps([time.perf_counter() - began, peak() - memory]))
"""


@dataclass(frozen=True)
class Overheads:
    """What was measured.

    Attributes:
        import_seconds: of ``import whygrad``, NumPy being there.
        import_megabytes: likewise.
        record_seconds: to record ``record_steps`` steps.
        record_steps: how many.
        model: the model that the rest is about.
        memory: bytes of all its tape's values.
        memory_in_training: bytes where memory is reused as soon as a value is done with.
        gradient: how many times the forward pass's arithmetic the backward pass takes.
        gradient_seconds: how many times its time.
        parameters: how many more forward passes nudging each parameter would take.
        why: seconds that the reasons of a number take, ``DEPTH`` levels deep, for numbers of two
            transformer blocks of width 16 over 10 positions, by name.
        why_limit: seconds that each may take.
    """

    import_seconds: float
    import_megabytes: float
    record_seconds: float
    record_steps: int
    model: str
    memory: int
    memory_in_training: int
    gradient: float
    gradient_seconds: float
    parameters: int
    why: Mapping[str, float]
    why_limit: float = WHY_LIMIT


def run() -> Overheads:
    """Measure."""
    case = CASES[MEASURED]
    assert isinstance(case, Workload)
    iteration = recorded(case)
    tape = iteration.tape
    leaves = {leaf.id: iteration.run.arrays[leaf.id] for leaf in tape.leaves}
    spent = cost(tape, leaves)
    return Overheads(
        *imported(),
        *recording(),
        case.name,
        Player(tape, leaves).memory,
        Player(tape, leaves, lean=True).memory,
        spent.gradient,
        spent.gradient_seconds or 0.0,
        spent.parameters,
        reasons(),
    )


def table(found: Overheads) -> str:
    """Return the measurement as lines."""
    seconds, megabytes = found.import_seconds * 1e3, found.import_megabytes
    return "\n".join(
        (
            f"import whygrad: {seconds:.0f} ms and {megabytes:.0f} MB on top of NumPy",
            f"record an iteration of {found.record_steps:,} steps: "
            f"{found.record_seconds * 1e3:.1f} ms",
            f"{found.model}: {found.memory / 1e6:.1f} MB for every value, "
            f"{found.memory_in_training / 1e6:.1f} MB in training",
            f"{found.model}: the backward pass takes {found.gradient:.1f} times the arithmetic "
            f"and {found.gradient_seconds:.1f} times the time of the forward pass; nudging each "
            f"parameter would take {found.parameters:,} more forward passes",
            f"why, {DEPTH} levels deep, of numbers of two transformer blocks (at most "
            f"{found.why_limit * 1e3:.0f} ms each):",
            *(f"  {name}: {seconds * 1e3:.0f} ms" for name, seconds in found.why.items()),
            "",
        )
    )


def imported() -> tuple[float, float]:
    """Return seconds and MB on top of Python with NumPy: the least of several imports.

    The first compiles, as a person's first import does; the others find that done.
    """
    kept = {name: text for name, text in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    found = [
        json.loads(
            subprocess.run(
                [sys.executable, "-c", IMPORT], capture_output=True, check=True, env=kept
            ).stdout
        )
        for _ in range(7)
    ]
    seconds, megabytes = (min(values) for values in zip(*found, strict=True))
    return seconds, megabytes


def recording(steps: int = 1000) -> tuple[float, int]:
    """Return the least seconds it takes to record an iteration of about so many steps."""
    import whygrad as wg
    from whygrad import nn, optim

    w = nn.parameter(np.ones((4, 4)))

    def model(x: wg.Tensor) -> wg.Tensor:
        for n in range(steps // 4):  # each takes three more steps in the backward pass
            x = x * w if n % 2 else x + w
        return x

    best, made = float("inf"), 0
    for _ in range(15):
        optimizer = optim.SGD([w], lr=0.0)
        began = time.perf_counter()
        iteration = wg.trace(model, np.ones((4, 4)), np.ones((4, 4)), optimizer=optimizer)
        best = min(best, time.perf_counter() - began)
        made = len(iteration.tape.steps)
    return best, made


def reasons() -> dict[str, float]:
    """Return the least seconds it takes to explain each of some numbers and to write that out."""
    import whygrad as wg
    from whygrad import nn

    class Blocks(nn.Module):
        def __init__(self) -> None:
            self.block1 = nn.TransformerBlock(16, 4, is_causal=True, seed=1)
            self.block2 = nn.TransformerBlock(16, 4, is_causal=True, seed=2)
            self.head = nn.Linear(16, 5)

        def forward(self, *inputs: wg.Tensor) -> wg.Tensor:
            return self.head(self.block2(self.block1(*inputs)))

    x = np.sin(np.arange(160.0)).reshape(1, 10, 16)
    iteration = wg.trace(Blocks(), x, np.arange(10)[None] % 5, loss="cross_entropy")
    found: dict[str, float] = {}
    for name in ASKED:
        found[name] = float("inf")
        for _ in range(5):
            began = time.perf_counter()
            str(iteration.why(name, DEPTH))
            found[name] = min(found[name], time.perf_counter() - began)
    return found
