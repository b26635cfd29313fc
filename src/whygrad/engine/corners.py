"""On which side of a corner numbers are, for ops whose derivative jumps there, such as ReLU."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from whygrad.engine.formula import Expr
from whygrad.engine.op import BRANCHES, VJP, Array, Op, Params, PullbackContext
from whygrad.engine.tensor import Tensor, apply

_TESTS: Mapping[str, Callable[..., Array]] = {"gt": np.greater}


def sides(op: Op, inputs: Sequence[Array], params: Params) -> Array | None:
    """Return what tells the sides of an op's corner apart, or None for an op without one.

    Where the results for two sets of inputs differ, a corner lies between them.

    Args:
        op: the op.
        inputs: its inputs.
        params: its params.

    Returns:
        For an op that works element by element, shape of the output: whether each element is on
        the upper side. Else, shape of the first input: how much each element has to do with the
        output, which changes only where another branch is taken.
    """
    if op.side is None:
        return None
    if op.side == BRANCHES:
        return _branches(op, inputs, params)
    return _elementwise(op.side, inputs, params)


def _elementwise(node: Expr, inputs: Sequence[Array], params: Params) -> Any:
    """Evaluate a formula of elements that meet, for whole arrays."""
    of: Any = node.args[0]
    if node.head == "number":
        return of
    if node.head == "param":
        return params[of]
    if node.head == "in":
        return inputs[int(of)]
    test = _TESTS[node.head]
    return test(*(_elementwise(a, inputs, params) for a in node.args))


def _branches(op: Op, inputs: Sequence[Array], params: Params) -> Array:
    """Pass one uneven gradient per output back: each input gets those of the outputs it decides."""
    leaves = tuple(Tensor(array.view(), array.shape) for array in inputs)
    output = apply(op.name, *leaves, **params)
    count = np.arange(1.0, output.array.size + 1)
    uneven = np.sin(count * count).reshape(output.array.shape)  # no two sums of these are alike
    pullback = op.pullback(0)
    assert isinstance(pullback, VJP)
    upstream = Tensor(uneven, output.shape)
    return pullback.contribution(upstream, PullbackContext(leaves, output, params, 0)).array
