"""How long many XOR networks take at once: 2-4-1, ReLU, all four points, float32, one thread.

``run()`` measures in a fresh process, where the number of threads can still be chosen.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from whygrad.bench.cases import Workload, library
from whygrad.bench.measure import in_a_process
from whygrad.bench.peers import CASES, recorded
from whygrad.errors import WhygradError
from whygrad.tape.many import ManyPlayer

RUNS = (100, 300, 1000)
ITERATIONS = 2000
VMAP = "torch.func.vmap"
Train = Callable[[int], object]
Losses = Callable[[], Any]


@dataclass(frozen=True)
class ManyMeasured:
    """So many runs, measured.

    Attributes:
        runs: how many networks.
        iterations: how many each was trained for.
        seconds: for all of that, by contender: the median of its turns, scaled up.
        ratio: how many times whygrad's time each took.
        skipped: why others did not take part.
    """

    runs: int
    iterations: int
    seconds: Mapping[str, float]
    ratio: Mapping[str, float]
    skipped: Mapping[str, str]


def run(
    runs: Sequence[int] = RUNS, *, iterations: int = ITERATIONS, rounds: int = 5
) -> list[ManyMeasured]:
    """Measure in a fresh process, with one thread.

    Raises:
        WhygradError: the process failed, or the contenders disagree.
    """
    asked = json.dumps([list(runs), iterations, rounds])
    return [ManyMeasured(**item) for item in in_a_process("whygrad.bench.many_runs", asked)]


def table(found: Sequence[ManyMeasured]) -> str:
    """Return the measurement as a table."""
    lines: list[str] = []
    for one in found:
        what = f"{one.runs:,} XOR networks, {one.iterations:,} iterations"
        lines.append(f"{what:42}{'seconds':>10}{'times whygrad':>16}")
        for name, seconds in one.seconds.items():
            lines.append(f"  {name:40}{seconds:>10.2f}{one.ratio[name]:>16.2f}")
        lines += [f"  {name:40}  {why}" for name, why in one.skipped.items()]
        lines.append("")
    return "\n".join(lines)


def measure(runs: int, iterations: int, rounds: int) -> ManyMeasured:
    """Let the contenders take turns, in this process."""
    ready: dict[str, tuple[Train, Losses]] = {"whygrad": whygrad(runs)}
    skipped: dict[str, str] = {}
    try:
        ready[VMAP] = vmap(runs)
    except ImportError as missing:
        skipped[VMAP] = f"not installed ({missing.name or missing})"
    losses = [(train(20), read())[1] for train, read in ready.values()]
    if not all(np.allclose(losses[0], other, rtol=1e-3, atol=1e-4) for other in losses):
        raise WhygradError(f"{VMAP} and whygrad disagree on the losses after 20 iterations")
    part = max(iterations // rounds, 1)
    taken: dict[str, list[float]] = {name: [] for name in ready}
    for _ in range(rounds):
        for name, (train, _) in ready.items():
            began = time.perf_counter()
            train(part)
            taken[name].append((time.perf_counter() - began) / part * iterations)
    ours = taken["whygrad"]
    return ManyMeasured(
        runs,
        iterations,
        {name: statistics.median(times) for name, times in taken.items()},
        {
            name: statistics.median(b / a for a, b in zip(ours, times, strict=True))
            for name, times in taken.items()
        },
        skipped,
    )


def _case() -> Workload:
    case = CASES["xor"]
    assert isinstance(case, Workload)
    return case


def start(runs: int) -> dict[str, Any]:
    """Return first weights for each run."""
    draw = np.random.default_rng(3)
    return {
        name: draw.standard_normal((runs, *array.shape), dtype=np.float32)
        for name, array in _case().start().items()
    }


def whygrad(runs: int) -> tuple[Train, Losses]:
    """One tape with a leading axis of runs."""
    iteration = recorded(_case())
    tape = iteration.tape
    leaves = {leaf.id: iteration.run.arrays[leaf.id] for leaf in tape.leaves}
    for name, array in start(runs).items():
        leaves[tape.by_name[name]] = array
    leaves[tape.by_name["learning_rate"]] = np.full(runs, _case().rate)
    player = ManyPlayer(tape, leaves, runs)
    return player.train, player.losses


def vmap(runs: int) -> tuple[Train, Losses]:
    """PyTorch's batched functions: torch.func.vmap of grad_and_value, and descent."""
    torch = library("torch")
    torch.set_num_threads(1)
    x, t = (torch.from_numpy(array) for array in _case().data())
    held: dict[str, Any] = {"state": {k: torch.from_numpy(v) for k, v in start(runs).items()}}

    def loss(s: dict[str, Any]) -> Any:
        z = torch.relu(x @ s["W1"] + s["b1"]) @ s["W2"] + s["b2"]
        return torch.nn.functional.binary_cross_entropy_with_logits(z, t)

    step = torch.func.vmap(torch.func.grad_and_value(loss))

    def train(n: int) -> None:
        for _ in range(n):
            gradients, held["loss"] = step(held["state"])
            with torch.no_grad():
                for name, array in held["state"].items():
                    array -= _case().rate * gradients[name]

    return train, lambda: held["loss"].numpy()


if __name__ == "__main__":
    asked_runs, asked_iterations, asked_rounds = json.loads(sys.argv[1])
    made = [measure(runs, asked_iterations, asked_rounds) for runs in asked_runs]
    print(json.dumps([asdict(one) for one in made]))
