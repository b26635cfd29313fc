"""How long many XOR networks take at once: 2-4-1, ReLU, all four points, float32, one thread.

python bench/many_runs.py
python bench/many_runs.py --runs 10 100 1000 --iterations 2000
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
from collections.abc import Callable

for library in ("OMP", "OPENBLAS", "MKL"):  # before they are imported
    os.environ.setdefault(f"{library}_NUM_THREADS", "1")

import numpy as np  # noqa: E402

from whygrad.bench.cases import Case  # noqa: E402
from whygrad.bench.peers import CASES  # noqa: E402
from whygrad.bench.peers import whygrad as recorded  # noqa: E402
from whygrad.play_many import ManyPlayer  # noqa: E402

CASE = CASES["xor"]
assert isinstance(CASE, Case)
Train = Callable[[int], object]
Losses = Callable[[], np.ndarray]


def start(runs: int) -> dict[str, np.ndarray]:
    """Return first weights for each run."""
    draw = np.random.default_rng(3)
    return {
        name: draw.standard_normal((runs, *array.shape), dtype=np.float32)
        for name, array in CASE.start().items()
    }


def whygrad(runs: int) -> tuple[Train, Losses]:
    """One tape with a leading axis of runs."""
    iteration = recorded(CASE).train.__self__  # type: ignore[attr-defined]
    tape = iteration.tape
    leaves = {leaf.id: iteration.run.arrays[leaf.id] for leaf in tape.leaves}
    for name, array in start(runs).items():
        leaves[tape.by_name[name]] = array
    leaves[tape.by_name["learning_rate"]] = np.full(runs, CASE.rate)
    player = ManyPlayer(tape, leaves, runs)
    return player.train, player.losses


def vmap(runs: int) -> tuple[Train, Losses]:
    """PyTorch's batched functions: torch.func.vmap of grad_and_value, and descent."""
    import torch
    from torch.func import grad_and_value, vmap

    torch.set_num_threads(1)
    x, t = (torch.from_numpy(array) for array in CASE.data())
    held = {"state": {k: torch.from_numpy(v) for k, v in start(runs).items()}}

    def loss(s: dict[str, torch.Tensor]) -> torch.Tensor:
        z = torch.relu(x @ s["W1"] + s["b1"]) @ s["W2"] + s["b2"]
        return torch.nn.functional.binary_cross_entropy_with_logits(z, t)

    step = vmap(grad_and_value(loss))

    def train(n: int) -> None:
        for _ in range(n):
            gradients, held["loss"] = step(held["state"])
            with torch.no_grad():
                for name, array in held["state"].items():
                    array -= CASE.rate * gradients[name]

    return train, lambda: held["loss"].numpy()  # type: ignore[attr-defined]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--runs", type=int, nargs="+", default=[100, 300, 1000])
    parser.add_argument("--iterations", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    print(f"{'runs':>8}{'whygrad, s':>14}{'vmap, s':>14}{'ratio':>10}")
    part = max(given.iterations // given.rounds, 1)
    for runs in given.runs:
        pairs = [whygrad(runs), vmap(runs)]
        losses = [(train(20), read())[1] for train, read in pairs]
        if not np.allclose(*losses, rtol=1e-3, atol=1e-4):
            raise SystemExit("the two disagree")
        taken: list[list[float]] = [[], []]
        for _ in range(given.rounds):
            for times, (train, _) in zip(taken, pairs, strict=True):
                began = time.perf_counter()
                train(part)
                times.append(time.perf_counter() - began)
        ours, theirs = (statistics.median(times) / part * given.iterations for times in taken)
        print(f"{runs:>8}{ours:>14.2f}{theirs:>14.2f}{theirs / ours:>10.1f}")


if __name__ == "__main__":
    main()
