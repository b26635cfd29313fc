"""Losses: one number for how wrong the outputs are.

Named and defined as in PyTorch. One difference: the classes of ``cross_entropy``, ``nll_loss`` and
``multi_margin_loss`` lie along the last axis, where PyTorch has them along the second.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from whygrad.engine.dims import same_shape, show_shape
from whygrad.engine.functional import as_tensor, where
from whygrad.engine.given import number
from whygrad.engine.tensor import Tensor, apply, tensor
from whygrad.errors import ShapeError, WhygradError
from whygrad.nn.functional.parts import composite
from whygrad.nn.scope import name

_REDUCTIONS = ("mean", "sum", "none")


def mse_loss(input: Any, target: Any, reduction: str = "mean") -> Tensor:
    """Return the mean of the squared differences."""
    prediction, wanted = _compared("mse_loss", input, target)
    if reduction == "mean":
        return apply("mse_loss", prediction, wanted)
    difference = name(prediction - wanted, "difference")
    return _reduced("mse_loss", apply("square", difference), reduction)


@composite("l1 loss")
def l1_loss(input: Any, target: Any, reduction: str = "mean") -> Tensor:
    """Return the mean of the absolute differences (MAE)."""
    prediction, wanted = _compared("l1_loss", input, target)
    difference = name(prediction - wanted, "difference")
    return _reduced("l1_loss", apply("abs", difference), reduction)


@composite("huber loss")
def huber_loss(input: Any, target: Any, reduction: str = "mean", delta: float = 1.0) -> Tensor:
    """Return the mean Huber loss: squared where the difference is below ``delta``, else linear.

    Raises:
        WhygradError: ``delta`` is not above 0.
    """
    prediction, wanted = _compared("huber_loss", input, target)
    delta = number("huber_loss", "delta", delta)
    if not delta > 0:
        raise WhygradError(f"huber_loss: delta is {delta!r}; it must be above 0, such as 1.0")
    difference = name(prediction - wanted, "difference")
    away = apply("abs", difference)
    near = apply("gt", away.constant(delta), away)
    each = apply("where", near, 0.5 * apply("square", difference), delta * (away - 0.5 * delta))
    return _reduced("huber_loss", each, reduction)


@composite("smooth l1 loss")
def smooth_l1_loss(input: Any, target: Any, reduction: str = "mean", beta: float = 1.0) -> Tensor:
    """Return the Huber loss divided by ``beta``: near 0 a parabola, then a line of slope 1.

    Raises:
        WhygradError: ``beta`` is below 0.
    """
    beta = number("smooth_l1_loss", "beta", beta)
    if not beta >= 0:
        raise WhygradError(f"smooth_l1_loss: beta is {beta!r}; it must be 0 or above")
    if beta == 0:
        return l1_loss(input, target, reduction)
    return huber_loss(input, target, reduction, beta) / beta


def binary_cross_entropy(input: Any, target: Any, reduction: str = "mean") -> Tensor:
    """Return the mean of -(t log p + (1-t) log(1-p)); ``input`` holds probabilities.

    Logarithms are held at -100 and slopes at 1e12, as in PyTorch.
    """
    p, t = _compared("binary_cross_entropy", input, target)
    if reduction == "mean":
        return apply("binary_cross_entropy", p, t)
    hit, miss = name(_held_log(p), "log_of_yes"), name(_held_log(1.0 - p), "log_of_no")
    return _reduced("binary_cross_entropy", -(t * hit + (1.0 - t) * miss), reduction)


def _held_log(p: Tensor) -> Tensor:
    """Return log p, held at -100, with a slope of 1 / p, held at 1e12, as the mean is."""
    near = p + (apply("clamp_min", p, min=1e-12, at_bound=1.0) - p).detach()
    log = apply("log", near)
    return log + (apply("maximum", apply("log", p), p.constant(-100.0)) - log).detach()


def binary_cross_entropy_with_logits(input: Any, target: Any, reduction: str = "mean") -> Tensor:
    """Return binary cross-entropy of sigmoid(``input``), computed without overflow."""
    z, t = _compared("binary_cross_entropy_with_logits", input, target)
    if reduction == "mean":
        return apply("binary_cross_entropy_with_logits", z, t)
    each = apply("softplus", z) - z * t
    return _reduced("binary_cross_entropy_with_logits", each, reduction)


def cross_entropy(
    input: Any,
    target: Any,
    weight: Any = None,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Tensor:
    """Return the mean cross-entropy of softmax(``input``) over its last axis.

    Args:
        input: logits, shape (..., classes).
        target: shares of each class in ``input``'s shape, or class numbers in its shape without
            the last axis (whole numbers).
        weight: how much each class counts, shape (classes,). With class numbers, the mean is then
            the weighted one.
        reduction: "mean", "sum" or "none".
        label_smoothing: the part of each target, from 0 to 1, that is spread evenly over all
            classes.

    Raises:
        ShapeError: a class number is outside 0..classes-1, or the shapes do not fit.
        WhygradError: ``label_smoothing`` or ``reduction`` is not allowed.
    """
    logits, shares = as_tensor(input), as_tensor(target)
    numbered = shares.ndim == logits.ndim - 1 or shares.dtype.kind in "iu"
    hard = one_hot("cross_entropy", shares, logits) if numbered else shares
    label_smoothing = number("cross_entropy", "label_smoothing", label_smoothing)
    if not 0.0 <= label_smoothing <= 1.0:
        raise WhygradError(
            f"cross_entropy: label_smoothing is {label_smoothing!r}; it must be from 0 to 1"
        )
    soft = hard
    if label_smoothing:
        even = logits.constant(label_smoothing).apply("divide_by_count", logits, axes=(-1,))
        soft = name(hard * (1.0 - label_smoothing) + even, "smoothed_targets")
    if weight is None and reduction == "mean":
        return apply("cross_entropy", logits, soft)
    _compared("cross_entropy", logits, hard)
    surprise = _surprise(soft, name(apply("log_softmax", logits, axis=-1), "log_probabilities"))
    return _weighted("cross_entropy", surprise, hard, weight, reduction, numbered)


@composite("nll loss")
def nll_loss(input: Any, target: Any, weight: Any = None, reduction: str = "mean") -> Tensor:
    """Return the mean of minus the target class's log-probability, over ``input``'s last axis.

    Args:
        input: log-probabilities, shape (..., classes); see ``log_softmax``.
        target: class numbers, in ``input``'s shape without the last axis.
        weight: how much each class counts, shape (classes,); the mean is then the weighted one.
        reduction: "mean", "sum" or "none".

    Raises:
        ShapeError: a class number is outside 0..classes-1, or the shapes do not fit.
    """
    logs = as_tensor(input)
    chosen = one_hot("nll_loss", as_tensor(target), logs)
    return _weighted("nll_loss", _surprise(chosen, logs), chosen, weight, reduction, True)


@composite("KL divergence")
def kl_div(input: Any, target: Any, reduction: str = "mean", log_target: bool = False) -> Tensor:
    """Return the mean of t (log t - input): how far ``input`` is from the distribution ``target``.

    Args:
        input: log-probabilities.
        target: probabilities, or their logarithms if ``log_target``; 0 log 0 counts as 0.
        reduction: "mean" (over all numbers), "batchmean" (the divergence itself: the sum divided
            by the length of the first axis), "sum" or "none".
        log_target: whether ``target`` holds logarithms.
    """
    logs, t = _compared("kl_div", input, target)
    if log_target:
        each = apply("exp", t) * (t - logs)
    else:
        something = apply("gt", t, t.constant(0.0))
        safe = apply("where", something, t, t.constant(1.0))
        each = t * apply("log", safe) - t * logs
    if reduction == "batchmean":
        rows = (-logs.ndim,) if logs.ndim else ()
        return each.sum().apply("divide_by_count", logs, axes=rows)
    return _reduced("kl_div", each, reduction, ("batchmean",))


@composite("hinge loss")
def hinge_loss(input: Any, target: Any, reduction: str = "mean") -> Tensor:
    """Return the mean of max(0, 1 - t x): 0 where x has the sign of t (1 or -1) and size 1 or more.

    The loss of a support vector machine; PyTorch has no function for it.
    """
    x, t = _compared("hinge_loss", input, target)
    short = name(1.0 - t * x, "short_of_margin")
    return _reduced("hinge_loss", apply("relu", short), reduction)


@composite("hinge embedding loss")
def hinge_embedding_loss(
    input: Any, target: Any, margin: float = 1.0, reduction: str = "mean"
) -> Tensor:
    """Return the mean of x where t is 1, and of max(0, ``margin`` - x) where t is -1."""
    x, t = _compared("hinge_embedding_loss", input, target)
    alike = apply("eq", t, t.constant(1.0))
    each = apply("where", alike, x, apply("relu", margin - x))
    return _reduced("hinge_embedding_loss", each, reduction)


@composite("multi-margin loss")
def multi_margin_loss(
    input: Any, target: Any, p: int = 1, margin: float = 1.0, reduction: str = "mean"
) -> Tensor:
    """Return how far other classes come within ``margin`` of the target's score (to the power p).

    For each sample, the mean over all classes of max(0, margin - x[target] + x[class])^p, the
    target itself counting 0.

    Raises:
        ShapeError: a class number is outside 0..classes-1, or the shapes do not fit.
        WhygradError: ``p`` is not 1 or 2.
    """
    if p not in (1, 2):
        raise WhygradError(f"multi_margin_loss: p is {p!r}; allowed: 1, 2")
    x = as_tensor(input)
    chosen = one_hot("multi_margin_loss", as_tensor(target), x)
    own = name((x * chosen).sum(-1, keepdim=True), "target_score")
    close = apply("relu", margin - own + x) * (1.0 - chosen)
    each = (apply("square", close) if p == 2 else close).mean(-1)
    return _reduced("multi_margin_loss", each, reduction)


def one_hot(what: str, classes: Tensor, scores: Tensor) -> Tensor:
    """Return a target of 1 at each class number and 0 elsewhere, in the shape of ``scores``.

    Raises:
        ShapeError: a class number is outside 0..classes-1, or the shapes do not fit.
    """
    if not same_shape(classes.shape, scores.shape[:-1]) or not scores.shape:
        raise ShapeError(
            f"{what}: class numbers {show_shape(classes.shape)} do not fit "
            f"{show_shape(scores.shape)}; they must have its shape without the last axis"
        )
    count = int(scores.shape[-1])
    numbers = classes.data
    bad = numbers[(numbers < 0) | (numbers >= count) | (numbers != np.floor(numbers))]
    if bad.size:
        raise ShapeError(f"{what}: class {bad[0]:g} is not one of 0 to {count - 1}")
    made = tensor(np.eye(count)[numbers.astype(int)], dtype=scores.dtype, role="target")
    made.shape = scores.shape
    return made


def _compared(what: str, input: Any, target: Any) -> tuple[Tensor, Tensor]:
    """Make tensors of what is compared; nothing is spread, for that is mostly a mistake."""
    prediction = as_tensor(input)
    wanted = _in_dtype_of(prediction, target)
    if not same_shape(prediction.shape, wanted.shape):
        raise ShapeError(
            f"{what}: prediction {show_shape(prediction.shape)} and target "
            f"{show_shape(wanted.shape)} must have the same shape"
        )
    return prediction, wanted


def _in_dtype_of(like: Tensor, x: Any) -> Tensor:
    """Return ``x`` if it is a tensor, else a constant made of it that keeps the result's dtype."""
    return x if isinstance(x, Tensor) else tensor(x, dtype=like.dtype, role="constant")


