"""Element-by-element arithmetic; inputs broadcast against each other."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from whygrad.engine.dims import broadcast
from whygrad.engine.formula import Formula, Use, arg, call, cases, compare, expr, out, param
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
    ufunc,
)
from whygrad.engine.ops.reasons import FACTOR, LARGER_PASSES, SMALLER_PASSES, TERM

if TYPE_CHECKING:
    from whygrad.engine.tensor import Tensor

_ONE = expr(1.0)
_A, _B = arg(0), arg(1)
_GRID = [[1.0, -2.0, 0.5], [3.0, 4.0, -0.25]]
_POSITIVE = [[1.0, 2.0, 0.5], [3.0, 4.0, 0.25]]
_ROW = [2.0, -1.5, 4.0]
_COLUMN = [[2.0], [-0.5]]


def _maximum(a: Array, b: Array, out: Array) -> Kernel:
    return partial(np.maximum, a, b, out=out)


def _minimum(a: Array, b: Array, out: Array) -> Kernel:
    return partial(np.minimum, a, b, out=out)


add = Op(
    name="add",
    shape=partial(broadcast, "add"),
    forward=ufunc(np.add),
    pullbacks=(
        VJP(lambda g, s: g.apply("identity")),
        VJP(lambda g, s: g.apply("identity")),
    ),
    formula=Formula(_A + _B, (Use(_ONE), Use(_ONE))),
    aligned=True,
    in_place=True,
    leading=True,
    silent=True,
    examples=(Example((_GRID, _GRID)), Example((_GRID, _ROW)), Example((_GRID, 3.0))),
    title="add",
    reads="{0} plus {1}",
    purpose="It brings two influences together: each moves the sum on its own account.",
    reasons=each_reason(TERM, TERM),
)

sub = Op(
    name="sub",
    shape=partial(broadcast, "sub"),
    forward=ufunc(np.subtract),
    pullbacks=(VJP(lambda g, s: g.apply("identity")), VJP(lambda g, s: -g)),
    formula=Formula(_A - _B, (Use(_ONE), Use(expr(-1.0)))),
    aligned=True,
    in_place=True,
    leading=True,
    examples=(Example((_GRID, _POSITIVE)), Example((1.0, _GRID)), Example((_GRID, _COLUMN))),
    title="subtract",
    reads="{0} minus {1}",
    purpose="It measures how far apart two numbers are.",
    reasons=each_reason(
        TERM,
        Reason("{x} is taken away to make {y}: raise {x} by 0.01 and {y} falls by 0.01.", "rate"),
    ),
)

mul = Op(
    name="mul",
    shape=partial(broadcast, "mul"),
    forward=ufunc(np.multiply),
    pullbacks=(LocalDerivative(lambda s: s.inputs[1]), LocalDerivative(lambda s: s.inputs[0])),
    formula=Formula(_A * _B, (Use(_B), Use(_A))),
    aligned=True,
    in_place=True,
    leading=True,
    examples=(Example((_GRID, _POSITIVE)), Example((_GRID, _ROW)), Example((_COLUMN, _ROW))),
    title="multiply",
    reads="{0} times {1}",
    purpose="It lets one number decide how much another counts.",
    reasons=each_reason(FACTOR, FACTOR),
)

div = Op(
    name="div",
    shape=partial(broadcast, "div"),
    forward=ufunc(np.divide),
    pullbacks=(
        LocalDerivative(lambda s: 1.0 / s.inputs[1]),
        LocalDerivative(lambda s: -(s.output / s.inputs[1])),
    ),
    formula=Formula(_A / _B, (Use(1.0 / _B), Use(-(out() / _B)))),
    aligned=True,
    in_place=True,
    leading=True,
    examples=(Example((_GRID, _POSITIVE)), Example((_GRID, _ROW)), Example((1.0, _ROW))),
    title="divide",
    reads="{0} divided by {1}",
    purpose="It puts a number in proportion to another.",
    reasons=each_reason(
        Reason(
            "{x} is shared out over {1=}: raise {x} by 0.01 and {y} moves by 0.01 / {1#}.",
            "the other factor",
        ),
        Reason(
            "A larger {x} shares the same amount out thinner: {y} falls by {y#} / {x#} for each "
            "unit of {x}, for small changes.",
            "rate",
        ),
    ),
)

neg = Op(
    name="neg",
    shape=first_shape,
    forward=ufunc(np.negative),
    pullbacks=(VJP(lambda g, s: -g),),
    formula=Formula(-_A, (Use(expr(-1.0)),)),
    in_place=True,
    leading=True,
    examples=(Example((_GRID,)),),
    title="negate",
    reads="minus {0}",
    purpose="It turns a number round.",
    reasons=each_reason(
        Reason("{y} is {x} turned round: what raises one lowers the other by as much.", "rate")
    ),
)


def _or_one(exponent: Tensor) -> Tensor:
    """Put 1 for 0, so that what is not chosen does not become infinite on the way back."""
    zero, one = exponent.constant(0.0), exponent.constant(1.0)
    return exponent.apply("eq", zero).apply("where", one, exponent)


_EXPONENT_MATTERS = compare("eq", _A, 0.0)

pow_ = Op(
    name="pow",
    shape=partial(broadcast, "pow"),
    forward=ufunc(np.power),
    pullbacks=(
        # where the exponent is 0 the power is 1 whatever the base, even 0
        LocalDerivative(
            lambda s: (
                s.inputs[1]
                .apply("eq", s.inputs[1].constant(0.0))
                .apply(
                    "where",
                    s.inputs[1].constant(0.0),
                    s.inputs[1] * s.inputs[0] ** (_or_one(s.inputs[1]) - 1.0),
                )
            )
        ),
        LocalDerivative(
            lambda s: (
                s.inputs[0]
                .apply("eq", s.inputs[0].constant(0.0))
                .apply("where", s.inputs[0].constant(0.0), s.output * s.inputs[0].apply("log"))
            )
        ),
    ),
    formula=Formula(
        _A**_B,
        (
            Use(cases(compare("eq", _B, 0.0), 0.0, _B * _A ** (_B - 1.0))),
            Use(cases(_EXPONENT_MATTERS, 0.0, out() * call("log", _A))),
        ),
    ),
    kinks="at base 0 the rate per unit of the exponent is taken as 0",
    aligned=True,
    leading=True,
    examples=(
        Example((_POSITIVE, _GRID)),
        Example((_POSITIVE, 3.0)),
        Example(([0.0, 2.0], [2.0, 0.0]), kink=True),
    ),
    title="power",
    reads="{0} to the power {1}",
    purpose="It bends a line: how steep it is depends on where you stand.",
    reasons=each_reason(
        Reason(
            "Near {x=} the curve {x} to the power {1#} rises by {local#} per unit: the exponent "
            "times the power one lower.",
            "rate",
        ),
        Reason(
            "Each unit more of the exponent multiplies {y} by {0#}; for a small change that is "
            "{y#} × ln {0#} = {local#} per unit.",
            "rate",
        ),
    ),
)

square = Op(
    name="square",
    shape=first_shape,
    forward=ufunc(np.square),
    pullbacks=(LocalDerivative(lambda s: 2.0 * s.inputs[0]),),
    formula=Formula(_A**2.0, (Use(2.0 * _A),)),
    in_place=True,
    leading=True,
    examples=(Example((_GRID,)),),
    title="square",
    reads="{0} squared",
    purpose="It makes large distances count for more than small ones, and forgets their sign.",
    reasons=each_reason(
        (
            Reason(
                "At {x} = 0 the square is flat: a small move either way changes nothing to "
                "speak of.",
                "rate",
                compare("eq", slot("0"), 0.0),
            ),
            Reason(
                "A square of side {x=} that grows by 0.01 gains two strips of {x#} × 0.01: "
                "twice {x#} per unit. The corner, 0.01 × 0.01, is too small to count.",
                "rate",
            ),
        )
    ),
)

exp = Op(
    name="exp",
    shape=first_shape,
    forward=ufunc(np.exp),
    pullbacks=(LocalDerivative(lambda s: s.output),),
    formula=Formula(call("exp", _A), (Use(out()),)),
    in_place=True,
    leading=True,
    examples=(Example((_GRID,)),),
    title="exponential",
    reads="e to the power {0}",
    purpose="It turns sums into products, and is never negative.",
    reasons=each_reason(
        Reason(
            "The exponential grows in proportion to itself: at {x=} it stands at {y#}, and "
            "rises by {y#} per unit.",
            "rate",
        )
    ),
)

log = Op(
    name="log",
    shape=first_shape,
    forward=ufunc(np.log),
    pullbacks=(LocalDerivative(lambda s: 1.0 / s.inputs[0]),),
    formula=Formula(call("log", _A), (Use(1.0 / _A),)),
    in_place=True,
    leading=True,
    examples=(Example((_POSITIVE,)),),
    title="natural logarithm",
    reads="the natural logarithm of {0}",
    purpose="It turns products into sums: what matters is by what factor a number changes.",
    reasons=each_reason(
        Reason(
            "Adding 0.01 to {x=} makes it larger by the share 0.01 / {x#}, and the logarithm "
            "counts shares.",
            "rate",
        )
    ),
)

sqrt = Op(
    name="sqrt",
    shape=first_shape,
    forward=ufunc(np.sqrt),
    pullbacks=(LocalDerivative(lambda s: 0.5 / s.output),),
    formula=Formula(call("sqrt", _A), (Use(0.5 / out()),)),
    kinks="at 0 the slope is infinite",
    in_place=True,
    leading=True,
    examples=(Example((_POSITIVE,)),),
    title="square root",
    reads="the square root of {0}",
    purpose="It undoes a square.",
    reasons=each_reason(
        Reason(
            "{y} times {y} is {x}, so {x} moves by 2 × {y#} per unit of {y}; the other way "
            "round that is one over it: {local#}.",
            "rate",
        )
    ),
)

abs_ = Op(
    name="abs",
    shape=first_shape,
    forward=ufunc(np.absolute),
    pullbacks=(LocalDerivative(lambda s: s.inputs[0].apply("sign")),),
    formula=Formula(
        call("abs", _A),
        (Use(cases(compare("gt", _A, 0.0), 1.0, cases(compare("eq", _A, 0.0), 0.0, -1.0))),),
    ),
    side=compare("gt", _A, 0.0),
    kinks="at 0 the slope is taken as 0, halfway between -1 and 1",
    leading=True,
    examples=(Example((_GRID,)), Example(([0.0, 1.0],), kink=True)),
    title="absolute value",
    reads="{0} without its sign",
    purpose="It forgets the sign and keeps the distance from 0.",
    reasons=each_reason(
        (
            Reason(
                "{x=} is above 0, where the absolute value is {x} itself: one for one.",
                "gate",
                compare("gt", slot("0"), 0.0),
            ),
            Reason(
                "{x} is exactly 0, the corner: right of it the slope is 1, left of it -1. There "
                "is no one slope; 0, halfway, is used.",
                "gate",
                compare("eq", slot("0"), 0.0),
            ),
            Reason(
                "{x=} is below 0, where the absolute value is -{x}: one unit up is one unit less.",
                "gate",
            ),
        )
    ),
)

sign = Op(
    name="sign",
    shape=first_shape,
    forward=ufunc(np.sign),
    pullbacks=(None,),
    formula=Formula(
        cases(compare("gt", _A, 0.0), 1.0, cases(compare("eq", _A, 0.0), 0.0, -1.0)), (None,)
    ),
    leading=True,
    examples=(Example(([-2.0, 0.0, 3.0],)),),
    title="sign",
    reads="the sign of {0}",
    purpose="It keeps only which side of 0 a number is on.",
    reasons=each_reason(None),
)


def _heaviside(x: Array, out: Array, at_zero: float) -> Kernel:
    zero = scalar(0.0, out)
    shut = np.empty_like(x, bool)
    at = scalar(at_zero, out)

    def compute() -> None:  # comparisons take an eighth to a fortieth of np.heaviside's time
        np.less_equal(x, zero, shut)
        np.logical_not(shut, shut)  # NaN passes what arrives, as in PyTorch
        np.copyto(out, shut)
        if at_zero:
            np.copyto(out, at, where=np.equal(x, zero))

    return compute


heaviside = Op(
    name="heaviside",
    shape=first_shape,
    forward=_heaviside,
    pullbacks=(None,),
    formula=Formula(
        cases(compare("gt", _A, 0.0), 1.0, cases(compare("eq", _A, 0.0), param("at_zero"), 0.0)),
        (None,),
    ),
    leading=True,
    examples=(
        Example(([-2.0, 0.0, 3.0],), {"at_zero": 0.0}),
        Example(([-2.0, 0.0, 3.0],), {"at_zero": 0.5}),
    ),
    title="gate",
    reads="1 where {0} is above 0, else 0",
    purpose="It is the ReLU's slope: a gate that is open above 0 and shut below.",
    reasons=each_reason(None),
)

_LARGER = cases(compare("gt", _A, _B), 1.0, cases(compare("eq", _A, _B), 0.5, 0.0))
_SMALLER = cases(compare("gt", _B, _A), 1.0, cases(compare("eq", _A, _B), 0.5, 0.0))
_SHARED = "where both are equal each gets half"


def _share_of_larger(a: Tensor, b: Tensor) -> Tensor:
    """Return 1 where ``a`` is above ``b``, 0.5 where they are equal, even infinite, else 0."""
    equal = a.apply("ge", b).apply("where", a.constant(0.5), a.constant(0.0))
    return a.apply("gt", b).apply("where", a.constant(1.0), equal)


maximum = Op(
    name="maximum",
    shape=partial(broadcast, "maximum"),
    forward=_maximum,
    pullbacks=(
        LocalDerivative(lambda s: _share_of_larger(s.inputs[0], s.inputs[1])),
        LocalDerivative(lambda s: _share_of_larger(s.inputs[1], s.inputs[0])),
    ),
    formula=Formula(call("max", _A, _B), (Use(_LARGER), Use(_SMALLER))),
    side=compare("gt", _A, _B),
    kinks=_SHARED,
    aligned=True,
    in_place=True,
    leading=True,
    examples=(
        Example((_GRID, _ROW)),
        Example((_GRID, 0.0)),
        Example(([1.0, 2.0], [1.0, 0.0]), kink=True),
    ),
    title="larger of two",
    reads="the larger of {0} and {1}",
    purpose="It passes on the larger of two.",
    reasons=each_reason(LARGER_PASSES, LARGER_PASSES),
)

minimum = Op(
    name="minimum",
    shape=partial(broadcast, "minimum"),
    forward=_minimum,
    pullbacks=(
        LocalDerivative(lambda s: _share_of_larger(s.inputs[1], s.inputs[0])),
        LocalDerivative(lambda s: _share_of_larger(s.inputs[0], s.inputs[1])),
    ),
    formula=Formula(call("min", _A, _B), (Use(_SMALLER), Use(_LARGER))),
    side=compare("gt", _A, _B),
    kinks=_SHARED,
    aligned=True,
    in_place=True,
    leading=True,
    examples=(
        Example((_GRID, _ROW)),
        Example((_GRID, 0.0)),
        Example(([1.0, 2.0], [1.0, 0.0]), kink=True),
    ),
    title="smaller of two",
    reads="the smaller of {0} and {1}",
    purpose="It passes on the smaller of two.",
    reasons=each_reason(SMALLER_PASSES, SMALLER_PASSES),
)


def _test(name: str, title: str, reads: str, forward: np.ufunc) -> Op:
    return Op(
        name=name,
        shape=partial(broadcast, name),
        forward=ufunc(forward),
        pullbacks=(None, None),
        formula=Formula(cases(compare(name, _A, _B), 1.0, 0.0), (None, None)),
        kind="bool",
        aligned=True,
        leading=True,
        examples=(Example(([1.0, 2.0, 3.0], [2.0, 2.0, 2.0])),),
        title=title,
        reads=reads,
        purpose="It asks a question whose answer is yes or no.",
        reasons=(None, None),
    )


gt = _test("gt", "above", "whether {0} is above {1}", np.greater)
ge = _test("ge", "at least", "whether {0} is at least {1}", np.greater_equal)
eq = _test("eq", "equal", "whether {0} equals {1}", np.equal)


def _where(test: Array, a: Array, b: Array, out: Array) -> Kernel:
    def compute() -> None:
        np.copyto(out, b)
        np.copyto(out, a, where=test)

    return compute


_HOLDS = compare("gt", _A, 0.0)
where = Op(
    name="where",
    shape=partial(broadcast, "where"),
    forward=_where,
    pullbacks=(
        None,
        VJP(lambda g, s: s.inputs[0].apply("where", g, g.constant(0.0))),
        VJP(lambda g, s: s.inputs[0].apply("where", g.constant(0.0), g)),
    ),
    formula=Formula(
        cases(_HOLDS, arg(1), arg(2)),
        (None, Use(cases(_HOLDS, 1.0, 0.0)), Use(cases(_HOLDS, 0.0, 1.0))),
    ),
    aligned=True,
    expects={0: "bool"},
    leading=True,
    examples=(
        Example(([[True, False, True], [False, False, True]], _GRID, _ROW)),
        Example(([True, False, True], 2.0, _GRID)),
    ),
    title="choose",
    reads="{1} where {0} holds, else {2}",
    purpose="It chooses, element by element, which of two values goes on.",
    reasons=each_reason(
        None,
        (
            Reason(
                "The test holds, so {y} is {1}: one for one.", "gate", compare("gt", slot("0"), 0.0)
            ),
            Reason(
                "The test does not hold, so {y} is the other value and does not depend on {1}.",
                "gate",
            ),
        ),
        (
            Reason(
                "The test does not hold, so {y} is {2}: one for one.",
                "gate",
                compare("eq", slot("0"), 0.0),
            ),
            Reason("The test holds, so {y} is the other value and does not depend on {2}.", "gate"),
        ),
    ),
)

OPS = (
    add,
    sub,
    mul,
    div,
    neg,
    pow_,
    square,
    exp,
    log,
    sqrt,
    abs_,
    sign,
    heaviside,
    maximum,
    minimum,
    gt,
    ge,
    eq,
    where,
)
