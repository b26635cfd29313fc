"""Ops beside PyTorch's over random shapes: broadcasting, sizes 1 and 0, strides, both dtypes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import whygrad as wg
from whygrad.engine.backward import gradients
from whygrad.engine.tensor import Tensor, tensor
from whygrad.nn import functional as F

T = torch.nn.functional
few = settings(max_examples=25, deadline=None)
sizes = st.integers(0, 3)
shapes = st.lists(sizes, max_size=3).map(tuple)
dtypes = st.sampled_from(["float64", "float32"])
seeds = st.integers(0, 2**31)


@st.composite
def arrays(draw: st.DrawFn, shape: tuple[int, ...], dtype: str) -> np.ndarray:
    """Numbers of a shape, that may lie anyhow in memory."""
    rng = np.random.default_rng(draw(seeds))
    order = draw(st.permutations(range(len(shape))))
    room = [2 * shape[axis] + 1 for axis in order]
    step = draw(st.sampled_from([1, 2, -1]))
    whole = rng.normal(size=room).astype(dtype)
    some = whole[tuple(slice(None, None, step) for _ in room)]
    cut = some[tuple(slice(0, shape[axis]) for axis in order)]
    return cut.transpose(np.argsort(order)) if shape else cut


@st.composite
def broadcast_pairs(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray]:
    """Two arrays that fit together by broadcasting."""
    dtype = draw(dtypes)
    whole = draw(shapes)

    def part() -> tuple[int, ...]:
        cut = draw(st.integers(0, len(whole)))
        return tuple(1 if draw(st.booleans()) else size for size in whole[cut:])

    return draw(arrays(part(), dtype)), draw(arrays(part(), dtype))


def agree(
    ours: Callable[..., Tensor], theirs: Callable[..., torch.Tensor], *given: np.ndarray
) -> None:
    """Compare what comes out and the gradients of all inputs."""
    dtype = given[0].dtype
    close: dict[str, Any] = (
        {"rtol": 1e-9, "atol": 1e-11} if dtype == "float64" else {"rtol": 1e-3, "atol": 1e-4}
    )
    leaves = [tensor(x, dtype=x.dtype) for x in given]
    others = [torch.tensor(x.copy(), requires_grad=True) for x in given]
    mine, wanted = ours(*leaves), theirs(*others)
    assert mine.array.shape == wanted.shape
    assert mine.dtype == dtype
    np.testing.assert_allclose(mine.array, wanted.detach().numpy(), **close)
    rates = np.sin(np.arange(mine.array.size) + 1.0).reshape(mine.array.shape).astype(dtype)
    found = gradients(mine, leaves, seed=tensor(rates, dtype=dtype))
    expected = torch.autograd.grad(wanted, others, torch.tensor(rates))
    for leaf, g in zip(leaves, expected, strict=True):
        np.testing.assert_allclose(found[leaf].array, g.numpy(), **close)


@pytest.mark.parametrize("name", ["add", "sub", "mul", "div", "maximum", "minimum"])
@few
@given(pair=broadcast_pairs())
def test_two_inputs_spread_over_each_other(name: str, pair: tuple[np.ndarray, np.ndarray]) -> None:
    a, b = pair
    assume(name != "div" or (abs(b) > 1e-2).all())
    agree(getattr(wg, name), getattr(torch, name), a, b)


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (wg.exp, torch.exp),
        (wg.square, torch.square),
        (wg.tanh, torch.tanh),
        (wg.sigmoid, torch.sigmoid),
        (wg.erf, torch.erf),
        (F.silu, T.silu),
        (F.gelu, T.gelu),
        (F.elu, T.elu),
        (lambda x: wg.clamp(x, -0.5, 0.5), lambda x: x.clamp(-0.5, 0.5)),
    ],
)
@few
@given(data=st.data())
def test_one_input(ours: Any, theirs: Any, data: st.DataObject) -> None:
    agree(ours, theirs, data.draw(arrays(data.draw(shapes), data.draw(dtypes))))


@few
@given(data=st.data(), keepdim=st.booleans())
def test_sums_along_axes(data: st.DataObject, keepdim: bool) -> None:
    x = data.draw(arrays(data.draw(shapes), data.draw(dtypes)))
    rank = st.integers(-x.ndim, x.ndim - 1) if x.ndim else st.nothing()
    axes = (
        data.draw(st.lists(rank, unique_by=lambda axis: axis % x.ndim, min_size=1))
        if x.ndim
        else ()
    )
    agree(lambda t: t.sum(axes, keepdim), lambda t: t.sum(tuple(axes), keepdim), x)
    if x.size:
        agree(lambda t: t.mean(axes, keepdim), lambda t: t.mean(tuple(axes), keepdim), x)


@few
@given(data=st.data(), scale=st.sampled_from([1.0, 1000.0]))
def test_what_walks_along_one_axis(data: st.DataObject, scale: float) -> None:
    shape = data.draw(st.lists(st.integers(1, 3), min_size=1, max_size=3).map(tuple))
    x = data.draw(arrays(shape, data.draw(dtypes))) * np.array(scale)
    x = x.astype(np.float64)
    axis = data.draw(st.integers(-x.ndim, x.ndim - 1))
    for ours, theirs in [
        (lambda t: F.softmax(t, axis), lambda t: t.softmax(axis)),
        (lambda t: F.log_softmax(t, axis), lambda t: t.log_softmax(axis)),
        (lambda t: wg.logsumexp(t, axis), lambda t: t.logsumexp(axis)),
        (lambda t: wg.cumsum(t, axis), lambda t: t.cumsum(axis)),
        (lambda t: wg.flip(t, axis), lambda t: t.flip(axis)),
        (lambda t: wg.unsqueeze(t, axis) * 2.0, lambda t: t.unsqueeze(axis) * 2.0),
        (lambda t: wg.squeeze(t, axis) * 2.0, lambda t: t.squeeze(axis) * 2.0),
        (lambda t: wg.stack([t, t * t], axis), lambda t: torch.stack([t, t * t], axis)),
        (lambda t: wg.cat([t, t * t], axis), lambda t: torch.cat([t, t * t], axis)),
    ]:
        agree(ours, theirs, x)


@few
@given(data=st.data(), dtype=dtypes)
def test_padding_and_flattening(data: st.DataObject, dtype: str) -> None:
    x = data.draw(arrays(data.draw(shapes), dtype))
    pads = data.draw(
        st.lists(st.integers(0, 2), max_size=2 * x.ndim).filter(lambda p: len(p) % 2 == 0)
    )
    if x.ndim and pads:
        agree(lambda t: wg.pad(t, pads, 0.5), lambda t: T.pad(t, pads, value=0.5), x)
    if x.size:
        start = data.draw(st.integers(0, max(x.ndim - 1, 0)))
        agree(lambda t: wg.flatten(t, start) * 2.0, lambda t: t.flatten(start) * 2.0, x)


EQUATIONS = (
    "ij,jk->ik",
    "ij,kj->",
    "bij,bjk->bki",
    "i,j->ij",
    "ij->j",
    "i,i,ij->j",
    "ijk->ki",
    "ij,j,b->bi",
)


@pytest.mark.parametrize("equation", EQUATIONS)
@few
@given(data=st.data(), dtype=dtypes)
def test_einsum(equation: str, data: st.DataObject, dtype: str) -> None:
    size = {letter: data.draw(sizes) for letter in "ijkb"}
    terms = equation.split("->")[0].split(",")
    given = [data.draw(arrays(tuple(size[x] for x in term), dtype)) for term in terms]
    agree(lambda *t: wg.einsum(equation, *t), lambda *t: torch.einsum(equation, *t), *given)


@pytest.mark.parametrize("rank", [1, 2])
@few
@given(data=st.data(), dtype=dtypes)
def test_convolution(rank: int, data: st.DataObject, dtype: str) -> None:
    def each(least: int, most: int) -> tuple[int, ...]:
        return tuple(data.draw(st.integers(least, most)) for _ in range(rank))

    groups = data.draw(st.integers(1, 2))
    taken, per_group = data.draw(st.integers(1, 2)), data.draw(st.integers(1, 2))
    kernel, dilation, padding, inner = each(1, 3), each(1, 2), each(0, 2), each(1, 6)
    covered = [d * (k - 1) + 1 for d, k in zip(dilation, kernel, strict=True)]
    assume(all(n + 2 * p >= c for n, p, c in zip(inner, padding, covered, strict=True)))
    how = {"stride": each(1, 3), "padding": padding, "dilation": dilation, "groups": groups}
    x = data.draw(arrays((data.draw(st.integers(1, 2)), groups * taken, *inner), dtype))
    w = data.draw(arrays((groups * per_group, taken, *kernel), dtype))
    agree(
        lambda x, w: getattr(F, f"conv{rank}d")(x, w, None, **how),
        lambda x, w: getattr(T, f"conv{rank}d")(x, w, None, **how),
        x,
        w,
    )


@pytest.mark.parametrize("rank", [1, 2])
@few
@given(data=st.data(), dtype=dtypes)
def test_pooling(rank: int, data: st.DataObject, dtype: str) -> None:
    def each(least: int, most: int) -> tuple[int, ...]:
        return tuple(data.draw(st.integers(least, most)) for _ in range(rank))

    kernel, stride, dilation, inner = each(1, 3), each(1, 3), each(1, 2), each(3, 6)
    padding = tuple(data.draw(st.integers(0, k // 2)) for k in kernel)
    covered = [d * (k - 1) + 1 for d, k in zip(dilation, kernel, strict=True)]
    assume(all(n + 2 * p >= c for n, p, c in zip(inner, padding, covered, strict=True)))
    x = data.draw(arrays((data.draw(st.integers(1, 2)), 2, *inner), dtype))
    largest, mean = f"max_pool{rank}d", f"avg_pool{rank}d"
    agree(
        lambda x: getattr(F, largest)(x, kernel, stride, padding, dilation),
        lambda x: getattr(T, largest)(x, kernel, stride, padding, dilation),
        x,
    )
    agree(
        lambda x: getattr(F, mean)(x, kernel, stride, padding),
        lambda x: getattr(T, mean)(x, kernel, stride, padding),
        x,
    )


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: wg.einsum("ij,jk", [[1.0]], [[1.0, 2.0], [3.0, 4.0]]), "'j' in .* is 1 .* and 2"),
        (lambda: wg.einsum("ij->i", [1.0]), r"names 2 axes, but the input is \(1,\)"),
        (lambda: wg.einsum("ij,ij->i", [[1.0]]), "for 2 inputs, but there are 1"),
        (lambda: wg.einsum("ii->i", [[1.0, 2.0]]), "has no diagonal"),
        (lambda: wg.einsum("i->k", [1.0]), "no input .* has the letter 'k'"),
        (lambda: wg.einsum("i1->i", [1.0]), "not an equation such as"),
        (lambda: wg.stack([]), "at least one"),
        (lambda: wg.stack([[1.0], [1.0, 2.0]]), r"\(1,\), \(2,\) must be the same"),
        (lambda: wg.pad([1.0], [1]), "two numbers for each axis"),
        (lambda: wg.pad([1.0], [1, 1, 1, 1]), "no 2 axes to pad"),
        (lambda: wg.pad([1.0], [-1, 0]), "0 or more"),
        (lambda: wg.unsqueeze([1.0], 3), "no axis 3"),
        (lambda: wg.cumsum([1.0], 1), "no axis 1"),
        (lambda: tensor([1.0]).apply("causal_mask"), "no rows and columns"),
        (lambda: tensor([1.0]).apply("unsqueeze", axes=(0, 0)), "unsqueeze"),
        (
            lambda: tensor([1.0]).apply("bernoulli", tensor([0.0]), seed=0, stream="", p=0.5),
            r"one number, but is \(1,\)",
        ),
        (
            lambda: tensor([1.0]).apply("bernoulli", tensor(0.0), seed=0, stream="", p=2.0),
            "p is 2.0",
        ),
    ],
)
def test_what_does_not_fit_is_refused(call: Callable[[], object], says: str) -> None:
    with pytest.raises(wg.WhygradError, match=says):
        call()
