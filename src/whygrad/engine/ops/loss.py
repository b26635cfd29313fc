"""Losses: one number for how wrong the outputs are, averaged over what was compared.

Named and defined as in PyTorch (``reduction="mean"``).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from whygrad.engine.dims import Shape, same_shape, show_shape
from whygrad.engine.formula import Expr, Formula, Use, arg, call, cases, compare, count, total
from whygrad.engine.op import (
    Array,
    Example,
    Kernel,
    LocalDerivative,
    Op,
    PullbackContext,
    Reason,
    add_up,
    each_reason,
    scalar,
    slot,
    take_largest,
)
from whygrad.engine.ops.kernels import one_along, room_like, summed
from whygrad.errors import ShapeError

if TYPE_CHECKING:
    from whygrad.engine.tensor import Tensor

_ALL = ("all", 0)
_OVER = (("n", _ALL),)
_P, _T = arg(0, "whole", "n"), arg(1, "whole", "n")
_COUNT = count(_ALL)
_LEAST_LOG = -100.0
_LEAST_SLOPE = 1e-12


def _scalar(name: str, prediction: Shape, target: Shape) -> Shape:
    if not same_shape(prediction, target):
        raise ShapeError(
            f"{name}: prediction {show_shape(prediction)} and target {show_shape(target)} "
            f"must have the same shape"
        )
    return ()


def _mse_shape(prediction: Shape, target: Shape) -> Shape:
    return _scalar("mse_loss", prediction, target)


def _bce_shape(prediction: Shape, target: Shape) -> Shape:
    return _scalar("binary_cross_entropy", prediction, target)


def _logits_shape(logits: Shape, target: Shape) -> Shape:
    return _scalar("binary_cross_entropy_with_logits", logits, target)


def _axes(context: PullbackContext) -> tuple[int, ...]:
    return tuple(range(-len(context.inputs[0].shape), 0))


def _averaged(local: Tensor, context: PullbackContext) -> Tensor:
    """Each example's say is one in as many as were averaged."""
    return local.apply("divide_by_count", context.inputs[0], axes=_axes(context))


def _workspace(p: Array, out: Array) -> tuple[Array, Array]:
    """Return room for one number per element, and the same room as a row to add up.

    A player of many runs gives ``out`` a leading axis: then there is one row per run.
    """
    return room_like(p, out.shape)


def _mse(p: Array, t: Array, out: Array) -> Kernel:
    each, row = _workspace(p, out)
    how_many = scalar(row.shape[-1], out)

    def compute() -> None:
        np.subtract(p, t, each)
        np.multiply(each, each, each)
        add_up(row, -1, None, out)
        np.divide(out, how_many, out)

    return compute


mse_loss = Op(
    name="mse_loss",
    shape=_mse_shape,
    forward=_mse,
    pullbacks=(
        LocalDerivative(lambda s: _averaged(2.0 * (s.inputs[0] - s.inputs[1]), s)),
        LocalDerivative(lambda s: _averaged(-2.0 * (s.inputs[0] - s.inputs[1]), s)),
    ),
    formula=Formula(
        total("n", _ALL, (_P - _T) ** 2.0) / _COUNT,
        (
            Use(2.0 * (_P - _T) / _COUNT, ("whole", "n"), _OVER),
            Use(-2.0 * (_P - _T) / _COUNT, ("whole", "n"), _OVER),
        ),
    ),
    leading=True,
    examples=(
        Example(([[0.25], [1.0]], [[2.0], [-1.0]])),
        Example(([[0.25, 1.0]], [[0.0, 1.0]])),
        Example((0.25, 2.0)),
    ),
    title="squared error",
    reads="the mean of the squared distances from {0} to {1}",
    purpose="It makes one number of how wrong the outputs are, large mistakes counting for more.",
    reasons=each_reason(
        (
            Reason(
                "{x=} is exactly on the target, where the squared distance is flat: there is "
                "nothing to correct.",
                "rate",
                compare("eq", slot("local"), 0.0),
            ),
            Reason(
                "A squared distance changes by twice the distance. {x=} stands above its "
                "target, so raising it raises the loss, by {local#} per unit.",
                "rate",
                compare("gt", slot("local"), 0.0),
            ),
            Reason(
                "A squared distance changes by twice the distance. {x=} stands below its "
                "target, so raising it lowers the loss, by {local#} per unit.",
                "rate",
            ),
        ),
        Reason(
            "The distance changes as much, and the other way, when the target moves: {local#} "
            "per unit.",
            "rate",
        ),
    ),
)


