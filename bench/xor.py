"""How long one training iteration takes: XOR, 2-4-1, ReLU, sigmoid, cross-entropy, all four points.

Forward, loss, backward and update, in float64, on one thread. Every contender starts from the same
weights and must arrive at the same ones. They take turns, so that what else the machine does falls
on all alike, and the median of each is compared.

    python bench/xor.py                  # a table of ratios
    python bench/xor.py --json xor.json  # and the numbers, for programs
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

for library in ("OMP", "OPENBLAS", "MKL"):  # before they are imported
    os.environ.setdefault(f"{library}_NUM_THREADS", "1")

import numpy as np  # noqa: E402

X = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
T = np.array([[0.0], [1.0], [1.0], [0.0]])
RATE = 0.5
SAME = 1e-9  # how closely all must agree after AGREE iterations
AGREE = 20

State = dict[str, np.ndarray]


class Contender(NamedTuple):
    """``train(n)`` does n iterations; ``state()`` is where the weights then are."""

    train: Callable[[int], object]
    state: Callable[[], State]


def start() -> State:
    """Return the weights all begin with, each of shape (inputs, units)."""
    draw = np.random.default_rng(0)
    return {
        "W1": draw.normal(size=(2, 4)),
        "b1": draw.normal(size=4) * 0.1,
        "W2": draw.normal(size=(4, 1)),
        "b2": np.zeros(1),
    }


def whygrad() -> Contender:
    """The recorded iteration, played on."""
    from whygrad.spec import spec_from_dict
    from whygrad.training.start import start as ready

    spec = {
        "network": {"layers": [2, 4, 1], "activation": "relu", "output": "sigmoid"},
        "init": {name: array.tolist() for name, array in start().items()},
        "loss": {"name": "bce"},
        "optimizer": {"learning_rate": RATE},
        "data": {"name": "xor", "batch": "all"},
    }
    iteration = ready(spec_from_dict(spec)).iteration
    return Contender(iteration.play, lambda: dict(iteration.state))


def by_hand() -> Contender:
    """NumPy, with the backward pass written out: as fast as NumPy plainly goes."""
    s = start()

    def train(n: int) -> None:
        w1, b1, w2, b2 = s["W1"], s["b1"], s["W2"], s["b2"]
        for _ in range(n):
            z1 = X @ w1 + b1
            a1 = np.maximum(z1, 0.0)
            y = 1.0 / (1.0 + np.exp(-(a1 @ w2 + b2)))
            -np.mean(T * np.log(y) + (1.0 - T) * np.log(1.0 - y))
            dz2 = (y - T) / len(X)
            dz1 = dz2 @ w2.T * (z1 > 0.0)
            w2 -= RATE * (a1.T @ dz2)
            b2 -= RATE * dz2.sum(axis=0)
            w1 -= RATE * (X.T @ dz1)
            b1 -= RATE * dz1.sum(axis=0)

    return Contender(train, lambda: s)


def pytorch() -> Contender:
    """PyTorch, eager, as its tutorials write it."""
    import torch

    torch.set_num_threads(1)
    s = start()
    layers = [torch.nn.Linear(2, 4), torch.nn.ReLU(), torch.nn.Linear(4, 1), torch.nn.Sigmoid()]
    model = torch.nn.Sequential(*layers).double()
    with torch.no_grad():
        for linear, n in ((model[0], 1), (model[2], 2)):
            linear.weight.copy_(torch.from_numpy(s[f"W{n}"].T))
            linear.bias.copy_(torch.from_numpy(s[f"b{n}"]))
    loss_of = torch.nn.BCELoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=RATE)
    x, t = torch.from_numpy(X), torch.from_numpy(T)

    def train(n: int) -> None:
        for _ in range(n):
            optimizer.zero_grad()
            loss = loss_of(model(x), t)
            loss.backward()
            optimizer.step()

    def state() -> State:
        w1, b1, w2, b2 = (p.detach().numpy() for p in model.parameters())
        return {"W1": w1.T, "b1": b1, "W2": w2.T, "b2": b2}

    return Contender(train, state)


def hips_autograd() -> Contender:
    """HIPS autograd: NumPy code, differentiated."""
    import autograd.numpy as anp
    from autograd import value_and_grad

    s = start()

    def loss(p: State) -> Any:
        a1 = anp.maximum(X @ p["W1"] + p["b1"], 0.0)
        y = 1.0 / (1.0 + anp.exp(-(a1 @ p["W2"] + p["b2"])))
        return -anp.mean(T * anp.log(y) + (1.0 - T) * anp.log(1.0 - y))

    gradient = value_and_grad(loss)

    def train(n: int) -> None:
        for _ in range(n):
            _, g = gradient(s)
            for name in s:
                s[name] = s[name] - RATE * g[name]

    return Contender(train, lambda: s)


def micrograd() -> Contender:
    """micrograd: one number at a time. It has no exp and log, so they are added its own way."""
    import math

    from micrograd.engine import Value

    def apply(v: Any, out: float, rate: float, name: str) -> Any:
        made = Value(out, (v,), name)

        def backward() -> None:
            v.grad += rate * made.grad

        made._backward = backward
        return made

    def exp(v: Any) -> Any:
        return apply(v, math.exp(v.data), math.exp(v.data), "exp")

    def log(v: Any) -> Any:
        return apply(v, math.log(v.data), 1 / v.data, "log")

    w = {name: np.vectorize(Value, otypes=[object])(array) for name, array in start().items()}
    parameters = [v for array in w.values() for v in array.flat]

    def output(x: np.ndarray) -> Any:
        a1 = [sum((x[i] * w["W1"][i, j] for i in range(2)), w["b1"][j]).relu() for j in range(4)]
        z2 = sum((a1[j] * w["W2"][j, 0] for j in range(4)), w["b2"][0])
        return (1 + exp(-z2)) ** -1

    def train(n: int) -> None:
        for _ in range(n):
            loss = Value(0.0)
            for x, (t,) in zip(X.tolist(), T.tolist(), strict=True):
                y = output(x)
                loss = loss - (t * log(y) + (1 - t) * log(1 - y)) * 0.25
            for v in parameters:
                v.grad = 0
            loss.backward()
            for v in parameters:
                v.data -= RATE * v.grad

    def state() -> State:
        return {name: np.vectorize(lambda v: v.data)(array) for name, array in w.items()}

    return Contender(train, state)


CONTENDERS: Mapping[str, Callable[[], Contender]] = {
    "whygrad, played again": whygrad,
    "numpy-by-hand": by_hand,
    "pytorch-eager": pytorch,
    "hips-autograd": hips_autograd,
    "micrograd": micrograd,
}


def check(contenders: Mapping[str, Contender]) -> None:
    """Refuse to compare what does not compute the same."""
    states: dict[str, State] = {}
    for name, contender in contenders.items():
        contender.train(AGREE)
        states[name] = {key: np.array(array) for key, array in contender.state().items()}
    first, *others = states.items()
    for name, state in others:
        for key, array in state.items():
            if not np.allclose(array, first[1][key], rtol=SAME, atol=SAME):
                raise SystemExit(
                    f"{name} and {first[0]} disagree on {key} after {AGREE} iterations"
                )


def measure(contenders: Mapping[str, Contender], rounds: int, seconds: float) -> dict[str, float]:
    """Return each contender's median seconds per iteration, over ``rounds`` turns."""
    turns = {name: _turn(contender, seconds) for name, contender in contenders.items()}
    taken: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(rounds):
        for name, contender in contenders.items():
            began = time.perf_counter()
            contender.train(turns[name])
            taken[name].append((time.perf_counter() - began) / turns[name])
    return {name: statistics.median(times) for name, times in taken.items()}


