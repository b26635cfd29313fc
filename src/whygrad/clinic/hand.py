# pyright: basic
# It reads rows that are PyTorch's, whose annotations are too loose for strict checking.
"""Patients in plain NumPy, whose backward pass was written by hand: with a slip, or without."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from whygrad.clinic import by_hand
from whygrad.clinic.data import Data, digits
from whygrad.doctor import Report, check_backward

EPOCHS, BATCH, RATE = 30, 32, 1.0
CURES = {"no_slope": "derive_again", "square": "derive_again", "whole": "float_parameters"}
# How each program differs: the derivative that goes into delta, how weights are drawn, how kept.
SLOPES = {"no_slope": "", "square": " * a * a"}
DRAWN = "rng.normal(0, n_in**-0.5, (n_in, n_out))"
PROGRAM = """\
import numpy as np

# to learn from: {x} and {y}
# to judge on: {xv} and {yv}
x, y, xv, yv = load_rows()

rng = np.random.default_rng({seed})
sizes = {sizes}
W, b = [], []
for n_in, n_out in zip(sizes, sizes[1:]):
    W.append({weights})
    b.append(np.zeros(n_out{kind}))


def forward(x):
    kept = [x]
    for n in range(len(W)):
        z = kept[-1] @ W[n] + b[n]
        if n < len(W) - 1:
            kept.append(1 / (1 + np.exp(-z)))
        else:
            e = np.exp(z - z.max(1, keepdims=True))
            kept.append(e / e.sum(1, keepdims=True))
    return kept


def loss_function(kept, y):
    return -np.log(kept[-1][np.arange(len(y)), y] + 1e-300).mean()


def backward(kept, y):
    delta = (kept[-1] - np.eye(10)[y]) / len(y)
    gradients = []
    for n in reversed(range(len(W))):
        a = kept[n]
        gradients.append((n, a.T @ delta, delta.sum(0)))
        delta = delta @ W[n].T{slope}
    return gradients


order = np.random.default_rng({seed})
for epoch in range({epochs}):
    rows = np.arange(len(x))
    order.shuffle(rows)
    for start in range(0, len(rows), {batch}):
        batch = rows[start : start + {batch}]
        kept = forward(x[batch])
        loss = loss_function(kept, y[batch])
        for n, dW, db in backward(kept, y[batch]):
            {update}
    kept = forward(xv)
    print(epoch, loss_function(kept, yv), (kept[-1].argmax(1) == yv).mean())
"""
STEP = "W[n], b[n] = W[n] - {rate} * dW, b[n] - {rate} * db"
STEP_CUT = "W[n], b[n] = (W[n] - {rate} * dW).astype(int), (b[n] - {rate} * db).astype(int)"


@dataclass(frozen=True)
class HandCase:
    """A slip, by the name that `by_hand` has for it; none in the repaired program."""

    name: str
    causes: tuple[str, ...]
    sizes: tuple[int, ...]
    slip: str


def hand_cases() -> tuple[HandCase, ...]:
    """Return the cases of `by_hand`."""
    return tuple(
        HandCase(name, (cause,), sizes, slip)
        for name, (cause, sizes, slip) in by_hand.CASES.items()
    )


class HandRun:
    """A program in plain NumPy, trained, and its backward pass checked."""

    def __init__(self, case: HandCase, slip: str, seed: int, tell: Callable[[float], None]) -> None:
        self.case, self.slip, self.seed = case, slip, seed
        self.data: Data = digits()(seed)
        d = self.data
        self.x, self.y, self.xv, self.yv = (a.double().numpy() for a in (d.x, d.y, d.xv, d.yv))
        self.y, self.yv = self.y.astype(int), self.yv.astype(int)
        self.depth = len(case.sizes) - 1
        self.params = self._drawn()
        self.start = dict(self.params)
        self.losses: list[tuple[int, float]] = []
        self.epochs: list[int] = []
        self.validation: list[float] = []
        self.scores: list[float] = []
        with np.errstate(all="ignore"):
            self._train(tell)
            self.report = self._checked()

    def _drawn(self) -> dict[str, Any]:
        rng, params = np.random.default_rng(self.seed), {}
        for n, (a, b) in enumerate(pairwise(self.case.sizes)):
            drawn = rng.normal(0, a**-0.5, (a, b))
            whole = self.slip == "whole"
            params[f"W{n}"] = np.round(3 * drawn).astype(int) if whole else drawn
            params[f"b{n}"] = np.zeros(b, dtype=int if whole else float)
        return params

    def _train(self, tell: Callable[[float], None]) -> None:
        order = np.random.default_rng(self.seed)
        for epoch in range(EPOCHS):
            rows = np.arange(len(self.x))
            order.shuffle(rows)
            for start in range(0, len(rows), BATCH):
                x, y = self.x[rows[start : start + BATCH]], self.y[rows[start : start + BATCH]]
                self.losses.append((len(self.losses) + 1, self._loss(x, y)))
                made = by_hand.backward(self.params, x, y, self.depth, self.slip)
                self.params = {
                    name: (p - RATE * made[name]).astype(p.dtype) for name, p in self.params.items()
                }
            self.epochs.append(len(self.losses))
            self.validation.append(self._loss(self.xv, self.yv))
            self.scores.append(self.score(self.xv, self.yv))
            tell(0.9 * (epoch + 1) / EPOCHS)

    def _loss(self, x: Any, y: Any) -> float:
        return by_hand.loss(self.params, x, y, self.depth)

    def score(self, x: Any, y: Any) -> float:
        """Return the share of right answers."""
        with np.errstate(all="ignore"):
            shares = by_hand.forward(self.params, x, self.depth)[-1]
        return float((shares.argmax(1) == y).mean())

    def _checked(self) -> Report:
        x, y = self.x[:BATCH], self.y[:BATCH]
        return check_backward(
            lambda p: by_hand.loss(p, x, y, self.depth),
            lambda p: by_hand.backward(p, x, y, self.depth, self.slip),
            self.start,
        )

    def listing(self) -> str:
        """Return the program."""
        whole = self.slip == "whole"
        return PROGRAM.format(
            **{name: getattr(self, name).shape for name in ("x", "y", "xv", "yv")},
            seed=self.seed,
            sizes=self.case.sizes,
            weights=f"np.round(3 * {DRAWN}).astype(int)" if whole else DRAWN,
            kind=", dtype=int" if whole else "",
            slope=SLOPES.get(self.slip, " * a * (1 - a)"),
            epochs=EPOCHS,
            batch=BATCH,
            update=(STEP_CUT if whole else STEP).format(rate=RATE),
        )
