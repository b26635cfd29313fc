"""Checks a backward pass that was written by hand, against nudging each number."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from whygrad.doctor.finding import Finding, Remedy
from whygrad.doctor.links import LINKS
from whygrad.doctor.report import Report
from whygrad.errors import GradientError
from whygrad.explain.display import number

STEP = 6e-6  # the cube root of float64's epsilon (Nocedal & Wright, section 8.1)
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
        findings.append(wrong_backward(max(wrong), len(wrong), len(names)))
    if whole:
        findings.append(dtype_truncation(whole, kept, found))
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


def wrong_backward(worst: tuple[float, str, float, float, float], count: int, of: int) -> Finding:
    """A backward pass written by hand that is not the derivative of its forward pass.

    Why: one local derivative left out or mistaken scales and mixes all gradients that come before
    it. Training may still get somewhere, which hides it.

    Seen: by `check_backward`: nudging an element to either side moves the loss at another rate than
    the gradient says, by more than 1e-4 of the parameter's largest (right ones agree to about
    1e-8).

    Example: `dz = da` for `dz = da * a * (1 - a)`.
    """
    error, where, exact, estimate, ratio = worst
    return Finding(
        "wrong_backward",
        0.98,
        "serious",
        f"nudging {where} by {number(STEP)} to either side moves the loss at a rate of "
        f"{number(estimate)}; the backward pass says {number(exact)}. {count} of {of} parameters "
        f"disagree; in the worst, the median element is {number(ratio)} times what it should be.",
        {"error": error, "gradient": exact, "difference": estimate, "median_ratio": ratio},
        where,
        None,
        {"numerical_error": "a right gradient agrees to about 8 digits"},
        (
            Remedy(
                "Check the local derivatives between the loss and this parameter, the last first",
                "one that is left out or wrong spoils all that come before it",
                "every element agrees with nudging",
                "derive_again",
            ),
        ),
        links=(*LINKS["wrong_backward"], "docs/doctor.md#wrong_backward"),
    )


def dtype_truncation(whole: list[Any], kept: Mapping[Any, Any], found: Any) -> Finding:
    """Parameters are kept as whole numbers.

    Why: an update of less than 1 is cut off when it is stored, so weights stay or jump by 1.

    Seen: by `check_backward`: a parameter's array has an integer type. Its gradients may be right.

    Example: `W = np.zeros((64, 10), dtype=int)`.
    """
    largest = max(float(np.abs(np.asarray(found[name])).max(initial=0.0)) for name in whole)
    return Finding(
        "dtype_truncation",
        0.97,
        "fatal",
        f"{len(whole)} parameters hold whole numbers ({kept[whole[0]].dtype}): the largest "
        "gradient "
        f"is {number(largest)}, so an update of less than 1 is cut off to 0, or floored to −1.",
        {"parameters": len(whole), "largest_gradient": largest},
        str(whole[0]),
        1,
        {"wrong_backward": "the gradients are right; the update does not survive being stored"},
        (
            Remedy(
                "Keep parameters as float64",
                "the update is then stored as it is",
                "weights move by the rate times the gradient",
                "float_parameters",
            ),
        ),
        links=("docs/doctor.md#dtype_truncation",),
    )
