"""Every row of the table, on its own examples: a new op arrives tested."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from whygrad.engine import corners
from whygrad.engine.backward import gradients
from whygrad.engine.formula import StepContext, choose, evaluate, place, place_local, to_python
from whygrad.engine.gradcheck import worst
from whygrad.engine.moves import Moves
from whygrad.engine.op import Example, Op
from whygrad.engine.ops import OPS
from whygrad.engine.random import uniform
from whygrad.engine.tensor import Tensor, apply, tensor

CASES = [
    pytest.param(op, example, id=f"{op.name}-{n}")
    for op in OPS.values()
    for n, example in enumerate(op.examples)
]


def leaves(op: Op, example: Example) -> list[Tensor]:
    """Make the example's inputs; whole numbers are indices, all else can have a gradient."""
    arrays = [np.array(data) for data in example.inputs]
    return [tensor(a, dtype=a.dtype) for a in arrays]


def placed(op: Op, inputs: list[Tensor], output: Tensor, example: Example) -> StepContext:
    return StepContext(
        formula=op.formula,
        inputs=tuple(range(len(inputs))),
        input_shapes=tuple(x.array.shape for x in inputs),
        output=len(inputs),
        output_shape=output.array.shape,
        params=example.params,
        whole=lambda argument, at: int(inputs[argument].array.flat[at]),
        moves=Moves(op, [x.array for x in inputs], output.array.shape, example.params),
    )


def getter(inputs: list[Tensor], output: Tensor) -> Callable[[int, int], float]:
    arrays = [*(x.array for x in inputs), output.array]
    return lambda value, at: float(arrays[value].flat[at])


@pytest.mark.parametrize(("op", "example"), CASES)
def test_the_formula_gives_what_the_kernel_gives(op: Op, example: Example) -> None:
    inputs = leaves(op, example)
    output = apply(op.name, *inputs, **example.params)
    where, get = placed(op, inputs, output, example), getter(inputs, output)
    assert output.array.shape == tuple(output.shape)
    for at in np.ndindex(*output.array.shape):
        tree = place(where, at)
        assert evaluate(tree, get) == pytest.approx(float(output.array[at]), rel=1e-12, abs=1e-15)
        text = to_python(choose(tree, get), lambda v, i: repr(get(v, i)))
        names = {name: getattr(math, name) for name in ("exp", "log", "tanh", "sqrt", "erf")}
        number = eval(text, {**names, "max": max, "min": min})
        assert number == pytest.approx(float(output.array[at]), rel=1e-12, abs=1e-15)


