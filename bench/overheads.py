"""What whygrad costs before it trains: importing it, recording a tape, the first play.

python bench/overheads.py
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time

import numpy as np

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


def traced(steps: int = 1000) -> tuple[float, int]:
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


def main() -> None:
    """Measure and print."""
    seconds, megabytes = imported()
    print(f"import whygrad: {seconds * 1e3:.0f} ms and {megabytes:.0f} MB on top of NumPy")
    seconds, steps = traced()
    print(f"record an iteration of {steps:,} steps: {seconds * 1e3:.1f} ms")


if __name__ == "__main__":
    main()
