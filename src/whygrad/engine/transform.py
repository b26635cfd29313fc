"""Gradients of any Python function over tensors, in JAX's words: ``grad``, ``value_and_grad``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from whygrad.engine.backward import differentiable, gradients
from whygrad.engine.tensor import Tensor, differentiating, tensor
from whygrad.errors import WhygradError
from whygrad.option import function, quoted, several, whole

Argnums = int | Sequence[int]


def value_and_grad(
    f: Callable[..., Tensor], argnums: Argnums = 0
) -> Callable[..., tuple[Tensor, Any]]:
    """Return a function that gives ``f``'s value and its gradient.

    Args:
        f: takes numbers, arrays or tensors, and returns a tensor holding one number.
        argnums: which positional arguments to differentiate with respect to. One int gives one
            gradient; a sequence gives a tuple of them.

    Returns:
        A function of the same arguments. What it returns is recorded too, so it can be
        differentiated again.

    Raises:
        ShapeError: (when called) ``f`` returns more than one number.
        WhygradError: (when called) there is no such argument, an argument holds whole numbers by
            an explicit dtype, ``f`` does not return a tensor, or it takes a number that depends
            on these arguments out of the graph (``float(x)``, ``math.exp(x)``, ``if x > 0``),
            which would give it a gradient of 0.
    """

    function("value_and_grad", "f", f)
    positions = (argnums,) if isinstance(argnums, int) else _positions(argnums)

    def wrapped(*args: Any, **kwargs: Any) -> tuple[Tensor, Any]:
        given = list(args)
        for position in positions:
            check_argument(position, len(args))
            given[position] = as_argument(args[position])
        wanted: list[Tensor] = [given[position] for position in positions]
        value = valued(f, wanted, *given, **kwargs)
        found = gradients(value, wanted)
        each = tuple(found[t] if t in found else zeros_like(t) for t in wanted)
        return value, each[0] if isinstance(argnums, int) else each

    return wrapped


def _positions(argnums: Sequence[int]) -> tuple[int, ...]:
    listed = several("value_and_grad", "argnums", argnums)
    if not listed:
        raise WhygradError("argnums names no argument; give its position (from 0), or several")
    return tuple(whole("value_and_grad", "argnums", position) for position in listed)


def check_argument(position: object, count: int) -> None:
    """Insist that there is an argument at a position.

    Raises:
        WhygradError: there is none.
    """
    if not isinstance(position, int) or not 0 <= position < count:
        raise WhygradError(
            f"argnums names argument {quoted(position)}, but there are {count} (from 0)"
        )


def valued(f: Callable[..., Any], wanted: Sequence[Tensor], *args: Any, **kwargs: Any) -> Tensor:
    """Return what ``f`` gives; no number that depends on ``wanted`` may leave the graph in it.

    Raises:
        WhygradError: one does, or ``f`` returns neither a tensor nor a number.
    """
    function("the derivative", "f", f)
    with differentiating(wanted):
        value = f(*args, **kwargs)
    if isinstance(value, int | float):  # it depends on nothing
        return tensor(value, role="constant")
    if not isinstance(value, Tensor):
        raise WhygradError(
            f"the function must return a tensor, but returned {type(value).__name__}"
        )
    return value


def as_argument(given: Any) -> Tensor:
    """Return a tensor that stands for this argument and for nothing else.

    The caller's own tensor may be in use elsewhere: as another argument, or within the function.
    """
    if not isinstance(given, Tensor):
        return differentiable(tensor(given))
    return differentiable(given).apply("identity").named(given.name)


def grad(f: Callable[..., Tensor], argnums: Argnums = 0) -> Callable[..., Any]:
    """Return a function that gives ``f``'s gradient; see ``value_and_grad``."""
    both = value_and_grad(f, argnums)

    def wrapped(*args: Any, **kwargs: Any) -> Any:
        return both(*args, **kwargs)[1]

    return wrapped


def zeros_like(like: Tensor) -> Tensor:
    """Return the gradient of something that does not depend on ``like``: a rate of 0 everywhere."""
    return Tensor(np.zeros_like(like.array), like.shape, role="constant")
