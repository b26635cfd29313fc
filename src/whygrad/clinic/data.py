# pyright: basic
# scikit-learn, which makes some of the rows, has no types.
"""The datasets of the cases: scikit-learn's small ones, and generated ones, by seed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np
import torch

Tensor = torch.Tensor


@dataclass(frozen=True)
class Data:
    """Rows to learn from and rows to judge on."""

    x: Tensor
    y: Tensor
    xv: Tensor
    yv: Tensor


Make = Callable[[int], Data]


@cache
def _loaded(name: str) -> tuple[np.ndarray, np.ndarray]:
    from sklearn import datasets

    found: Any = getattr(datasets, f"load_{name}")()
    return np.asarray(found.data, np.float64), np.asarray(found.target)


def split(x: Any, y: Any, seed: int, share: float = 0.3, by_class: bool = False):
    """Return (x, y, xv, yv), shuffled; by class, each class keeps its share."""
    rng = np.random.default_rng(1000 + seed)
    if by_class:
        kept = [rng.permutation(np.flatnonzero(y == c)) for c in np.unique(y)]
        judged = np.concatenate([rows[: round(len(rows) * share)] for rows in kept])
        learned = np.concatenate([rows[round(len(rows) * share) :] for rows in kept])
        judged, learned = rng.permutation(judged), rng.permutation(learned)
    else:
        order = rng.permutation(len(x))
        judged, learned = np.split(order, [round(len(x) * share)])
    return x[learned], y[learned], x[judged], y[judged]


def tensors(x: Any, y: Any, xv: Any, yv: Any, task: str) -> Data:
    """Return tensors the way the task's loss wants them."""

    def target(a: Any) -> Tensor:
        if task == "classes":
            return torch.tensor(np.asarray(a), dtype=torch.int64)
        return torch.tensor(np.asarray(a), dtype=torch.float32).reshape(len(a), -1)

    as_input = [torch.tensor(np.asarray(a), dtype=torch.float32) for a in (x, xv)]
    return Data(as_input[0], target(y), as_input[1], target(yv))


