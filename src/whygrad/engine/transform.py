"""Gradients of any Python function over tensors, in JAX's words: ``grad``, ``value_and_grad``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from whygrad.engine.backward import differentiable, gradients
from whygrad.engine.tensor import Tensor, tensor
from whygrad.errors import WhygradError

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
            an explicit dtype, or ``f`` does not return a tensor.
    """

    def wrapped(*args: Any, **kwargs: Any) -> tuple[Tensor, Any]:
        positions = (argnums,) if isinstance(argnums, int) else tuple(argnums)
        given = list(args)
        for position in positions:
            if not 0 <= position < len(args):
                raise WhygradError(
                    f"argnums names argument {position}, but there are {len(args)} (from 0)"
                )
            given[position] = as_argument(args[position])
        wanted: list[Tensor] = [given[position] for position in positions]
        value = f(*given, **kwargs)
        if isinstance(value, int | float):  # it depends on nothing
            value = tensor(value, role="constant")
        elif not isinstance(value, Tensor):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise WhygradError(
                f"the function must return a tensor, but returned {type(value).__name__}"
            )
        found = gradients(value, wanted)
        each = tuple(found[t] if t in found else zeros_like(t) for t in wanted)
        return value, each[0] if isinstance(argnums, int) else each

    return wrapped


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
    return Tensor(np.zeros_like(like.data), like.shape, role="constant")