def _bce(p: Array, t: Array, out: Array) -> Kernel:
    hit, row = _workspace(p, out)
    miss = np.empty_like(p)
    one, least, how_many = (scalar(x, out) for x in (1.0, _LEAST_LOG, -row.shape[-1]))

    def compute() -> None:
        np.log(p, hit)
        np.maximum(hit, least, out=hit)
        np.subtract(one, p, miss)
        np.log(miss, miss)
        np.maximum(miss, least, out=miss)
        np.subtract(hit, miss, hit)  # t hit + (1 - t) miss = t (hit - miss) + miss
        np.multiply(t, hit, hit)
        np.add(hit, miss, hit)
        add_up(row, -1, None, out)
        np.divide(out, how_many, out)

    return compute


def _log_or_least(x: Expr) -> Expr:
    return cases(compare("gt", x, math.exp(_LEAST_LOG)), call("log", x), _LEAST_LOG)


def _bce_slope(context: PullbackContext) -> Tensor:
    p, t = context.inputs
    spread = (p * (1.0 - p)).apply("clamp_min", min=_LEAST_SLOPE, at_bound=1.0)
    return _averaged((p - t) / spread, context)


def _bce_target_slope(context: PullbackContext) -> Tensor:
    p = context.inputs[0]
    least = p.constant(_LEAST_LOG)
    hit = p.apply("log").apply("maximum", least)
    miss = (1.0 - p).apply("log").apply("maximum", least)
    return _averaged(miss - hit, context)


def _at_least(x: Expr, least: float) -> Expr:
    return cases(compare("gt", x, least), x, least)


binary_cross_entropy = Op(
    name="binary_cross_entropy",
    shape=_bce_shape,
    forward=_bce,
    pullbacks=(LocalDerivative(_bce_slope), LocalDerivative(_bce_target_slope)),
    formula=Formula(
        -total("n", _ALL, _T * _log_or_least(_P) + (1.0 - _T) * _log_or_least(1.0 - _P)) / _COUNT,
        (
            Use(
                (_P - _T) / _at_least(_P * (1.0 - _P), _LEAST_SLOPE) / _COUNT,
                ("whole", "n"),
                _OVER,
            ),
            Use((_log_or_least(1.0 - _P) - _log_or_least(_P)) / _COUNT, ("whole", "n"), _OVER),
        ),
    ),
    kinks="the logarithm is held at -100 and the slope's divisor at 1e-12, as in PyTorch",
    leading=True,
    examples=(
        Example(([[0.25], [0.9]], [[1.0], [0.0]])),
        Example(([[0.5, 0.125]], [[0.0, 1.0]])),
        Example(([[1.0, 0.0]], [[1.0, 1.0]]), kink=True),
    ),
    title="binary cross-entropy",
    reads="how surprised {0} is by {1}, on average",
    purpose=(
        "It makes one number of how surprised a probability is by what happened: −log of the "
        "share it gave to the truth."
    ),
    reasons=each_reason(
        Reason(
            "{x=} gave the truth a share; the logarithm counts by what factor that share "
            "changes, so the smaller the share, the steeper: {local#} per unit.",
            "slope of a surprise",
        ),
        Reason(
            "The target weighs the two surprises, −log {0} and −log(1 − {0}): moving it by a "
            "unit trades one for the other, {local#}.",
            "the other factor",
        ),
    ),
)


def _bce_with_logits(z: Array, t: Array, out: Array) -> Kernel:
    each, row = _workspace(z, out)
    more = np.empty_like(each)
    zero, how_many = scalar(0.0, out), scalar(row.shape[-1], out)

    def compute() -> None:  # max(z, 0) - z t + log(1 + exp(-|z|)) cannot overflow
        np.abs(z, each)
        np.negative(each, each)
        np.exp(each, each)
        np.log1p(each, each)
        np.multiply(z, t, more)
        np.subtract(each, more, each)
        np.maximum(z, zero, out=more)
        np.add(each, more, each)
        add_up(row, -1, None, out)
        np.divide(out, how_many, out)

    return compute


