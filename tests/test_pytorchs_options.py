"""Options that PyTorch's samples use: forward, both gradients and ten updates beside PyTorch."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
import torch

import whygrad as wg
from whygrad import nn, optim
from whygrad.engine.backward import gradients
from whygrad.engine.dims import Dim
from whygrad.engine.tensor import Tensor, tensor
from whygrad.errors import ShapeError, WhygradError
from whygrad.nn import functional as F

T = torch.nn.functional


def numbers(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=shape)


@dataclass(frozen=True)
class Case:
    """Two functions of the same inputs."""

    name: str
    ours: Callable[..., Tensor]
    theirs: Callable[..., torch.Tensor]
    inputs: tuple[np.ndarray, ...]


def pools() -> list[Case]:
    found: list[Case] = []
    for size, kernel, stride, padding in itertools.product((5, 6, 7), (2, 3), (1, 2, 3), (0, 1)):
        sizes = (kernel, stride, padding)
        for dilation in (1, 2):
            if size + 2 * padding < dilation * (kernel - 1) + 1:
                continue
            found.append(
                Case(
                    f"max_pool1d {size} {sizes} {dilation}",
                    lambda x, s=sizes, d=dilation: F.max_pool1d(x, *s, d, True),
                    lambda x, s=sizes, d=dilation: T.max_pool1d(x, *s, d, True),
                    (numbers(2, 1, size),),
                )
            )
        for ceil, counted in itertools.product((False, True), repeat=2):
            found.append(
                Case(
                    f"avg_pool1d {size} {sizes} {ceil} {counted}",
                    lambda x, s=sizes, c=ceil, i=counted: F.avg_pool1d(x, *s, c, i),
                    lambda x, s=sizes, c=ceil, i=counted: T.avg_pool1d(x, *s, c, i),
                    (numbers(2, 1, size),),
                )
            )
    image = numbers(2, 2, 5, 7)
    for ceil, counted, divisor in itertools.product((False, True), (False, True), (None, 3, -2)):
        found.append(
            Case(
                f"avg_pool2d {ceil} {counted} {divisor}",
                lambda x, c=ceil, i=counted, d=divisor: F.avg_pool2d(x, (2, 3), 2, (1, 1), c, i, d),
                lambda x, c=ceil, i=counted, d=divisor: T.avg_pool2d(x, (2, 3), 2, (1, 1), c, i, d),
                (image,),
            )
        )
    found.append(
        Case(
            "max_pool2d",
            lambda x: F.max_pool2d(x, (2, 3), 2, (1, 1), ceil_mode=True),
            lambda x: T.max_pool2d(x, (2, 3), 2, (1, 1), ceil_mode=True),
            (image,),
        )
    )
    return found


EQUATIONS: dict[str, tuple[tuple[int, ...], ...]] = {
    "...ij,...jk->...ik": ((2, 1, 3, 4), (5, 4, 2)),
    "i...->...": ((3, 2, 4),),
    "...i,...i": ((2, 3), (3,)),
    "i...,i...->i": ((3, 2), (3, 4, 2)),
    "...,...": ((2, 3), (3,)),
    "b...,c->...bc": ((2, 3, 1), (4,)),
    "...->": ((2, 3),),
    "ii": ((3, 3),),
    "ii->i": ((3, 3),),
    "iij->j": ((2, 2, 3),),
    "iji->ij": ((3, 2, 3),),
    "iii->i": ((3, 3, 3),),
    "iijj->ij": ((2, 2, 3, 3),),
    "...ii->...i": ((2, 4, 3, 3),),
    "ii,ij->j": ((3, 3), (3, 2)),
    "ii,jj": ((3, 3), (2, 2)),
    "...ij,...ij->...": ((1, 3, 2), (4, 1, 3, 2)),
}

CASES = [
    *pools(),
    *[
        Case(
            f"einsum {equation}",
            lambda *a, e=equation: wg.einsum(e, *a),
            lambda *a, e=equation: torch.einsum(e, *a),
            tuple(numbers(*shape, seed=n) for n, shape in enumerate(shapes)),
        )
        for equation, shapes in EQUATIONS.items()
    ],
    *[
        Case(
            f"flatten {start} {end}",
            lambda x, s=start, e=end: wg.flatten(x, s, e),
            lambda x, s=start, e=end: torch.flatten(x, s, e),
            (numbers(2, 3, 2, 2),),
        )
        for start, end in ((0, -1), (1, 2), (0, 1), (-2, -1), (2, 2), (1, -1))
    ],
    *[
        Case(
            f"conv{rank}d of one sample, {options}",
            lambda x, w, b, r=rank, o=options: getattr(F, f"conv{r}d")(x, w, b, **o),
            lambda x, w, b, r=rank, o=options: getattr(T, f"conv{r}d")(x, w, b, **o),
            (
                numbers(2, *(5,) * rank),
                numbers(4, 2 // options.get("groups", 1), *(3,) * rank, seed=1),
                numbers(4, seed=2),
            ),
        )
        for rank in (1, 2)
        for options in ({}, {"stride": 2, "padding": 1}, {"groups": 2}, {"padding": "same"})
    ],
    *[
        Case(
            f"{name} of one sample",
            lambda x, n=name: getattr(F, n)(x, 2),
            lambda x, n=name: getattr(T, n)(x, 2),
            (numbers(2, *(5,) * int(name[-2])),),
        )
        for name in ("max_pool1d", "max_pool2d", "avg_pool1d", "avg_pool2d")
    ],
]


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_a_function_is_pytorchs(case: Case, dtype: str) -> None:
    close: dict[str, Any] = {"rtol": 1e-9, "atol": 1e-11}
    if dtype == "float32":
        close = {"rtol": 2e-4, "atol": 2e-5}
    ours = [tensor(x, dtype=dtype) for x in case.inputs]
    theirs = [torch.tensor(x.astype(dtype), requires_grad=True) for x in case.inputs]
    try:
        wanted = case.theirs(*theirs)
    except RuntimeError:  # PyTorch refuses it, and so do we
        with pytest.raises(WhygradError):
            case.ours(*ours)
        return
    mine = case.ours(*ours)
    assert mine.dtype == dtype
    assert tuple(map(int, mine.shape)) == tuple(wanted.shape)
    np.testing.assert_allclose(mine.array, wanted.detach(), **close)
    rates = np.sin(np.arange(mine.array.size) + 1.0).reshape(mine.array.shape).astype(dtype)
    first = gradients(mine, ours, seed=tensor(rates))
    expected = torch.autograd.grad(wanted, theirs, torch.tensor(rates), create_graph=True)
    for leaf, g in zip(ours, expected, strict=True):
        np.testing.assert_allclose(first[leaf].array, g.detach(), **close)
    whole = sum((g**2).sum() for g in expected)
    if not isinstance(whole, torch.Tensor) or not whole.requires_grad:
        return
    total = sum(((first[leaf] ** 2).sum() for leaf in ours[1:]), (first[ours[0]] ** 2).sum())
    second = gradients(total, ours)
    checked = torch.autograd.grad(whole, theirs, allow_unused=True)
    for leaf, g in zip(ours, checked, strict=True):
        found = second[leaf].array if leaf in second else np.zeros(leaf.shape)
        np.testing.assert_allclose(found, 0.0 if g is None else g.detach(), **close)


NETS: dict[str, tuple[Callable[[], list[nn.Module]], Callable[[], list[torch.nn.Module]]]] = {
    "max pooling, ceil": (
        lambda: [nn.MaxPool2d(2, 2, ceil_mode=True), nn.Flatten()],
        lambda: [torch.nn.MaxPool2d(2, 2, ceil_mode=True), torch.nn.Flatten()],
    ),
    "mean pooling, ceil": (
        lambda: [nn.AvgPool2d(2, 2, 1, ceil_mode=True), nn.Flatten(1, 2), nn.Flatten()],
        lambda: [
            torch.nn.AvgPool2d(2, 2, 1, ceil_mode=True),
            torch.nn.Flatten(1, 2),
            torch.nn.Flatten(),
        ],
    ),
    "mean pooling, padding not counted": (
        lambda: [nn.AvgPool2d(2, 2, 1, count_include_pad=False), nn.Flatten()],
        lambda: [torch.nn.AvgPool2d(2, 2, 1, count_include_pad=False), torch.nn.Flatten()],
    ),
    "mean pooling, another divisor": (
        lambda: [nn.AvgPool2d(2, 2, 1, divisor_override=3), nn.Flatten()],
        lambda: [torch.nn.AvgPool2d(2, 2, 1, divisor_override=3), torch.nn.Flatten()],
    ),
    "batch norm, mean of all batches": (
        lambda: [nn.Tanh(), nn.BatchNorm2d(2, momentum=None), nn.AvgPool2d(2), nn.Flatten()],
        lambda: [
            torch.nn.Tanh(),
            torch.nn.BatchNorm2d(2, momentum=None),
            torch.nn.AvgPool2d(2),
            torch.nn.Flatten(),
        ],
    ),
}


@pytest.mark.parametrize("name", NETS)
def test_ten_updates_are_pytorchs(name: str) -> None:
    x, t = numbers(3, 1, 6, 6), numbers(3, 2, seed=1)
    ours, theirs = NETS[name]
    conv, there = nn.Conv2d(1, 2, 2), torch.nn.Conv2d(1, 2, 2).double()
    width = nn.Sequential(conv, *ours())(tensor(x)).shape[1]
    last, end = nn.Linear(int(width), 2), torch.nn.Linear(int(width), 2).double()
    assert conv.bias is not None
    assert last.bias is not None
    there.weight.data, there.bias.data = map(torch.tensor, (conv.weight.numpy(), conv.bias.numpy()))  # type: ignore[union-attr]
    end.weight.data, end.bias.data = map(
        torch.tensor, (last.weight.numpy().T.copy(), last.bias.numpy())
    )
    model = nn.Sequential(conv, *ours(), last)
    other = torch.nn.Sequential(there, *theirs(), end).double()
    iteration = wg.trace(model, x, t, optimizer=optim.Adam(model.parameters(), lr=0.01))
    update = torch.optim.Adam(other.parameters(), lr=0.01)
    losses: list[float] = []
    for _ in range(10):
        update.zero_grad()
        loss = T.mse_loss(other(torch.tensor(x)), torch.tensor(t))
        loss.backward()
        update.step()
        losses.append(loss.item())
    iteration.play(10)
    np.testing.assert_allclose(iteration.losses, losses, rtol=1e-9)
    kept = dict(other.named_buffers())
    for path, found in model.named_buffers():
        wanted = kept[path.removeprefix("layers.")]
        np.testing.assert_allclose(found.array, wanted, rtol=1e-9)


REFUSED: list[tuple[Callable[[], Any], str]] = [
    (lambda: wg.flatten(numbers(2, 3), 1, 0), "axis 1 comes after axis 0"),
    (lambda: wg.flatten(numbers(2, 3), 0, 2), "no axis 2"),
    (lambda: wg.einsum("...i....,i", numbers(2), numbers(2)), "the dots in"),
    (lambda: wg.einsum("...ijk->i", numbers(2, 2)), "the dots in"),
    (lambda: wg.einsum("...i,...i", numbers(2, 3), numbers(4, 3)), "is 2 in .* and 4 in"),
    (lambda: wg.einsum("ii", numbers(2, 3)), "no diagonal"),
    (lambda: wg.einsum("ii->i", numbers(2)), "names 2 axes"),
    (lambda: wg.einsum("i->ii", numbers(2)), "names a letter twice"),
    (lambda: wg.einsum("i,j", numbers(2)), "is not an equation"),
    (lambda: F.avg_pool2d(numbers(1, 1, 4, 4), 2, divisor_override=0), "divisor_override is 0"),
    (lambda: nn.MaxPool2d(2, return_indices=True), "return_indices is not supported"),
    (lambda: F.max_pool1d(numbers(1, 1, 4), 2, 0, ceil_mode=True), "must be 1 or more"),
    (lambda: F.max_pool2d(numbers(4), 2, ceil_mode=True), "has no 2 axes"),
    (
        lambda: F.max_pool1d(Tensor(numbers(1, 1, 4), (1, 1, Dim("length", 4))), 2, ceil_mode=True),
        "another length",
    ),
]


@pytest.mark.parametrize("n", range(len(REFUSED)))
def test_what_does_not_fit_is_refused(n: int) -> None:
    call, says = REFUSED[n]
    with pytest.raises(
        ShapeError if "divisor" not in says and "indices" not in says else WhygradError, match=says
    ):
        call()


def test_a_flattened_number_is_a_row_of_one() -> None:
    assert wg.flatten(3.0).tolist() == [3.0] == torch.tensor(3.0).flatten().tolist()


def test_a_diagonal_is_played_at_another_size() -> None:
    w = nn.parameter(numbers(3, 2))
    iteration = wg.trace(
        lambda x: wg.einsum("ii->", (x @ w) @ (x @ w).mT),
        numbers(4, 3),
        numbers(4),
        loss=lambda y, _: y,
    )
    from whygrad.tape.player import Player

    x = numbers(6, 3, seed=3)
    tape = iteration.tape
    leaves = {v.id: iteration.run.arrays[v.id] for v in tape.leaves}
    leaves[tape.by_name["x"]] = x
    if "t" in tape.by_name:
        leaves[tape.by_name["t"]] = numbers(6)
    player = Player(tape, leaves)
    player.play()
    assert player.buffers[tape.loss] == pytest.approx(((x @ w.array) ** 2).sum())