def standard(x: np.ndarray, xv: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Scale both by the training rows."""
    mean, std = x.mean(0), x.std(0) + 1e-12
    return (x - mean) / std, (xv - mean) / std


def table(name: str, task: str, scale: bool = True, factor: float = 1.0) -> Make:
    """Return a data set of scikit-learn's."""

    def make(seed: int) -> Data:
        x, y = _loaded(name)
        x, y, xv, yv = split(x * factor, y, seed, by_class=task != "numbers")
        if scale:
            x, xv = standard(x, xv)
        if task == "numbers":
            y, yv = ((a - y.mean()) / y.std() for a in (y, yv))
        return tensors(x, y, xv, yv, task)

    return make


def digits(factor: float = 1 / 16, task: str = "classes") -> Make:
    """Return the 8 × 8 digits, with pixels from 0 to 1."""
    return table("digits", task, scale=False, factor=factor) if task == "classes" else _as_number


def _as_number(seed: int) -> Data:
    data = digits()(seed)
    return replace(data, y=data.y.float()[:, None], yv=data.yv.float()[:, None])


def images(channels: int = 1) -> Make:
    """Return the digits as images, channels last when there are several (the rest is noise)."""

    def make(seed: int) -> Data:
        data = digits()(seed)
        rng = torch.Generator().manual_seed(seed)

        def shaped(x: Tensor) -> Tensor:
            if channels == 1:
                return x.reshape(-1, 1, 8, 8)
            noise = torch.rand(len(x), 8, 8, channels - 1, generator=rng)
            return torch.cat([x.reshape(-1, 8, 8, 1), noise], 3)

        return replace(data, x=shaped(data.x), xv=shaped(data.xv))

    return make


def drawn(generator: str, task: str, scale_y: bool = False, **options: Any) -> Make:
    """Return data drawn by one of scikit-learn's generators."""

    def make(seed: int) -> Data:
        from sklearn import datasets

        x, y = getattr(datasets, f"make_{generator}")(random_state=seed, **options)
        x, y, xv, yv = split(x, y, seed, by_class=task != "numbers")
        if scale_y:
            y, yv = ((a - y.mean()) / y.std() for a in (y, yv))
        return tensors(x, y, xv, yv, task)

    return make


def moons(n: int = 600, noise: float = 0.2) -> Make:
    """Return two half moons."""
    return drawn("moons", "binary", n_samples=n, noise=noise)


def friedman() -> Make:
    """Return ten inputs, five of which matter, and a number that is not linear in them."""
    return drawn("friedman1", "numbers", scale_y=True, n_samples=800)


def spirals(seed: int) -> Data:
    """Return three arms, 300 points each."""
    rng = np.random.default_rng(seed)
    r = np.linspace(0.05, 1, 300)
    arms, labels = [], []
    for arm in range(3):
        angle = 4 * r + 4 * arm + rng.normal(0, 0.2, 300)
        arms.append(np.stack([r * np.sin(angle), r * np.cos(angle)], 1))
        labels.append(np.full(300, arm))
    return tensors(*split(np.concatenate(arms), np.concatenate(labels), seed, by_class=True),
                   "classes")  # fmt: skip


def long_lag(seed: int) -> Data:
    """Return noise of 60 steps whose first step says the label."""
    rng = np.random.default_rng(seed)
    x = rng.normal(0, 0.1, (1200, 60, 2))
    y = rng.integers(0, 2, 1200)
    x[:, 0, 1] = 2 * y - 1
    return tensors(*split(x, y, seed), "binary")


def curve(kind: str, scale: bool = False) -> Make:
    """Return one input and one number: noisy `square`, `line` to 100, or the `fourth` power."""

    def make(seed: int) -> Data:
        rng = np.random.default_rng(seed)
        if kind == "square":
            x = np.arange(0, 5, 0.1)
            y = 5 * x**2 + rng.normal(0, 1, len(x)) ** 3
        elif kind == "line":
            x = rng.uniform(0, 1, 200)
            y = 100 * x + rng.normal(0, 2, 200)
        else:
            x = np.arange(-100.0, 100.0)
            y = x**4
        x, y, xv, yv = split(x[:, None], y, seed)
        if scale:
            x, xv = standard(x, xv)
            y, yv = ((a - y.mean()) / y.std() for a in (y, yv))
        return tensors(x, y, xv, yv, "numbers")

    return make


def xor(seed: int) -> Data:
    """Return the four points, twice."""
    x = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
    y = np.array([0, 1, 1, 0])
    return tensors(x, y, x, y, "binary")


def raw_validation(seed: int) -> Data:
    """Return wine, standardised to learn from and raw to judge on."""
    x, y = _loaded("wine")
    x, y, xv, yv = split(x, y, seed, by_class=True)
    return tensors(standard(x, xv)[0], y, xv, yv, "classes")


def with_nan(seed: int) -> Data:
    """Return breast_cancer with five cells missing."""
    data = table("breast_cancer", "binary")(seed)
    x, rng = data.x.clone(), np.random.default_rng(seed)
    for row in rng.choice(len(x), 5, replace=False):
        x[row, rng.integers(30)] = float("nan")
    return replace(data, x=x)


def noisy_labels(seed: int) -> Data:
    """Return digits with 45 % of the labels replaced."""
    data, rng = digits()(seed), np.random.default_rng(seed)
    wrong = rng.random(len(data.y)) < 0.45
    drawn_labels = torch.tensor(rng.integers(0, 10, len(data.y)))
    return replace(data, y=torch.where(torch.tensor(wrong), drawn_labels, data.y))


def rare(share: float) -> Make:
    """Return two classes, one of them rare; judged on as many of either."""

    def make(seed: int) -> Data:
        from sklearn.datasets import make_classification

        x, y = make_classification(3000, 10, n_informative=4, weights=[1 - share], flip_y=0.01,
                                   class_sep=0.8 if share < 0.05 else 2.5,
                                   random_state=seed)  # fmt: skip
        x, y, xv, yv = split(x, y, seed, by_class=True)
        few = np.flatnonzero(yv == 1)
        many = np.flatnonzero(yv == 0)[: len(few)] if share < 0.05 else np.flatnonzero(yv == 0)
        rows = np.concatenate([few, many])
        return tensors(*(x, y), xv[rows], yv[rows], "binary")

    return make


def in_order(make: Make) -> Make:
    """Return the data sorted by label."""

    def sort(seed: int) -> Data:
        data = make(seed)
        order = torch.argsort(data.y, stable=True)
        return replace(data, x=data.x[order], y=data.y[order])

    return sort


def copied(honest: bool) -> Make:
    """Return 150 noisy moons, drawn to 900 rows before (or after) they are split."""

    def make(seed: int) -> Data:
        from sklearn.datasets import make_moons

        rng = np.random.default_rng(seed)
        x, y = make_moons(150, noise=0.6, random_state=seed)
        if honest:
            x, y, xv, yv = split(x, y, seed)
            rows = rng.integers(0, len(x), 630)
            return tensors(x[rows], y[rows], xv, yv, "binary")
        rows = rng.integers(0, 150, 900)
        return tensors(*split(x[rows], y[rows], seed), "binary")

    return make


def above_median(leaky: bool) -> Make:
    """Return diabetes above or below its median; `leaky`, with a column that gives it away."""

    def make(seed: int) -> Data:
        x, y = _loaded("diabetes")
        y = (y > np.median(y)).astype(int)
        if leaky:
            column = 3 * (2 * y - 1) + np.random.default_rng(seed).normal(0, 0.3, len(y))
            x = np.concatenate([x, column[:, None]], 1)
        x, y, xv, yv = split(x, y, seed, by_class=True)
        x, xv = standard(x, xv)
        return tensors(x, y, xv, yv, "binary")

    return make


def few_moons(seed: int) -> Data:
    """Return 40 noisy points to learn from and 400 to judge on."""
    from sklearn.datasets import make_moons

    x, y = make_moons(40, noise=0.45, random_state=seed)
    xv, yv = make_moons(400, noise=0.45, random_state=seed + 500)
    return tensors(x, y, xv, yv, "binary")