binary_cross_entropy_with_logits = Op(
    name="binary_cross_entropy_with_logits",
    shape=_logits_shape,
    forward=_bce_with_logits,
    pullbacks=(
        LocalDerivative(lambda s: _averaged(s.inputs[0].apply("sigmoid") - s.inputs[1], s)),
        LocalDerivative(lambda s: _averaged(-s.inputs[0], s)),
    ),
    formula=Formula(
        total(
            "n",
            _ALL,
            call("max", _P, 0.0) - _P * _T + call("log", 1.0 + call("exp", -call("abs", _P))),
        )
        / _COUNT,
        (
            Use((1.0 / (1.0 + call("exp", -_P)) - _T) / _COUNT, ("whole", "n"), _OVER),
            Use(-_P / _COUNT, ("whole", "n"), _OVER),
        ),
    ),
    leading=True,
    examples=(
        Example(([[0.25], [-3.0]], [[1.0], [0.0]])),
        Example(([[5.0, -0.5]], [[0.0, 1.0]])),
    ),
    title="binary cross-entropy from logits",
    reads="how surprised the sigmoid of {0} is by {1}, on average",
    purpose=(
        "It is the sigmoid and the surprise in one: what is left of their slopes is prediction "
        "minus target."
    ),
    reasons=each_reason(
        Reason(
            "The logarithm's steepness and the sigmoid's flatness cancel: what is left is the "
            "prediction minus the target, {local#}.",
            "meet and cancel",
        ),
        Reason(
            "The target weighs the two surprises; their difference is the logit, so the loss "
            "moves by {local#} per unit.",
            "the other factor",
        ),
    ),
)


def _pair(logits: Shape, target: Shape) -> Shape:
    if not logits:
        raise ShapeError("cross_entropy: the logits need an axis of classes, but are one number")
    if logits[-1] == 0:
        raise ShapeError(f"cross_entropy: the logits {show_shape(logits)} have no classes")
    return _scalar("cross_entropy", logits, target)


def _cross_entropy(z: Array, t: Array, out: Array) -> Kernel:
    each, row = _workspace(z, out)
    powers = np.empty_like(each)
    one = one_along(each, -1)
    add_up_each = summed(powers, (-1,), one)
    how_many = scalar(-(row.shape[-1] // z.shape[-1]), out)
    absent, zero = np.empty_like(each, dtype=bool), scalar(0.0, out)

    def compute() -> None:
        take_largest(z, -1, None, one, True)
        np.subtract(z, one, each)
        np.exp(each, powers)
        add_up_each()
        np.log(one, one)
        np.subtract(each, one, each)
        np.multiply(each, t, each)
        np.equal(t, zero, absent)
        np.copyto(each, zero, where=absent)  # a class of share 0 costs nothing, even at log 0
        add_up(row, -1, None, out)
        np.divide(out, how_many, out)

    return compute


def _per_sample(local: Tensor, context: PullbackContext) -> Tensor:
    return local.apply("divide_by_count", context.inputs[0], axes=_axes(context)[:-1])


_CLASSES = ("axis", 0, -1)
_LOG_SUM = call("log", total("k", _CLASSES, call("exp", arg(0, "row", "n", "k"))))
_SAMPLES = count(("rows", 0))
_SHARE = call("exp", _P) / total("k", _CLASSES, call("exp", arg(0, "row", "n", "k")))
_WEIGHT = total("k", _CLASSES, arg(1, "row", "n", "k"))
cross_entropy = Op(
    name="cross_entropy",
    shape=_pair,
    forward=_cross_entropy,
    pullbacks=(
        LocalDerivative(
            lambda s: _per_sample(
                s.inputs[0].apply("softmax", axis=-1)
                * s.inputs[1].apply("sum", axes=(-1,), keepdims=True)
                - s.inputs[1],
                s,
            )
        ),
        LocalDerivative(lambda s: _per_sample(-s.inputs[0].apply("log_softmax", axis=-1), s)),
    ),
    formula=Formula(
        total("n", _ALL, _T * (_LOG_SUM - _P)) / _SAMPLES,
        (
            Use((_SHARE * _WEIGHT - _T) / _SAMPLES, ("whole", "n"), _OVER),
            Use((_LOG_SUM - _P) / _SAMPLES, ("whole", "n"), _OVER),
        ),
    ),
    leading=True,
    examples=(
        Example(([[1.0, -2.0, 0.5], [0.0, 3.0, -1.0]], [[1.0, 0.0, 0.0], [0.0, 0.25, 0.75]])),
        Example(([1.0, -2.0], [0.0, 1.0])),
    ),
    title="cross-entropy",
    reads="how surprised the softmax of {0} is by {1}, on average",
    purpose=(
        "It makes one number of how surprised the shares are by the right class: −log of the "
        "share it was given."
    ),
    reasons=each_reason(
        Reason(
            "The logarithm and the softmax cancel: what is left is this class's share minus its "
            "target, {local#}.",
            "meet and cancel",
        ),
        Reason(
            "The target weighs the surprise −log of this class's share: {local#} per unit.",
            "the other factor",
        ),
    ),
)

OPS = (mse_loss, binary_cross_entropy, binary_cross_entropy_with_logits, cross_entropy)