@pytest.mark.parametrize(("op", "example"), CASES)
def test_the_local_derivatives_give_what_the_pullbacks_record(op: Op, example: Example) -> None:
    inputs = leaves(op, example)
    output = apply(op.name, *inputs, **example.params)
    where, get = placed(op, inputs, output, example), getter(inputs, output)
    rates = np.sin(np.arange(output.array.size) + 1.0).reshape(output.array.shape)
    asked = [n for n in range(len(inputs)) if op.pullback(n) is not None]
    found = gradients(output, [inputs[n] for n in asked], seed=tensor(rates))
    for argument in asked:
        expected = np.zeros(inputs[argument].array.shape)
        for at in np.ndindex(*output.array.shape):
            for index, local in place_local(where, argument, at):
                expected[index] += rates[at] * evaluate(local, get)
        np.testing.assert_allclose(found[inputs[argument]].array, expected, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize(("op", "example"), [c for c in CASES if not c.values[1].kink])
def test_the_gradient_agrees_with_central_differences(op: Op, example: Example) -> None:
    inputs = leaves(op, example)
    asked = [n for n in range(len(inputs)) if op.pullback(n) is not None]
    if asked:
        bad = worst(lambda *xs: apply(op.name, *xs, **example.params), *inputs, argnums=asked)
        assert bad.error < 1e-8, bad


AT_AN_EDGE = ("pow", "binary_cross_entropy")  # the kink is where their domain ends


@pytest.mark.parametrize(("op", "example"), CASES)
def test_a_corner_is_told_by_its_two_sides(op: Op, example: Example) -> None:
    if op.name in AT_AN_EDGE or (op.side is None and not example.kink):
        return
    assert op.side is not None, "its examples have a corner, so it must say where"
    arrays = [x.array for x in leaves(op, example)]
    crossed = False
    for argument, array in enumerate(arrays):
        for index in np.ndindex(*array.shape):
            sides = []
            for by in (1e-6, -1e-6):
                moved = array.copy()
                moved[index] += by
                given = [moved if n == argument else a for n, a in enumerate(arrays)]
                sides.append(corners.sides(op, given, example.params))
            crossed = crossed or not np.array_equal(*sides)
    assert crossed == example.kink


def _places(x: torch.Tensor, index: tuple[Any, ...]) -> tuple[torch.Tensor, ...]:
    """Basic indexing spelled out, since PyTorch has no negative steps."""
    chosen = [
        [i] if isinstance(i, int) else list(range(n)[slice(*i)])
        for i, n in zip(index, x.shape, strict=True)
    ]
    return torch.meshgrid(*map(torch.tensor, chosen), indexing="ij")


def _kept(x: torch.Tensor, index: tuple[Any, ...]) -> list[int]:
    return [
        len(range(n)[slice(*i)])
        for i, n in zip(index, x.shape, strict=True)
        if not isinstance(i, int)
    ]


def _clamped(x: torch.Tensor, low: float, high: float, at_bound: float) -> torch.Tensor:
    return x.clamp(low, high) if at_bound else torch.nn.functional.hardtanh(x, low, high)


def _pooling(rank: int) -> dict[str, Callable[..., Any]]:
    """The six poolings along one axis or two. PyTorch wants an axis of channels before those."""
    largest = getattr(torch.nn.functional, f"max_pool{rank}d")
    mean = getattr(torch.nn.functional, f"avg_pool{rank}d")

    def channels(x: torch.Tensor) -> torch.Tensor:
        return x.reshape(-1, *x.shape[x.ndim - rank :])

    def beyond(params: dict[str, Any]) -> dict[str, Any]:
        """Write that windows reach beyond the padding at the end as PyTorch does."""
        padding = [p if isinstance(p, tuple) else (p, p) for p in params["padding"]]
        given = {**params, "padding": tuple(before for before, _ in padding)}
        if any(after > before for before, after in padding):
            given["ceil_mode"] = True
        return given

    def most(x: torch.Tensor, **params: Any) -> torch.Tensor:
        y = largest(channels(x), **beyond(params))
        return y.reshape(*x.shape[: x.ndim - rank], *y.shape[1:])

    def average(x: torch.Tensor, **params: Any) -> torch.Tensor:
        given = beyond(params)
        if given.pop("ceil_mode", False):  # what lies beyond counts as 0 here
            sides = [(0, after - before) for before, after in params["padding"]]
            x = torch.nn.functional.pad(x, [n for side in reversed(sides) for n in side])
        y = mean(channels(x), **given)
        return y.reshape(*x.shape[: x.ndim - rank], *y.shape[1:])

    def picked(u: torch.Tensor, x: torch.Tensor, **params: Any) -> torch.Tensor:
        _, at = largest(channels(x), return_indices=True, **beyond(params))
        found = channels(u).flatten(1).gather(1, at.flatten(1))
        return found.reshape(*x.shape[: x.ndim - rank], *at.shape[1:])

    def sent(pool: Callable[..., torch.Tensor]) -> Callable[..., torch.Tensor]:
        def back(g: torch.Tensor, x: torch.Tensor, **params: Any) -> torch.Tensor:
            there = x.detach().requires_grad_()
            return torch.autograd.grad(pool(there, **params), there, g, create_graph=True)[0]

        return back

    return {
        f"max_pool{rank}d": most,
        f"max_pool{rank}d_pick": picked,
        f"max_pool{rank}d_input": sent(most),
        f"avg_pool{rank}d": average,
        f"avg_pool{rank}d_input": sent(average),
    }


def _convolution(rank: int) -> dict[str, Callable[..., Any]]:
    conv = getattr(torch.nn.functional, f"conv{rank}d")
    to_input = getattr(torch.nn.grad, f"conv{rank}d_input")
    to_weight = getattr(torch.nn.grad, f"conv{rank}d_weight")
    return {
        f"conv{rank}d": lambda x, w, **kw: conv(x, w, None, **kw),
        f"conv{rank}d_input": lambda g, w, like, **kw: to_input(like.shape, w, g, **kw),
        f"conv{rank}d_weight": lambda x, g, like, **kw: to_weight(x, like.shape, g, **kw),
    }


def _tossed(like: torch.Tensor, turn: torch.Tensor, seed: int, stream: str, p: float) -> Any:
    return torch.tensor(uniform(seed, f"{stream}/{int(turn)}", tuple(like.shape)) < p) * 1.0


F = torch.nn.functional
TORCH: dict[str, Callable[..., Any]] = {
    **{
        name: getattr(torch, name)
        for name in [
            "add",
            "sub",
            "mul",
            "div",
            "neg",
            "pow",
            "square",
            "exp",
            "log",
            "sqrt",
            "abs",
            "sign",
            "maximum",
            "minimum",
            "gt",
            "ge",
            "eq",
            "where",
            "matmul",
            "relu",
            "sigmoid",
            "tanh",
        ]
    },
    "heaviside": lambda x, at_zero: torch.heaviside(x, torch.tensor(at_zero, dtype=x.dtype)),
    "sum": lambda x, axes, keepdims: x.sum(axes, keepdims),
    "mean": lambda x, axes, keepdims: x.mean(axes, keepdims),
    "amax": lambda x, axes, keepdims: x.amax(axes, keepdims),
    "divide_by_count": lambda x, like, axes: x / np.prod([like.shape[a] for a in axes]),
    "share_of_max": lambda x, axes: torch.autograd.grad(
        (y := x.detach().requires_grad_()).amax(axes).sum(), y
    )[0],
    "identity": torch.clone,
    "detach": torch.detach,
    "cast_like": lambda x, like: x.to(like.dtype),
    "permute": lambda x, axes: x.permute(*axes),
    "reshape": lambda x, to: x.reshape(to),
    "reshape_like": lambda x, like: x.reshape(like.shape),
    "broadcast_like": lambda x, like: x.expand_as(like),
    "expand_like": lambda x, like, axes, keepdims: (
        x
        if keepdims
        else x.reshape([1 if i - like.ndim in axes else n for i, n in enumerate(like.shape)])
    ).expand_as(like),
    "sum_like": lambda x, like: x.sum_to_size(like.shape),
    "getitem": lambda x, index: x[_places(x, index)].reshape(_kept(x, index)),
    "put_like": lambda g, like, index: torch.zeros_like(like).index_put(
        _places(like, index), g.reshape([1 if isinstance(i, int) else -1 for i in index])
    ),
    "index_select": lambda x, i, axis: x.movedim(axis, 0)[i].movedim(
        tuple(range(i.ndim)), tuple(range(x.ndim + axis, x.ndim + axis + i.ndim))
    ),
    "index_add_like": lambda g, i, like, axis: torch.zeros_like(like).index_add(
        axis, i.flatten(), g.flatten(like.ndim + axis, like.ndim + axis + i.ndim - 1)
    ),
    "gather": lambda x, i, axis: x.gather(axis, i),
    "scatter_add_like": lambda g, i, like, axis: torch.zeros_like(like).scatter_add(axis, i, g),
    "cat": lambda *xs, axis: torch.cat(xs, axis),
    "cat_part": lambda g, *xs, axis, part: g.split([x.shape[axis] for x in xs], axis)[part],
    "put_part": lambda g, *xs, axis, part: torch.cat(
        [g if n == part else torch.zeros_like(x) for n, x in enumerate(xs)], axis
    ),
    "leaky_relu": F.leaky_relu,
    "softplus": F.softplus,
    **_pooling(1),
    **_pooling(2),
    **_convolution(1),
    **_convolution(2),
    "bernoulli": _tossed,
    "cumsum": lambda x, axis, reverse: (
        x.flip(axis).cumsum(axis).flip(axis) if reverse else x.cumsum(axis)
    ),
    "pad": lambda x, pads, value: F.pad(
        x, [n for pair in reversed(pads) for n in pair], value=value
    ),
    "unsqueeze": lambda x, axes: x[
        tuple(
            None if n - x.ndim - len(axes) in axes else slice(None)
            for n in range(x.ndim + len(axes))
        )
    ],
    "causal_mask": lambda x: torch.ones(x.shape[-2:], dtype=bool).tril(),
    "einsum": lambda *xs, equation: torch.einsum(equation, *xs),
    "erf": torch.erf,
    "elu": F.elu,
    "clamp_min": lambda x, min, at_bound: _clamped(x, min, torch.inf, at_bound),
    "clamp_max": lambda x, max, at_bound: _clamped(x, -torch.inf, max, at_bound),
    "softmax": lambda x, axis: x.softmax(axis),
    "log_softmax": lambda x, axis: x.log_softmax(axis),
    "mse_loss": F.mse_loss,
    "binary_cross_entropy": F.binary_cross_entropy,
    "binary_cross_entropy_with_logits": F.binary_cross_entropy_with_logits,
    "cross_entropy": F.cross_entropy,
}
NO_TARGET_GRADIENT = ("binary_cross_entropy",)  # PyTorch has none; differences check ours


@pytest.mark.parametrize(("op", "example"), CASES)
def test_pytorch_agrees_forward_gradient_and_second_gradient(op: Op, example: Example) -> None:
    inputs = leaves(op, example)
    output = apply(op.name, *inputs, **example.params)
    theirs = [torch.tensor(x.array.copy()) for x in inputs]
    asked = [n for n in range(len(inputs)) if op.pullback(n) is not None]
    if op.name in NO_TARGET_GRADIENT:
        asked = asked[:1]
    for n in asked:
        theirs[n].requires_grad_()
    answer = TORCH[op.name](*theirs, **example.params)
    np.testing.assert_allclose(output.array, answer.detach().numpy(), rtol=1e-9, atol=1e-12)
    if not asked:
        return
    rates = np.sin(np.arange(output.array.size) + 1.0).reshape(output.array.shape)
    seed = tensor(rates)
    first = gradients(output, [inputs[n] for n in asked], seed=seed)
    expected = torch.autograd.grad(
        answer, [theirs[n] for n in asked], torch.tensor(rates), create_graph=True
    )
    close = 1e-8 if example.kink else 1e-9  # PyTorch holds the divisor at a float32 1e-12
    for n, g in zip(asked, expected, strict=True):
        np.testing.assert_allclose(
            first[inputs[n]].array, g.detach().numpy(), rtol=close, atol=1e-12
        )
    if example.kink:
        return
    ours = [(first[inputs[n]].square()).sum() for n in asked]
    total = ours[0]
    for part in ours[1:]:
        total = total + part
    second = gradients(total, [inputs[n] for n in asked])
    whole = sum((g**2).sum() for g in expected)
    if not whole.requires_grad:
        return
    checked = torch.autograd.grad(whole, [theirs[n] for n in asked], allow_unused=True)
    for n, g in zip(asked, checked, strict=True):
        mine = second[inputs[n]].array if inputs[n] in second else np.zeros(inputs[n].array.shape)
        want = np.zeros(mine.shape) if g is None else g.numpy(force=True)
        np.testing.assert_allclose(mine, want, rtol=1e-9, atol=1e-11)
