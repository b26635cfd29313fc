# pyright: basic
# PyTorch's own annotations are too loose for strict checking.
"""The doctor's cases in plain NumPy: a backward pass written by hand, with a slip or without."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Any

import numpy as np

from whygrad.doctor import check_backward

CASES = {
    "np_missing_act_derivative": ("wrong_backward", (64, 32, 32, 32, 10), "no_slope"),
    "np_wrong_sigmoid_derivative": ("wrong_backward", (64, 32, 32, 10), "square"),
    "np_int_params": ("dtype_truncation", (64, 32, 32, 10), "whole"),
}


def forward(params: dict[str, Any], x: Any, depth: int) -> list[Any]:
    """Return the activations; the last are shares."""
    kept = [x]
    for n in range(depth):
        z = kept[-1] @ params[f"W{n}"] + params[f"b{n}"]
        if n < depth - 1:
            kept.append(1 / (1 + np.exp(-z)))
        else:
            e = np.exp(z - z.max(1, keepdims=True))
            kept.append(e / e.sum(1, keepdims=True))
    return kept


def loss(params: dict[str, Any], x: Any, y: Any, depth: int) -> float:
    """Cross-entropy."""
    return float(-np.log(forward(params, x, depth)[-1][np.arange(len(y)), y] + 1e-300).mean())


def backward(params: dict[str, Any], x: Any, y: Any, depth: int, slip: str) -> dict[str, Any]:
    """Return the gradients, with a slip or without."""
    kept, grads = forward(params, x, depth), {}
    delta = (kept[-1] - np.eye(10)[y]) / len(y)
    for n in reversed(range(depth)):
        grads[f"W{n}"], grads[f"b{n}"] = kept[n].T @ delta, delta.sum(0)
        a = kept[n]
        slope = {"no_slope": 1.0, "square": a * a}.get(slip, a * (1 - a))
        delta = delta @ params[f"W{n}"].T * slope
    return grads


def results(seeds: Iterable[int]) -> Iterator[dict[str, Any]]:
    """Check each case and its twin."""
    for name, (cause, sizes, slip) in CASES.items():
        for seed in seeds:
            rng, depth = np.random.default_rng(seed), len(sizes) - 1
            params: dict[str, Any] = {}
            for n, (a, b) in enumerate(pairwise(sizes)):
                params[f"W{n}"] = rng.normal(0, a**-0.5, (a, b))
                params[f"b{n}"] = np.zeros(b)
            x, y = rng.random((32, 64)), rng.integers(0, 10, 32)
            for kind, made in (("fault", slip), ("twin", "")):
                given = params
                if made == "whole":
                    given = {k: np.round(v * 3).astype(int) for k, v in params.items()}
                report = check_backward(
                    lambda p, x=x, y=y, d=depth: loss(p, x, y, d),
                    lambda p, x=x, y=y, d=depth, s=made: backward(p, x, y, d, s),
                    given,
                )
                said = [f.cause for f in report.findings]
                yield {
                    "case": name, "family": "backward", "causes": (cause,), "seed": seed,
                    "kind": kind, "metric": 0.0, "roots": said, "said": said, "notes": [],
                    "verdict": report.verdict, "early": [(MOMENT, tuple(said))], "seconds": 0.0,
                    "report_seconds": 0.0,
                }  # fmt: skip


MOMENT = 0.0  # it is a check before training
