"""Checks gradients against central differences: of any function, or any op in the table.

The estimate (f(x + h) - f(x - h)) / 2h has an error of order h^2 (truncation) plus one of order
eps/h (round-off); h near the cube root of the machine epsilon balances the two (Nocedal & Wright,
"Numerical Optimization", 2nd ed., section 8.1).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import NoneType
from typing import Any

import numpy as np

from whygrad.engine.backward import gradients
from whygrad.engine.given import number
from whygrad.engine.op import Array, Op, find
from whygrad.engine.tensor import Tensor, apply, tensor
from whygrad.engine.transform import check_argument
from whygrad.errors import GradientError, WhygradError
from whygrad.option import function, is_a, quoted, several

STEP = 6e-6  # the cube root of float64's epsilon


@dataclass(frozen=True, slots=True)
class Mismatch:
    """The element where a gradient is furthest from its estimate."""

    argument: int
    index: tuple[int, ...]
    gradient: float
    difference: float
    error: float


def worst(
    f: Callable[..., Tensor], *args: Any, argnums: Sequence[int] | None = None, h: float = STEP
) -> Mismatch:
    """Return the worst disagreement between ``f``'s gradients and central differences.

    The output need not be one number: it is weighted by fixed pseudo-random numbers and summed,
    so that every element of the Jacobian takes part. ``error`` is |a - b| / max(1, |a|, |b|).
    """
    for a in args:
        tensor(a)  # refuses what is no number
    arrays = [np.array(a.array if isinstance(a, Tensor) else a) for a in args]
    wanted = range(len(arrays)) if argnums is None else several("gradcheck", "argnums", argnums)
    for position in wanted:
        check_argument(position, len(arrays))
    h = number("gradcheck", "h", h)
    if not h > 0.0:
        raise WhygradError(f"gradcheck: h is {h!r}; it must be above 0, such as {STEP}")
    arrays = [a.astype(np.float64) if n in wanted else a for n, a in enumerate(arrays)]
    leaves = [tensor(a, dtype=a.dtype) for a in arrays]
    output = function("gradcheck", "f", f)(*leaves)
    if not isinstance(output, Tensor):
        raise WhygradError(f"gradcheck: f must return a tensor, but returned {quoted(output)}")
    weights = tensor(np.cos(np.arange(output.array.size)).reshape(output.array.shape) + 1.5)
    total = (output * weights).sum()
    found = gradients(total, [leaves[i] for i in wanted])
    answer = Mismatch(-1, (), 0.0, 0.0, 0.0)
    for argument in wanted:
        leaf = leaves[argument]
        gradient = found[leaf].array if leaf in found else np.zeros(leaf.shape)
        for index in np.ndindex(*leaf.array.shape):
            estimate = _difference(f, arrays, argument, index, weights.array, h)
            exact = float(gradient[index])
            error = abs(exact - estimate) / max(1.0, abs(exact), abs(estimate))
            if answer.argument < 0 or not error <= answer.error:
                answer = Mismatch(argument, index, exact, estimate, error)
    return answer


def _difference(
    f: Callable[..., Tensor],
    arrays: Sequence[Array],
    argument: int,
    index: tuple[int, ...],
    weights: Array,
    h: float,
) -> float:
    sides: list[float] = []
    for side in (h, -h):
        moved = [array.copy() if n == argument else array for n, array in enumerate(arrays)]
        moved[argument][index] += side
        sides.append(float((f(*(tensor(a, dtype=a.dtype) for a in moved)).array * weights).sum()))
    return (sides[0] - sides[1]) / (2 * h)


def gradcheck(
    f: Callable[..., Tensor] | Op | str,
    *args: Any,
    argnums: Sequence[int] | None = None,
    params: Mapping[str, Any] | None = None,
    tolerance: float = 1e-6,
    h: float = STEP,
) -> bool:
    """Check the gradients of a function or an op against central differences.

    Args:
        f: a function of tensors, an op, or an op's name.
        args: numbers or arrays to check at; computed with in float64. Stay away from kinks.
        argnums: which arguments to check; by default all.
        params: the op's params, if ``f`` is an op.
        tolerance: how far a gradient may be from its estimate, relative to max(1, both).
        h: how far each element is moved to either side.

    Returns:
        True.

    Raises:
        GradientError: names the function, the argument, the worst element and both numbers.
    """
    from whygrad.engine.ops import OPS

    tolerance = number("gradcheck", "tolerance", tolerance)
    name = f if isinstance(f, str) else getattr(f, "name", getattr(f, "__name__", "the function"))
    if isinstance(f, str | Op):
        op = find(OPS, f) if isinstance(f, str) else f
        if not is_a(params, Mapping, NoneType):
            raise WhygradError(f"gradcheck: params is {quoted(params)}; it must be a dict")
        given = dict(params or {})
        if argnums is None:
            argnums = [n for n in range(len(args)) if op.pullback(n) is not None]
        target: Callable[..., Tensor] = lambda *xs: apply(op.name, *xs, **given)  # noqa: E731
    else:
        target = f
    bad = worst(target, *args, argnums=argnums, h=h)
    if not bad.error <= tolerance:
        at = f"[{','.join(map(str, bad.index))}]" if bad.index else ""
        raise GradientError(
            f"the gradient of {name} with respect to argument {bad.argument} is wrong, worst at "
            f"element {at or '(a single number)'}: the pullback gives {bad.gradient!r}, nudging "
            f"it gives {bad.difference!r} (error {bad.error:.2g}, allowed {tolerance:.2g})"
        )
    return True
