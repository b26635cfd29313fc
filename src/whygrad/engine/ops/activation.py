"""Activations: what a unit does with its weighted sum."""

from __future__ import annotations

from functools import partial

import numpy as np

from whygrad.engine.dims import Shape, canonical_axes, show_shape
from whygrad.engine.formula import Formula, Use, arg, call, cases, compare, delta, out, param, total
from whygrad.engine.op import (
    VJP,
    Array,
    Example,
    Kernel,
    LocalDerivative,
    Op,
    Reason,
    each_reason,
    first_shape,
    scalar,
    slot,
    take_largest,
    ufunc,
)
from whygrad.engine.ops.kernels import one_along, summed
from whygrad.engine.ops.reasons import ABOVE_ZERO
from whygrad.errors import ShapeError

_X = arg(0)
_GRID = [[1.0, -2.0, 0.5], [-3.0, 4.0, -0.25]]


def _relu(x: Array, out: Array) -> Kernel:
    return partial(np.maximum, x, scalar(0.0, out), out=out)


def _softplus(x: Array, out: Array) -> Kernel:
    return partial(np.logaddexp, scalar(0.0, out), x, out)


relu = Op(
    name="relu",
    shape=first_shape,
    forward=_relu,
    pullbacks=(LocalDerivative(lambda s: s.inputs[0].apply("heaviside", at_zero=0.0)),),
    formula=Formula(call("max", 0.0, _X), (Use(cases(compare("gt", _X, 0.0), 1.0, 0.0)),)),
    side=compare("gt", _X, 0.0),
    kinks="at 0 the slope is taken as 0",
    leading=True,
    examples=(Example((_GRID,)), Example(([0.0, 1.0],), kink=True)),
    title="ReLU",
    reads="{0} if it is above 0, else 0",
    purpose=(
        "It lets a unit stay silent: without such a bend, layers of weighted sums are only one "
        "weighted sum."
    ),
    reasons=each_reason(
        (
            Reason(
                "{x=} is above 0, where the ReLU is the line {y} = {x}: one unit of {x} is one "
                "unit of {y}.",
                "gate",
                compare("gt", slot("0"), 0.0),
            ),
            Reason(
                "{x} is exactly 0, the ReLU's corner: right of it the slope is 1, left of it 0. "
                "Neither is wrong; 0 is used here, as in PyTorch.",
                "gate",
                compare("eq", slot("0"), 0.0),
            ),
            Reason(
                "{x=} is below 0, where the ReLU is flat: however {x} moves a little, {y} stays "
                "0, so nothing passes.",
                "gate",
            ),
        )
    ),
)


def _leaky_relu(x: Array, out: Array, negative_slope: float) -> Kernel:
    slope = scalar(negative_slope, out)

    def compute() -> None:
        np.multiply(x, slope, out)
        np.copyto(out, x, where=x > 0.0)

    return compute


_SLOPE = cases(compare("gt", _X, 0.0), 1.0, param("negative_slope"))
leaky_relu = Op(
    name="leaky_relu",
    shape=first_shape,
    forward=_leaky_relu,
    pullbacks=(
        LocalDerivative(
            lambda s: (
                s.inputs[0]
                .apply("gt", s.inputs[0].constant(0.0))
                .apply(
                    "where",
                    s.inputs[0].constant(1.0),
                    s.inputs[0].constant(s.params["negative_slope"]),
                )
            )
        ),
    ),
    formula=Formula(
        cases(compare("gt", _X, 0.0), _X, param("negative_slope") * _X), (Use(_SLOPE),)
    ),
    side=compare("gt", _X, 0.0),
    kinks="at 0 the slope of the negative side is used",
    leading=True,
    examples=(
        Example((_GRID,), {"negative_slope": 0.01}),
        Example(([0.0, -1.0],), {"negative_slope": 0.1}, kink=True),
    ),
    title="leaky ReLU",
    reads="{0} if it is above 0, else a small part of it",
    purpose="It bends like a ReLU but never shuts quite: a little always passes.",
    reasons=each_reason(
        (
            ABOVE_ZERO,
            Reason("{x=} is not above 0, where only the share {local#} of {x} passes.", "gate"),
        )
    ),
)


def _sigmoid(x: Array, out: Array) -> Kernel:
    one = scalar(1.0, out)

    def compute() -> None:
        np.negative(x, out)
        np.exp(out, out)
        np.add(out, one, out)
        np.divide(one, out, out)

    return compute


sigmoid = Op(
    name="sigmoid",
    shape=first_shape,
    forward=_sigmoid,
    pullbacks=(LocalDerivative(lambda s: s.output * (1.0 - s.output)),),
    formula=Formula(1.0 / (1.0 + call("exp", -_X)), (Use(out() * (1.0 - out())),)),
    leading=True,
    examples=(Example((_GRID,)),),
    title="sigmoid",
    reads="{0} squashed between 0 and 1",
    purpose="It squeezes any number between 0 and 1, so that it can be read as a probability.",
    reasons=each_reason(
        Reason(
            "Near {x=} the S-curve stands at {y=}, and its slope there is {y#} × (1 − {y#}) = "
            "{local#}: at most 1/4, in the middle, and next to nothing at the ends.",
            "slope of the squash",
        )
    ),
)

