"""Functions of whygrad beside PyTorch's: forward, gradient and second gradient, in both dtypes."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
import torch

import whygrad as wg
from whygrad.engine.backward import gradients
from whygrad.engine.tensor import Tensor, tensor
from whygrad.nn import functional as F

T = torch.nn.functional


@dataclass(frozen=True)
class Case:
    """Two functions and what to call them on; gradients are asked of the first ``asked`` inputs."""

    name: str
    ours: Callable[..., Tensor]
    theirs: Callable[..., torch.Tensor]
    inputs: tuple[Any, ...]
    asked: int = 1
    second: bool = True


def numbers(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=shape)


def shares(*shape: int, seed: int = 0) -> np.ndarray:
    raw = np.exp(numbers(*shape, seed=seed))
    return raw / raw.sum(-1, keepdims=True)


X, Y = numbers(3, 4), numbers(3, 4, seed=1)
SIGNS = np.where(Y > 0, 1.0, -1.0)
CLASSES = np.array([2, 0, 3])
WEIGHTS = np.array([0.5, 2.0, 1.0, 3.0])
EVERY = ("mean", "sum", "none")


def ways(
    name: str,
    inputs: tuple[Any, ...],
    asked: int = 1,
    reductions: Sequence[str] = EVERY,
    second: bool = True,
    **kw: Any,
) -> list[Case]:
    """One case for each reduction of a loss that both have under the same name."""
    return [
        Case(
            f"{name} {reduction} {kw or ''}",
            lambda *a, r=reduction: getattr(F, name)(*a, reduction=r, **kw),
            lambda *a, r=reduction: getattr(T, name)(*a, reduction=r, **kw),
            inputs,
            asked,
            second,
        )
        for reduction in reductions
    ]


CASES = [
    Case("silu", F.silu, T.silu, (X,)),
    Case("gelu", F.gelu, T.gelu, (X,)),
    Case(
        "gelu tanh",
        lambda x: F.gelu(x, "tanh"),
        lambda x: T.gelu(x, approximate="tanh"),
        (X,),
    ),
    Case("elu", lambda x: F.elu(x, 0.7), lambda x: T.elu(x, 0.7), (X,)),
    Case("hardtanh", lambda x: F.hardtanh(x, -0.5, 1), lambda x: T.hardtanh(x, -0.5, 1), (X,)),
    Case(
        "hardtanh at its bounds",
        F.hardtanh,
        T.hardtanh,
        (np.array([-1.0, 1.0, 0.5]),),
        second=False,
    ),
    Case("clamp", lambda x: wg.clamp(x, -0.5, 0.5), lambda x: x.clamp(-0.5, 0.5), (X,)),
    Case(
        "clamp at its bounds",
        lambda x: wg.clamp(x, -1, 1),
        lambda x: x.clamp(-1, 1),
        (np.array([-1.0, 1.0]),),
        second=False,
    ),
    Case("clamp one side", lambda x: wg.clamp(x, max=0.1), lambda x: x.clamp(max=0.1), (X,)),
    Case("erf", wg.erf, torch.erf, (X,)),
    Case("logsumexp", lambda x: wg.logsumexp(x, -1), lambda x: x.logsumexp(-1), (X,)),
    Case(
        "logsumexp over all",
        lambda x: wg.logsumexp(x, (0, 1), keepdim=True),
        lambda x: x.logsumexp((0, 1), keepdim=True),
        (X,),
    ),
    Case("var", lambda x: wg.var(x, 0), lambda x: x.var(0), (X,)),
    Case("var of all", lambda x: wg.var(x, correction=0), lambda x: x.var(correction=0), (X,)),
    Case("flip", lambda x: wg.flip(x, (0, -1)), lambda x: x.flip((0, -1)), (X,)),
    Case("split", lambda x: wg.split(x, 3, -1)[1], lambda x: x.split(3, -1)[1], (X,)),
    Case(
        "split by sizes",
        lambda x: wg.split(x, [1, 0, 2])[2] * 2.0,
        lambda x: x.split([1, 0, 2])[2] * 2.0,
        (X,),
    ),
    Case(
        "masked_fill",
        lambda x: wg.masked_fill(x, Y > 0, 9.0) ** 2,
        lambda x: x.masked_fill(torch.tensor(Y > 0), 9.0) ** 2,
        (X,),
    ),
    *ways("mse_loss", (X, Y), 2),
    *ways("l1_loss", (X, Y), 2),
    *ways("huber_loss", (X, Y), 2, delta=0.6),
    *ways("smooth_l1_loss", (X, Y), 2, beta=0.6),
    *ways("smooth_l1_loss", (X, Y), 2, beta=0.0),
    *ways("binary_cross_entropy", (shares(3, 4), shares(3, 4, seed=1))),
    *ways("binary_cross_entropy_with_logits", (X, shares(3, 4)), 2),
    *ways("kl_div", (np.log(shares(3, 4)), shares(3, 4, seed=1)), 2, (*EVERY, "batchmean")),
    *ways("kl_div", (np.log(shares(3, 4)), np.log(shares(3, 4, seed=1))), 2, log_target=True),
    *ways("kl_div", (np.log(shares(2, 2)), np.array([[0.0, 1.0], [0.5, 0.5]]))),
    *ways("hinge_embedding_loss", (X, SIGNS), margin=0.8),
    *ways("multi_margin_loss", (X, CLASSES), second=False),  # PyTorch has none
    *ways("multi_margin_loss", (X, CLASSES), second=False, p=2, margin=0.5),
    *ways("nll_loss", (X, CLASSES)),
    *ways("cross_entropy", (X, CLASSES)),
    *ways("cross_entropy", (X, CLASSES), label_smoothing=0.2),
    *ways("cross_entropy", (X, shares(3, 4)), 2, label_smoothing=0.1),
    *[
        Case(
            f"{name} weighted, {reduction} {kw}",
            lambda x, t, n=name, r=reduction, k=kw: getattr(F, n)(x, t, WEIGHTS, r, **k),
            lambda x, t, n=name, r=reduction, k=kw: getattr(T, n)(
                x, t, torch.tensor(WEIGHTS, dtype=x.dtype), reduction=r, **k
            ),
            (X, target),
        )
        for name, target, kw in (
            ("nll_loss", CLASSES, {}),
            ("cross_entropy", CLASSES, {}),
            ("cross_entropy", CLASSES, {"label_smoothing": 0.3}),
            ("cross_entropy", shares(3, 4), {"label_smoothing": 0.3}),
        )
        for reduction in EVERY
    ],
    Case("hinge_loss", F.hinge_loss, lambda x, t: (1 - x * t).clamp(min=0).mean(), (X, SIGNS)),
]


def both(case: Case, dtype: str) -> tuple[list[Tensor], list[torch.Tensor]]:
    arrays = [a.astype(dtype) if a.dtype.kind == "f" else a for a in map(np.asarray, case.inputs)]
    ours = [tensor(a, dtype=a.dtype) for a in arrays]
    theirs = [torch.tensor(a) for a in arrays]
    for t in theirs[: case.asked]:
        t.requires_grad_()
    return ours, theirs


def closely(dtype: str) -> dict[str, float]:
    return {"rtol": 1e-9, "atol": 1e-11} if dtype == "float64" else {"rtol": 2e-4, "atol": 2e-5}


@pytest.mark.filterwarnings("ignore:reduction. 'mean'")
@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("case", CASES, ids=[f"{n} {case.name}" for n, case in enumerate(CASES)])
def test_pytorch_agrees(case: Case, dtype: str) -> None:
    ours, theirs = both(case, dtype)
    close = closely(dtype)
    mine, wanted = case.ours(*ours), case.theirs(*theirs)
    assert mine.dtype == dtype
    np.testing.assert_allclose(mine.array, wanted.detach().numpy(), **close)
    rates = np.sin(np.arange(mine.array.size) + 1.0).reshape(mine.array.shape).astype(dtype)
    leaves = ours[: case.asked]
    first = gradients(mine, leaves, seed=tensor(rates))
    expected = torch.autograd.grad(
        wanted, theirs[: case.asked], torch.tensor(rates), create_graph=True
    )
    for leaf, g in zip(leaves, expected, strict=True):
        assert first[leaf].dtype == dtype
        np.testing.assert_allclose(first[leaf].array, g.detach().numpy(), **close)
    whole = sum((g**2).sum() for g in expected)
    if not case.second or not whole.requires_grad:
        return
    total = sum(((first[leaf] ** 2).sum() for leaf in leaves[1:]), (first[leaves[0]] ** 2).sum())
    second = gradients(total, leaves)
    checked = torch.autograd.grad(whole, theirs[: case.asked], allow_unused=True)
    for leaf, g in zip(leaves, checked, strict=True):
        found = second[leaf].array if leaf in second else np.zeros(leaf.shape)
        np.testing.assert_allclose(found, 0.0 if g is None else g.numpy(force=True), **close)


@pytest.mark.parametrize("size", [1000.0, -1000.0])
def test_extreme_scores_stay_finite(size: float) -> None:
    x = np.array([[size, 0.0, -size], [0.0, size, size]])
    theirs = torch.tensor(x, requires_grad=True)
    for ours, other in [
        (F.softmax, lambda z: z.softmax(-1)),
        (F.log_softmax, lambda z: z.log_softmax(-1)),
        (lambda z: wg.logsumexp(z, -1), lambda z: z.logsumexp(-1)),
        (F.gelu, T.gelu),
        (F.silu, T.silu),
        (F.elu, T.elu),
        (
            lambda z: F.cross_entropy(z, [0, 1], reduction="sum"),
            lambda z: T.cross_entropy(z, torch.tensor([0, 1]), reduction="sum"),
        ),
        (
            lambda z: F.binary_cross_entropy_with_logits(z, x > 0, reduction="none"),
            lambda z: T.binary_cross_entropy_with_logits(
                z, torch.tensor(x > 0, dtype=torch.float64), reduction="none"
            ),
        ),
    ]:
        leaf = tensor(x)
        mine, wanted = ours(leaf), other(theirs)
        np.testing.assert_allclose(mine.array, wanted.detach().numpy(), rtol=1e-12, atol=1e-300)
        rates = np.sin(np.arange(mine.array.size) + 1.0).reshape(mine.array.shape)
        found = gradients(mine, [leaf], seed=tensor(rates))[leaf].array
        (expected,) = torch.autograd.grad(wanted, theirs, torch.tensor(rates))
        np.testing.assert_allclose(found, expected.numpy(), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize(("dtype", "close"), [("float64", 3e-16), ("float32", 4e-7)])
def test_erf_is_right_nearly_to_the_last_bit(dtype: str, close: float) -> None:
    near = [np.linspace(-8, 8, 10001), np.geomspace(1e-30, 1, 500), [0.0, np.inf, -np.inf]]
    x = np.concatenate(near).astype(dtype)
    exact = [math.erf(number) for number in x.tolist()]
    np.testing.assert_allclose(wg.erf(tensor(x)).array, exact, rtol=close, atol=0)
    assert np.isnan(wg.erf(float("nan")).item())


def test_a_composite_folds_into_a_part_and_its_steps_say_so() -> None:
    x = tensor([1.0, 2.0])
    assert F.silu(x).annotation.part == ("silu",)
    assert wg.nn.SiLU()(x).annotation.part == ("silu",)  # once, not twice
    assert F.huber_loss(x, x + 1.0).annotation.part == ("huber loss",)


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: F.l1_loss([1.0], [[1.0]]), r"l1_loss: prediction \(1,\) and target \(1, 1\)"),
        (lambda: F.l1_loss([1.0], [1.0], "avg"), "allowed: 'mean', 'sum', 'none'"),
        (lambda: F.kl_div([1.0], [1.0], "avg"), "'batchmean'"),
        (lambda: F.huber_loss([1.0], [1.0], delta=0), "delta is 0"),
        (lambda: F.smooth_l1_loss([1.0], [1.0], beta=-1), "beta is -1"),
        (lambda: F.gelu([1.0], "cosh"), "allowed: 'none', 'tanh'"),
        (lambda: F.cross_entropy([[1.0, 2.0]], [2]), "class 2 is not one of 0 to 1"),
        (lambda: F.cross_entropy([[1.0, 2.0]], [1], label_smoothing=2), "must be from 0 to 1"),
        (lambda: F.nll_loss([[1.0, 2.0]], [1, 0]), r"\(2,\) do not fit \(1, 2\)"),
        (lambda: F.nll_loss([[1.0, 2.0]], [1], [1.0]), r"weight \(1,\)"),
        (lambda: F.multi_margin_loss([[1.0, 2.0]], [1], p=3), "p is 3"),
        (lambda: wg.clamp([1.0]), "give min, max or both"),
        (lambda: wg.split([1.0, 2.0], [1, 2]), r"\[1, 2\] do not add up to 2"),
        (lambda: wg.split([1.0, 2.0], 0), "size is 0"),
    ],
)
def test_what_cannot_be_is_refused_and_the_message_helps(
    call: Callable[[], object], says: str
) -> None:
    with pytest.raises(wg.WhygradError, match=says):
        call()