def _turn(contender: Contender, seconds: float) -> int:
    """Return how many iterations take about so long."""
    n = 1
    while True:
        began = time.perf_counter()
        contender.train(n)
        took = time.perf_counter() - began
        if took > seconds / 4:
            return max(1, round(n * seconds / took))
        n *= 4


def result(medians: Mapping[str, float]) -> dict[str, Any]:
    """Return the measurement as plain data; a ratio says how many times whygrad's time."""
    first = next(iter(medians.values()))
    return {
        "benchmark": "one XOR 2-4-1 iteration, batch of 4, float64, one thread",
        "python": platform.python_version(),
        "numpy": np.__version__,
        "machine": platform.machine(),
        "microseconds": {name: round(median * 1e6, 2) for name, median in medians.items()},
        "ratio": {name: round(median / first, 2) for name, median in medians.items()},
    }


def table(found: Mapping[str, Any]) -> str:
    """Return the measurement as a table."""
    rows = [f"{'':24}{'µs per iteration':>18}{'times whygrad':>16}"]
    for name, microseconds in found["microseconds"].items():
        rows.append(f"{name:24}{microseconds:>18.1f}{found['ratio'][name]:>16.2f}")
    return "\n".join(rows)


def main() -> None:
    """Measure, print the table and, if asked, write the numbers."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=40, help="turns for each (default 40)")
    parser.add_argument("--seconds", type=float, default=0.02, help="of a turn (default 0.02)")
    parser.add_argument("--json", type=Path, help="write the numbers to this file too")
    options = parser.parse_args()
    contenders = {name: make() for name, make in CONTENDERS.items()}
    check(contenders)
    found = result(measure(contenders, options.rounds, options.seconds))
    print(f"{found['benchmark']}; medians of {options.rounds} turns\n\n{table(found)}")
    if options.json:
        options.json.write_text(json.dumps(found, indent=2, ensure_ascii=False) + "\n", "utf-8")


if __name__ == "__main__":
    main()