tanh = Op(
    name="tanh",
    shape=first_shape,
    forward=ufunc(np.tanh),
    pullbacks=(LocalDerivative(lambda s: 1.0 - s.output.apply("square")),),
    formula=Formula(call("tanh", _X), (Use(1.0 - out() ** 2.0),)),
    in_place=True,
    leading=True,
    examples=(Example((_GRID,)),),
    title="tanh",
    reads="{0} squashed between -1 and 1",
    purpose="It squeezes any number between −1 and 1, keeping its sign.",
    reasons=each_reason(
        Reason(
            "Near {x=} the curve stands at {y=}, and its slope there is 1 − {y#}² = {local#}: 1 "
            "in the middle, next to nothing at the ends.",
            "slope of the squash",
        )
    ),
)

softplus = Op(
    name="softplus",
    shape=first_shape,
    forward=_softplus,
    pullbacks=(LocalDerivative(lambda s: s.inputs[0].apply("sigmoid")),),
    formula=Formula(
        call("max", 0.0, _X) + call("log", 1.0 + call("exp", -call("abs", _X))),
        (Use(1.0 / (1.0 + call("exp", -_X))),),
    ),
    leading=True,
    examples=(Example((_GRID,)),),
    title="softplus",
    reads="a smooth ReLU of {0}",
    purpose="It is a ReLU with its corner rounded off.",
    reasons=each_reason(
        Reason(
            "Near {x=} the rounded corner rises by {local#} per unit: the sigmoid of {x}, near "
            "1 far to the right and near 0 far to the left.",
            "slope of the squash",
        )
    ),
)


def _along(shape: Shape, axis: int) -> Shape:
    canonical_axes("softmax", (axis,), shape)
    if shape[axis] == 0:
        raise ShapeError(f"softmax: {show_shape(shape)} has nothing to share along axis {axis}")
    return shape


def _softmax(x: Array, out: Array, axis: int) -> Kernel:
    each = one_along(out, axis)
    add_up = summed(out, (axis,), each)

    def compute() -> None:
        take_largest(x, axis, None, each, True)
        np.subtract(x, each, out)
        np.exp(out, out)
        add_up()
        np.divide(out, each, out)

    return compute


def _log_softmax(x: Array, out: Array, axis: int) -> Kernel:
    powers = np.empty_like(out)
    each = one_along(out, axis)
    add_up = summed(powers, (axis,), each)

    def compute() -> None:
        take_largest(x, axis, None, each, True)
        np.subtract(x, each, out)
        np.exp(out, powers)
        add_up()
        np.log(each, each)
        np.subtract(out, each, out)

    return compute


# The axis is params["axis"]; "replace" walks along it.
_CLASSES = ("axis", 0, "axis")
_EACH = arg(0, "replace", "k")
_ALL = total("k", _CLASSES, call("exp", _EACH))
_OVER = (("m", _CLASSES),)
_OTHER = out("replace", "m")
softmax = Op(
    name="softmax",
    shape=_along,
    forward=_softmax,
    pullbacks=(
        VJP(
            lambda g, s: (
                s.output
                * (g - (g * s.output).apply("sum", axes=(s.params["axis"],), keepdims=True))
            )
        ),
    ),
    formula=Formula(
        call("exp", _X) / _ALL,
        (Use(out() * (delta("m") - _OTHER), ("replace", "m"), _OVER),),
    ),
    leading=True,
    examples=(Example((_GRID,), {"axis": -1}), Example((_GRID,), {"axis": -2})),
    title="softmax",
    reads="{0} as probabilities that add up to 1",
    purpose=(
        "It turns scores into numbers from 0 to 1 that add up to 1, so that they can be read as "
        "probabilities."
    ),
    reasons=each_reason(
        Reason(
            "The shares add up to 1, so what one gains the others lose. At {x=}, {y} moves by "
            "{local#} per unit.",
            "slope of the squash",
        )
    ),
)

log_softmax = Op(
    name="log_softmax",
    shape=_along,
    forward=_log_softmax,
    pullbacks=(
        VJP(
            lambda g, s: (
                g - s.output.apply("exp") * g.apply("sum", axes=(s.params["axis"],), keepdims=True)
            )
        ),
    ),
    formula=Formula(
        _X - call("log", _ALL),
        (
            Use(
                delta("m") - call("exp", _OTHER),
                ("replace", "m"),
                _OVER,
            ),
        ),
    ),
    leading=True,
    examples=(Example((_GRID,), {"axis": -1}), Example((_GRID,), {"axis": -2})),
    title="log-softmax",
    reads="the logarithm of the softmax of {0}",
    purpose=(
        "It gives the logarithms of probabilities that add up to 1, without ever forming tiny ones."
    ),
    reasons=each_reason(
        Reason(
            "Raising one score raises its own share and lowers all others. At {x=}, {y} moves "
            "by {local#} per unit.",
            "slope of the squash",
        )
    ),
)

OPS = (relu, leaky_relu, sigmoid, tanh, softplus, softmax, log_softmax)