def _surprise(shares: Tensor, logs: Tensor) -> Tensor:
    """Return -share x log for each class, and 0 where the share is 0 even if the log is -inf."""
    possible = where(apply("eq", shares, shares.constant(0.0)), 0.0, logs)
    return shares * -possible


def _reduced(what: str, each: Tensor, reduction: str, more: tuple[str, ...] = ()) -> Tensor:
    name(each, "losses")
    if reduction == "none":
        return each
    if reduction == "sum":
        return each.sum()
    if reduction == "mean":
        return each.mean()
    allowed = ", ".join(repr(name) for name in (*_REDUCTIONS, *more))
    raise WhygradError(f"{what}: reduction is {reduction!r}; allowed: {allowed}")


def _weighted(
    what: str, surprise: Tensor, hard: Tensor, weight: Any, reduction: str, numbered: bool
) -> Tensor:
    """Add up over classes, each by its weight, then over samples."""
    total = None
    if weight is not None:
        weights = _in_dtype_of(surprise, weight)
        if not same_shape(weights.shape, surprise.shape[-1:]):
            raise ShapeError(
                f"{what}: weight {show_shape(weights.shape)} must have one number for each class "
                f"of {show_shape(surprise.shape)}"
            )
        surprise = name(surprise * weights, "weighted")
        if numbered and reduction == "mean":
            total = (hard * weights).sum()
    each = surprise.sum(-1)
    if total is None:
        return _reduced(what, each, reduction)
    return name(each, "losses").sum() / name(total, "total_weight")
