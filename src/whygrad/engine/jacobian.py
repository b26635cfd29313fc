"""Derivatives of functions with many outputs, and second ones, in JAX's words.

All are made of the one backward walk. What passes backwards is linear in what arrives, so its own
derivative with respect to what arrives is the forward-mode derivative (Townsend, 2017).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from whygrad.engine.backward import gradients
from whygrad.engine.dims import same_shape, show_shape
from whygrad.engine.tensor import Tensor, apply, tensor
from whygrad.engine.transform import as_argument, check_argument, grad, valued, zeros_like
from whygrad.errors import ShapeError
from whygrad.option import function, several


def vjp(
    f: Callable[..., Tensor], *primals: Any
) -> tuple[Tensor, Callable[[Any], tuple[Tensor, ...]]]:
    """Return ``f``'s value and a function that passes a gradient back through it.

    Args:
        f: takes tensors and returns one.
        primals: what to call it on.

    Returns:
        The value, and a function from what arrives at it (its shape) to what that makes of each
        primal: what arrives, times the Jacobian.
    """
    inputs = [as_argument(primal) for primal in primals]
    value = valued(f, inputs, *inputs)

    def back(arriving: Any) -> tuple[Tensor, ...]:
        seed = arriving if isinstance(arriving, Tensor) else tensor(arriving, dtype=value.dtype)
        found = gradients(value, inputs, seed=seed)
        return tuple(_found(found, t) for t in inputs)

    return value, back


def jvp(
    f: Callable[..., Tensor], primals: Sequence[Any], tangents: Sequence[Any]
) -> tuple[Tensor, Tensor]:
    """Return ``f``'s value, and how it moves as its inputs move along ``tangents``.

    Args:
        f: takes tensors and returns one.
        primals: what to call it on.
        tangents: for each primal, its rate of change, in its shape.

    Returns:
        The value and the Jacobian times the tangents, in the value's shape.

    Raises:
        ShapeError: a tangent is missing, or its shape is not its primal's.
    """
    primals, tangents = _as_many("jvp", primals, tangents)
    inputs = [as_argument(primal) for primal in primals]
    value = valued(f, inputs, *inputs)
    probe = Tensor(np.ones_like(value.array), value.shape)  # any numbers: the walk is linear in it
    back = gradients(value, inputs, seed=probe)
    moved: Tensor | None = None
    for t, given in zip(inputs, tangents, strict=True):
        tangent = _tangent("jvp", t, given)
        if t in back:
            effect = (back[t] * tangent).sum()
            moved = effect if moved is None else moved + effect
    found = {} if moved is None else gradients(moved, [probe])
    return value, _found(found, probe)


def hvp(f: Callable[..., Tensor], primals: Sequence[Any], tangents: Sequence[Any]) -> Any:
    """Return the Hessian of ``f`` times ``tangents``, without making the Hessian.

    Args:
        f: takes tensors and returns one number.
        primals: what to call it on.
        tangents: for each primal, the direction, in its shape.

    Returns:
        How the gradient with respect to each primal moves along the tangents: a tensor for one
        primal, a tuple for several.

    Raises:
        ShapeError: ``f`` returns several numbers, or a tangent does not fit its primal.
    """
    primals, tangents = _as_many("hvp", primals, tangents)
    inputs = [as_argument(primal) for primal in primals]
    found = gradients(valued(f, inputs, *inputs), inputs)
    effect: Tensor | None = None
    for t, given in zip(inputs, tangents, strict=True):
        tangent = _tangent("hvp", t, given)
        if t in found:
            along = (found[t] * tangent).sum()
            effect = along if effect is None else effect + along
    second = {} if effect is None else gradients(effect, inputs)
    each = tuple(_found(second, t) for t in inputs)
    return each[0] if len(each) == 1 else each


def jacobian(f: Callable[..., Tensor], argnums: int = 0) -> Callable[..., Tensor]:
    """Return a function that gives all rates at once: of each output element per input element.

    Args:
        f: takes tensors and returns one.
        argnums: which argument to differentiate with respect to.

    Returns:
        A function of the same arguments; what it returns has the output's shape followed by the
        argument's, and can be differentiated again.

    Raises:
        WhygradError: (when called) as ``value_and_grad`` does.
    """

    function("jacobian", "f", f)

    def wrapped(*args: Any) -> Tensor:
        given = list(args)
        check_argument(argnums, len(args))
        wanted = given[argnums] = as_argument(given[argnums])
        value = valued(f, [wanted], *given)
        rows: list[Tensor] = []
        for index in np.ndindex(*value.array.shape):
            one = np.zeros_like(value.array)
            one[index] = 1.0
            found = gradients(value, [wanted], seed=Tensor(one, value.shape, role="gradient"))
            rows.append(_found(found, wanted).reshape(1, *wanted.shape))
        if not rows:
            return tensor(np.zeros((*value.array.shape, *wanted.array.shape)), dtype=value.dtype)
        joined = apply("cat", *rows, axis=-rows[0].ndim)
        return joined.reshape(*map(int, (*value.shape, *wanted.shape)))

    return wrapped


def hessian(f: Callable[..., Tensor], argnums: int = 0) -> Callable[..., Tensor]:
    """Return a function that gives the second derivatives of ``f``, which returns one number.

    What it returns has the argument's shape twice over.
    """
    return jacobian(grad(f, argnums), argnums)


def _as_many(what: str, primals: Any, tangents: Any) -> tuple[list[Any], list[Any]]:
    primals, tangents = several(what, "primals", primals), several(what, "tangents", tangents)
    if len(primals) != len(tangents):
        raise ShapeError(
            f"{what}: {len(primals)} primals need as many tangents, but there are {len(tangents)}"
        )
    return primals, tangents


def _tangent(what: str, primal: Tensor, given: Any) -> Tensor:
    made = given if isinstance(given, Tensor) else tensor(given, dtype=primal.dtype)
    if not same_shape(made.shape, primal.shape):
        raise ShapeError(
            f"{what}: a tangent has shape {show_shape(made.shape)}, but its primal "
            f"{show_shape(primal.shape)}"
        )
    return made


def _found(gradients: Mapping[Tensor, Tensor], of: Tensor) -> Tensor:
    return gradients[of] if of in gradients else zeros_like(of)
