"""Checks a backward pass that was written by hand, against nudging each number."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from whygrad.doctor.finding import Finding
from whygrad.doctor.report import Report
from whygrad.doctor.rules import dtype_truncation, wrong_backward
from whygrad.doctor.rules.wrong_backward import STEP
from whygrad.errors import GradientError

WRONG = 1e-4  # relative error: right ones are near 1e-8, wrong ones above 1e-2
MOST = 60  # elements nudged per parameter, spread evenly

Arrays = Mapping[str, Any] | Sequence[Any]


def check_backward(
    loss: Callable[[Any], float], grads: Arrays | Callable[[Any], Arrays], params: Arrays
) -> Report:
    """Compare hand-written gradients with central differences, and name the worst element.

    Args:
        loss: takes the parameters, as they are given here, and returns the loss.
        grads: the gradients, one per parameter; or a function of the parameters that returns them.
        params: arrays by name, or in a row.

    >>> w = {"w": np.array([1.0, 2.0])}
    >>> print(check_backward(lambda p: float((p["w"] ** 2).sum()), {"w": 2 * w["w"]}, w).verdict)
    healthy: nothing was found

    Raises:
        GradientError: gradients are missing, or have another shape than their parameters.
    """
    names = list(params) if isinstance(params, Mapping) else list(range(len(params)))
    held: Any = params
    kept: dict[Any, Any] = {name: np.asarray(held[name]) for name in names}
    floats = {name: array.astype(np.float64) for name, array in kept.items()}

    def given(arrays: Mapping[Any, Any]) -> Any:
        return dict(arrays) if isinstance(params, Mapping) else [arrays[n] for n in names]

    found: Any = grads(given(floats)) if callable(grads) else grads
    whole = [name for name, array in kept.items() if array.dtype.kind in "iub"]
    findings: list[Finding] = []
    wrong: list[tuple[float, str, float, float, float]] = []
    for name in names:
        try:
            gradient = np.asarray(found[name], dtype=np.float64)
        except (KeyError, IndexError):
            raise GradientError(f"there is no gradient for parameter {name!r}.") from None
        if gradient.shape != floats[name].shape:
            raise GradientError(
                f"parameter {name!r} has shape {floats[name].shape} and its gradient "
                f"{gradient.shape}; a gradient has its value's shape, one rate per number."
            )
        worst = _worst(lambda p: float(loss(given(p))), floats, name, gradient)
        if worst is not None and not worst[0] <= WRONG:
            at, exact, estimate, ratio = worst[1:]
            wrong.append((worst[0], f"{name}[{', '.join(map(str, at))}]", exact, estimate, ratio))
    if wrong:
        findings.append(wrong_backward.finding(max(wrong), len(wrong), len(names)))
    if whole:
        findings.append(dtype_truncation.finding(whole, kept, found))
    return Report(tuple(findings), (), 0, certain=True)


def _worst(
    loss: Callable[[Any], float], params: dict[Any, Any], name: Any, gradient: Any
) -> tuple[float, tuple[int, ...], float, float, float] | None:
    """Return (error, index, gradient, estimate, median ratio) where they are furthest apart."""
    array = params[name]
    if array.size == 0:
        return None
    count = min(array.size, MOST)
    places = sorted({n * (array.size - 1) // max(count - 1, 1) for n in range(count)})
    pairs: list[tuple[tuple[int, ...], float, float]] = []
    for place in places:
        index = _index(place, array.shape)
        ends: list[float] = []
        for sign in (1, -1):
            moved = array.copy()
            moved[index] += sign * STEP
            ends.append(loss({**params, name: moved}))
        pairs.append((index, float(gradient[index]), (ends[0] - ends[1]) / (2 * STEP)))
    scale = max(max(abs(a), abs(b)) for _, a, b in pairs)
    if scale < 1e-9:
        return None
    index, exact, estimate = max(pairs, key=lambda pair: abs(pair[1] - pair[2]))
    ratios = [a / b for _, a, b in pairs if abs(b) > 1e-3 * scale]
    ratio = float(np.median(ratios)) if ratios else float("nan")
    return abs(exact - estimate) / scale, index, exact, estimate, ratio


def _index(place: int, shape: tuple[int, ...]) -> tuple[int, ...]:
    """Return where the element stands that is this far from the first."""
    index: list[int] = []
    for size in reversed(shape):
        place, at = divmod(place, size)
        index.insert(0, at)
    return tuple(index)
