"""Further functions of one number: the error function, ELU and the two halves of a clip."""

from __future__ import annotations

import math
from functools import partial

import numpy as np

from whygrad.engine.formula import Expr, Formula, Use, arg, call, cases, compare, out, param
from whygrad.engine.op import (
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
)
from whygrad.engine.ops.erf import fill_erf
from whygrad.engine.ops.reasons import ABOVE_ZERO

_X = arg(0)
_GRID = [[1.0, -2.0, 0.5], [-3.0, 4.0, -0.25]]
_SLOPE_AT_ZERO = 2.0 / math.sqrt(math.pi)


def _erf(x: Array, out: Array) -> Kernel:
    return partial(fill_erf, x, out)


erf = Op(
    name="erf",
    shape=first_shape,
    forward=_erf,
    pullbacks=(
        LocalDerivative(lambda s: (-s.inputs[0].apply("square")).apply("exp") * _SLOPE_AT_ZERO),
    ),
    formula=Formula(call("erf", _X), (Use(call("exp", -(_X**2.0)) * _SLOPE_AT_ZERO),)),
    leading=True,
    examples=(Example((_GRID,)), Example(([0.0, 0.9, 1.5, -3.2, 7.0],))),
    title="error function",
    reads="the error function of {0}",
    purpose=(
        "It says how much of the bell curve lies near its middle; GELU opens its gate by that."
    ),
    reasons=each_reason(
        Reason(
            "The error function adds up a bell curve, so its slope is that curve's height: at "
            "{x=}, {local#}.",
            "slope of the squash",
        )
    ),
)


def _elu(x: Array, out: Array, alpha: float) -> Kernel:
    scale, zero = scalar(alpha, out), scalar(0.0, out)

    def compute() -> None:
        np.minimum(x, zero, out=out)  # so that nothing overflows on the side that is not used
        np.expm1(out, out)
        np.multiply(out, scale, out)
        np.copyto(out, x, where=x > zero)

    return compute


def _elu_slope(x: Expr) -> Expr:
    return cases(compare("gt", x, 0.0), 1.0, out() + param("alpha"))


elu = Op(
    name="elu",
    shape=first_shape,
    forward=_elu,
    pullbacks=(
        LocalDerivative(
            lambda s: (
                s.inputs[0]
                .apply("gt", s.inputs[0].constant(0.0))
                .apply("where", s.inputs[0].constant(1.0), s.output + s.params["alpha"])
            )
        ),
    ),
    formula=Formula(
        cases(compare("gt", _X, 0.0), _X, param("alpha") * (call("exp", _X) - 1.0)),
        (Use(_elu_slope(_X)),),
    ),
    side=compare("gt", _X, 0.0),
    kinks="at 0 the slope of the negative side, alpha, is used",
    leading=True,
    examples=(
        Example((_GRID,), {"alpha": 1.0}),
        Example((_GRID,), {"alpha": 0.5}),
        Example(([0.0, 1.0],), {"alpha": 0.5}, kink=True),
    ),
    title="ELU",
    reads="{0} if it is above 0, else an exponential that levels off",
    purpose=(
        "It passes what is above 0 and bends the rest towards a floor, so that no unit is ever "
        "quite shut."
    ),
    reasons=each_reason(
        (
            ABOVE_ZERO,
            Reason(
                "{x=} is not above 0, where the curve levels off: at {y=} it still rises by "
                "{local#} per unit.",
                "gate",
            ),
        )
    ),
)


def _clamp_min(x: Array, out: Array, min: float, at_bound: float) -> Kernel:
    return partial(np.maximum, x, scalar(min, out), out=out)


def _clamp_max(x: Array, out: Array, max: float, at_bound: float) -> Kernel:
    return partial(np.minimum, x, scalar(max, out), out=out)


def _held(beyond: str) -> tuple[Reason, ...]:
    return (
        Reason(
            "{x=} is on the free side of the bound, where {y} is {x} itself: one for one.",
            "gate",
            compare("eq", slot("local"), 1.0),
        ),
        Reason(
            f"{{x=}} is {beyond} the bound, which holds {{y}} still: however {{x}} moves a "
            f"little, nothing passes.",
            "gate",
        ),
    )


def _free(high: Expr, low: Expr) -> Expr:
    return cases(
        compare("gt", high, low), 1.0, cases(compare("eq", high, low), param("at_bound"), 0.0)
    )


_AT_BOUND = "at the bound the slope is as the step says: 1 for a clip, 0 for a hardtanh"

clamp_min = Op(
    name="clamp_min",
    shape=first_shape,
    forward=_clamp_min,
    pullbacks=(
        LocalDerivative(
            lambda s: (s.inputs[0] - s.params["min"]).apply(
                "heaviside", at_zero=s.params["at_bound"]
            )
        ),
    ),
    formula=Formula(
        cases(compare("gt", _X, param("min")), _X, param("min")), (Use(_free(_X, param("min"))),)
    ),
    side=compare("gt", _X, param("min")),
    kinks=_AT_BOUND,
    leading=True,
    examples=(
        Example((_GRID,), {"min": -1.5, "at_bound": 1.0}),
        Example(([-1.5, 2.0],), {"min": -1.5, "at_bound": 1.0}, kink=True),
        Example(([-1.5, 2.0],), {"min": -1.5, "at_bound": 0.0}, kink=True),
    ),
    title="clip from below",
    reads="{0}, but no less than the bound",
    purpose="It keeps a number from falling below a bound.",
    reasons=each_reason(_held("below")),
)

clamp_max = Op(
    name="clamp_max",
    shape=first_shape,
    forward=_clamp_max,
    pullbacks=(
        LocalDerivative(
            lambda s: (s.params["max"] - s.inputs[0]).apply(
                "heaviside", at_zero=s.params["at_bound"]
            )
        ),
    ),
    formula=Formula(
        cases(compare("gt", param("max"), _X), _X, param("max")), (Use(_free(param("max"), _X)),)
    ),
    side=compare("gt", param("max"), _X),
    kinks=_AT_BOUND,
    leading=True,
    examples=(
        Example((_GRID,), {"max": 0.75, "at_bound": 1.0}),
        Example(([0.75, -2.0],), {"max": 0.75, "at_bound": 1.0}, kink=True),
        Example(([0.75, -2.0],), {"max": 0.75, "at_bound": 0.0}, kink=True),
    ),
    title="clip from above",
    reads="{0}, but no more than the bound",
    purpose="It keeps a number from rising above a bound.",
    reasons=each_reason(_held("above")),
)

OPS = (erf, elu, clamp_min, clamp_max)
