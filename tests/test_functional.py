"""Functions by PyTorch's names do what PyTorch's do."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

import whygrad as wg
from whygrad.engine.tensor import apply, tensor
from whygrad.errors import ShapeError, WhygradError

A = np.array([[1.0, -2.0, 0.5], [3.0, 4.0, -0.25]])
B = np.array([[2.0, 1.0, -1.0], [0.5, 3.0, 4.0]])
SAME: dict[str, Callable[[Any, Any, Any], Any]] = {
    "add": lambda lib, a, b: lib.add(a, b),
    "add a number": lambda lib, a, b: lib.add(a, 2),
    "sub": lambda lib, a, b: lib.sub(a, b),
    "mul": lambda lib, a, b: lib.mul(a, b),
    "div": lambda lib, a, b: lib.div(a, b),
    "neg": lambda lib, a, b: lib.neg(a),
    "pow": lambda lib, a, b: lib.pow(b.abs(), 1.5),
    "square": lambda lib, a, b: lib.square(a),
    "exp": lambda lib, a, b: lib.exp(a),
    "log": lambda lib, a, b: lib.log(b * b),
    "sqrt": lambda lib, a, b: lib.sqrt(a * a),
    "abs": lambda lib, a, b: lib.abs(a),
    "maximum": lambda lib, a, b: lib.maximum(a, b),
    "minimum": lambda lib, a, b: lib.minimum(a, b),
    "where": lambda lib, a, b: lib.where(a > b, a, b),
    "sum": lambda lib, a, b: lib.sum(a, 0),
    "mean": lambda lib, a, b: lib.mean(a, (0, 1), True),
    "amax": lambda lib, a, b: lib.amax(a, -1),
    "permute": lambda lib, a, b: lib.permute(a, (1, 0)),
    "transpose": lambda lib, a, b: lib.transpose(a, 0, 1),
    "reshape": lambda lib, a, b: lib.reshape(a, (3, -1)),
    "matmul": lambda lib, a, b: lib.matmul(a, lib.transpose(b, 0, 1)),
    "cat": lambda lib, a, b: lib.cat([a, b], 1),
    "softmax": lambda lib, a, b: lib.softmax(a, 0),
    "log_softmax": lambda lib, a, b: lib.log_softmax(a, 1),
}


@pytest.mark.parametrize("name", SAME)
def test_functions_and_their_gradients(name: str) -> None:
    p, q = (torch.tensor(m, requires_grad=True) for m in (A, B))
    theirs = SAME[name](torch, p, q)
    theirs.square().sum().backward()
    np.testing.assert_allclose(SAME[name](wg, tensor(A), tensor(B)).array, theirs.detach())
    ours = wg.grad(lambda a, b: SAME[name](wg, a, b).square().sum(), argnums=(0, 1))(A, B)
    for mine, one in zip(ours, (p, q), strict=True):
        want = np.zeros(A.shape) if one.grad is None else one.grad.numpy()
        np.testing.assert_allclose(mine.array, want, rtol=1e-9, atol=1e-12)


def test_numbers_on_either_side_take_the_others_dtype() -> None:
    x = tensor(np.float32([1.0, 2.0]))
    for made in (
        wg.add(x, 1),
        wg.sub(2, x),
        wg.mul(0.5, x),
        wg.maximum(x, 1.5),
        wg.where(True, x, 0),
    ):
        assert made.dtype == np.float32
    assert wg.add(1, 2).item() == 3.0
    assert wg.sub(2, x).tolist() == [1.0, 0.0]
    assert wg.sub(x, [1.0, 1.0]).tolist() == [0.0, 1.0]
    assert wg.sub([1.0, 1.0], x).tolist() == [0.0, -1.0]
    assert wg.where([0, 2], x, -x).tolist() == [-1.0, 2.0]


def test_picking() -> None:
    assert wg.index_select(A, 1, [2, 0]).tolist() == A[:, [2, 0]].tolist()
    assert wg.gather(A, 1, [[2], [0]]).tolist() == [[0.5], [3.0]]
    with pytest.raises(ShapeError, match="index 3 is outside 0 to 2"):
        wg.index_select(A, 1, [3])
    with pytest.raises(ShapeError, match="index -1 is outside 0 to 2"):
        wg.gather(A, 1, [[-1], [0]])
    with pytest.raises(ShapeError, match="must be whole numbers"):
        wg.gather(A, 1, [[0.5], [0]])


LAST, WAVE = {"axis": -1}, np.ones((1, 1, 3))
SLIDE = {"stride": (1,), "padding": (0,), "dilation": (1,), "groups": 1}
POOL = {"kernel_size": (3,), "stride": (1,), "padding": (0,)}
WRONG: list[tuple[str, list[Any], dict[str, Any], str]] = [
    ("mse_loss", [A, B[0]], {}, r"prediction \(2, 3\) and target \(3,\) must have the same"),
    ("cross_entropy", [1.0, 1.0], {}, "need an axis of classes"),
    ("matmul", [A[0], B], {}, "both must have rows and columns"),
    ("reshape_like", [A, B[0]], {}, "do not hold equally many"),
    ("expand_like", [A, B], {"axes": (-1,), "keepdims": False}, "is not .* without axes"),
    ("broadcast_like", [A, B[0]], {}, "cannot be spread"),
    ("sum_like", [A[0], B], {}, "was not spread"),
    ("put_like", [A, B], {"index": (0, 0)}, "does not fit"),
    ("index_add_like", [A, [0], B], LAST, "was not picked from"),
    ("gather", [A, [0]], LAST, "must be alike but for axis"),
    ("scatter_add_like", [A, [[0], [0]], B], LAST, "must be alike"),
    ("cat", [A, B[0]], LAST, "must be alike but for axis"),
    ("cat", [], LAST, "give at least one"),
    ("cat_part", [A, A, A], {"axis": -1, "part": 0}, "is not the inputs joined"),
    ("put_part", [A, B[0], B[0]], {"axis": -1, "part": 0}, "is not part 0"),
    ("permute", [A], {"axes": (-1,)}, "must name each axis"),
    ("index_select", [np.zeros((0, 3)), [0]], {"axis": -2}, "has nothing to pick along axis -2"),
    ("conv1d_input", [WAVE, WAVE, WAVE], SLIDE, r"\(1, 1, 3\) arrives, but was \(1, 1, 1\)"),
    ("max_pool1d_pick", [A, B[0]], POOL, r"\(2, 3\) arrives, but was \(3,\)"),
    ("max_pool1d_input", [A, B], POOL, r"\(2, 3\) arrives, but was \(2, 1\)"),
    ("bernoulli", [A, A], {"seed": 0, "stream": "s", "p": 0.5}, "the turn must be one number"),
    ("causal_mask", [A[0]], {}, "has no rows and columns"),
    ("pad", [A[0]], {"pads": ((1, 1), (1, 1)), "value": 0.0}, "has no 2 axes to pad"),
    ("pad", [A[0]], {"pads": ((1, -1),), "value": 0.0}, "two numbers of 0 or more"),
]


@pytest.mark.parametrize("case", range(len(WRONG)))
def test_shapes_that_an_op_refuses(case: int) -> None:
    name, inputs, params, says = WRONG[case]
    given = [
        tensor(x, dtype=int if n == 1 and isinstance(x, list) else float)
        for n, x in enumerate(inputs)
    ]
    with pytest.raises(ShapeError, match=says):
        apply(name, *given, **params)


@pytest.mark.parametrize(("low", "high"), [(None, 1.0), (-0.5, None), (-0.5, 1.0)])
def test_clamp(low: float | None, high: float | None) -> None:
    theirs = torch.tensor(A, requires_grad=True)
    theirs.clamp(low, high).square().sum().backward()
    np.testing.assert_array_equal(wg.clamp(A, low, high).array, np.clip(A, low, high))
    mine = wg.grad(lambda x: wg.clamp(x, low, high).square().sum())(A)
    np.testing.assert_array_equal(mine.array, theirs.grad.numpy())  # type: ignore[union-attr]
    with pytest.raises(WhygradError, match="give min, max or both"):
        wg.clamp(A)


def test_long_rows_are_added_up_pairwise() -> None:
    x = np.sin(np.arange(6000.0)).reshape(2, 3000)
    exact = [math.fsum(np.exp(row)) for row in x]
    assert wg.logsumexp(x, -1).tolist() == pytest.approx(np.log(exact), rel=1e-15)
    shares = wg.softmax(x, -1).array
    np.testing.assert_allclose(shares, np.exp(x) / np.array(exact)[:, None], rtol=2e-15)


@pytest.mark.parametrize(
    ("equation", "operands", "says"),
    [
        ("ij;jk->ik", (A, B), "is not an equation such as 'ij,jk->ik'"),
        ("i->ii", (A[0],), "'ii' in 'i->ii' names a letter twice"),
        ("ij->k", (A,), "no input of 'ij->k' has the letter 'k'"),
        ("ij,jk->ik", (A,), "is for 2 inputs, but there are 1"),
        ("ijk->i", (A,), r"'ijk' in 'ijk->i' names 3 axes, but the input is \(2, 3\)"),
        ("ij,jk->ik", (A, B), r"'j' in 'ij,jk->ik' is 3 in \(2, 3\) and 2 in \(2, 3\)"),
    ],
)
def test_equations_that_do_not_fit(equation: str, operands: tuple[Any, ...], says: str) -> None:
    with pytest.raises(ShapeError, match=says):
        wg.einsum(equation, *operands)
    assert wg.einsum("ij, kj", A, B).tolist() == (A @ B.T).tolist()


def test_cat_of_nothing_and_of_one() -> None:
    with pytest.raises(ShapeError, match="at least one tensor"):
        wg.cat([])
    assert wg.cat([A]).tolist() == A.tolist()


def test_cross_entropy_of_class_numbers() -> None:
    F = wg.nn.functional
    expected = torch.nn.functional.cross_entropy(torch.tensor(A), torch.tensor([2, 0])).item()
    for target in ([2, 0], np.array([2, 0]), tensor([2, 0], dtype=int), np.eye(3)[[2, 0]]):
        assert F.cross_entropy(A, target).item() == pytest.approx(expected, rel=1e-12)
    for bad in ([3, 0], [-1, 0], [0.5, 0]):
        with pytest.raises(WhygradError, match="is not one of 0 to 2"):
            F.cross_entropy(A, bad)


@pytest.mark.parametrize("name", ["sum", "mean", "amax"])
@pytest.mark.parametrize("keepdim", [False, True])
def test_no_axes_named_are_all_axes_as_in_pytorch(name: str, keepdim: bool) -> None:
    x = np.array([[1.0, 2.0], [3.0, 5.0]])
    wanted = getattr(torch.tensor(x), name)(dim=(), keepdim=keepdim)
    for dim in ((), []):
        found = getattr(wg.tensor(x), name)(dim=dim, keepdim=keepdim)
        np.testing.assert_array_equal(found.array, wanted.numpy())
    np.testing.assert_array_equal(getattr(wg, name)(x, (), keepdim).array, wanted.numpy())


F = wg.nn.functional
NUMBERS_ONLY: list[tuple[str, Callable[[Any], Any], str]] = [
    ("min", lambda t: wg.clamp([1.0, 2.0], min=t), "wg.maximum"),
    ("max", lambda t: wg.clamp([1.0, 2.0], max=t), "wg.minimum"),
    ("at_bound", lambda t: wg.clamp([1.0, 2.0], 0.0, at_bound=t), "float"),
    ("value", lambda t: wg.pad([1.0], (1, 1), value=t), "wg.cat"),
    ("correction", lambda t: wg.var([1.0, 2.0], correction=t), "float"),
    ("negative_slope", lambda t: F.leaky_relu([-1.0], t), "wg.where"),
    ("alpha", lambda t: F.elu([-1.0], t), "wg.where"),
    ("min_val", lambda t: F.hardtanh([-1.0], t), "wg.maximum"),
    ("max_val", lambda t: F.hardtanh([-1.0], -1.0, t), "wg.minimum"),
    ("p", lambda t: F.dropout([-1.0], t), "float"),
    ("delta", lambda t: F.huber_loss([1.0], [2.0], delta=t), "float"),
    ("beta", lambda t: F.smooth_l1_loss([1.0], [2.0], beta=t), "float"),
    ("label_smoothing", lambda t: F.cross_entropy([[1.0, 2.0]], [0], label_smoothing=t), "float"),
]


@pytest.mark.parametrize(("option", "call", "instead"), NUMBERS_ONLY)
def test_a_tensor_as_a_number_is_refused_rather_than_detached(
    option: str, call: Callable[[Any], Any], instead: str
) -> None:
    given = wg.tensor(0.25)
    with pytest.raises(WhygradError, match=rf": {option} is a tensor.*{instead}"):
        call(given)
    for strange in ("0.25", [0.25], 1j, np.datetime64(1, "s"), np.array([1.0])):
        with pytest.raises(WhygradError, match=rf": {option} is .*it must be a number"):
            call(strange)
    assert repr(call(0.25)) == repr(call(np.float64(0.25)))


def test_a_number_of_numpy_takes_the_others_dtype() -> None:
    x = np.ones(2, np.float32)
    for number in (2, 2.0, np.int64(2), np.float32(2), np.float64(2)):
        assert wg.mul(x, wg.tensor(x)).dtype == wg.mul(number, wg.tensor(x)).dtype == np.float32
        assert wg.masked_fill(x, [True, False], number).dtype == np.float32


def test_a_tensor_as_a_number_passes_its_gradient_where_it_can() -> None:
    x, mask = np.array([1.0, -2.0, 3.0]), [True, False, True]
    assert wg.grad(lambda t: wg.masked_fill(x, mask, t).sum())(0.5).item() == 2.0
    assert wg.masked_fill(x, mask, 0.5).tolist() == [0.5, -2.0, 0.5]
    q = np.array([[0.5, -1.0], [1.5, 0.25]])

    def attended(scale: Any) -> Any:
        return (F.scaled_dot_product_attention(q, q, q, scale=scale) * q).sum()

    assert wg.gradcheck(attended, 0.75)
    assert attended(wg.tensor(0.75)).item() == attended(0.75).item()
    assert wg.grad(attended)(0.75).item() != 0.0


INF = math.inf
NO_LOG = np.array([[1.0, -INF, 0.5], [-INF, 2.0, 0.25]])
CLASSES = [0, 2]
WEIGHTS = np.array([1.0, 2.0, 3.0])
LOSSES: dict[str, tuple[Callable[[Any], Any], Callable[[Any], Any]]] = {}
for reduction in ("mean", "sum", "none"):
    for weight in (None, WEIGHTS):
        options = {"weight": weight, "reduction": reduction}
        theirs = {**options, "weight": None if weight is None else torch.tensor(weight)}
        name = f"{reduction}, weight {weight is not None}"
        LOSSES[f"cross entropy, {name}"] = (
            lambda x, given=options: F.cross_entropy(x, CLASSES, **given),
            lambda x, given=theirs: torch.nn.functional.cross_entropy(
                x, torch.tensor(CLASSES), **given
            ),
        )
        LOSSES[f"nll, {name}"] = (
            lambda x, given=options: F.nll_loss(F.log_softmax(x), CLASSES, **given),
            lambda x, given=theirs: torch.nn.functional.nll_loss(
                torch.log_softmax(x, -1), torch.tensor(CLASSES), **given
            ),
        )


def held_against_torch(ours: Callable[[Any], Any], theirs: Callable[[Any], Any], x: Any) -> None:
    at = torch.tensor(x, requires_grad=True)
    wanted = theirs(at)
    wanted.sum().backward()
    np.testing.assert_allclose(ours(wg.tensor(x)).array, wanted.detach(), rtol=1e-12)
    found = wg.grad(lambda x: ours(x).sum())(x).array
    np.testing.assert_allclose(found, at.grad, rtol=1e-8, atol=1e-12)


@pytest.mark.parametrize("name", LOSSES)
def test_another_class_of_probability_0_costs_nothing(name: str) -> None:
    held_against_torch(*LOSSES[name], NO_LOG)


@pytest.mark.parametrize(
    "x", [[-INF, -INF], [INF, 1.0], [-INF, 1.0], [INF, INF], [INF, -INF], [700.0, 710.0]], ids=str
)
def test_logsumexp_of_infinities(x: list[float]) -> None:
    held_against_torch(lambda x: wg.logsumexp(x, 0), lambda x: torch.logsumexp(x, 0), np.array(x))


def test_the_variance_of_too_few_is_never_negative() -> None:
    assert math.isnan(wg.var([3.0], correction=2).item())
    assert wg.var([3.0, 4.0], correction=2).item() == INF
    assert wg.var([3.0, 4.0], correction=5).item() == INF
    held_against_torch(
        lambda x: wg.var(x, correction=2), lambda x: torch.var(x, correction=2), A[0]
    )


@pytest.mark.parametrize("reduction", ["sum", "none"])
def test_binary_cross_entropy_of_certainties(reduction: str) -> None:
    p, t = [0.0, 1.0, 0.0, 1.0, 0.25, 1e-20], [1.0, 0.0, 0.0, 1.0, 0.5, 1.0]

    def loss(p: Any) -> Any:
        return F.binary_cross_entropy(p, t, reduction).sum()

    value, gradient = wg.value_and_grad(loss)(p)
    at = torch.tensor(p, dtype=torch.float64, requires_grad=True)
    wanted = torch.nn.functional.binary_cross_entropy(
        at, torch.tensor(t, dtype=torch.float64), reduction="sum"
    )
    wanted.backward()
    assert at.grad is not None
    assert value.item() == pytest.approx(wanted.item())
    wrong = [0, 1, 4, 5]
    np.testing.assert_allclose(gradient.array[wrong], at.grad[wrong], rtol=1e-8)
    assert gradient.array[[2, 3]].tolist() == [1.0, -1.0]  # sure and right: 1 / (1 - p), -1 / p


@pytest.mark.parametrize(
    ("x", "correction"), [([1.0, 3.0, 4.5], 3), ([5.0, 5.0, 1.0], 7), (np.arange(49.0), 49)]
)
@pytest.mark.filterwarnings("ignore:var")
def test_an_infinite_variance_has_an_infinite_gradient(x: Any, correction: int) -> None:
    at = torch.tensor(x, dtype=torch.float64, requires_grad=True)
    wanted = at.var(correction=correction)
    wanted.backward()
    assert at.grad is not None
    value, gradient = wg.value_and_grad(lambda x: wg.var(x, correction=correction))(x)
    assert value.item() == pytest.approx(wanted.item(), rel=1e-12)
    # PyTorch gives +inf on either side of the mean; the slope falls on the side below it
    np.testing.assert_allclose(np.abs(gradient.array), np.abs(at.grad.numpy()), rtol=1e-12)
    away = np.asarray(x) - np.mean(x)
    assert (np.sign(gradient.array) == np.sign(away))[away != 0].all()


@pytest.mark.parametrize("size", [1, 5, 64, 65, 1000])
def test_a_relu_of_nan_passes_what_arrives_whatever_the_size(size: int) -> None:
    x = np.where(np.arange(size) % 3 == 0, np.nan, np.arange(size) - 2.0)
    held_against_torch(wg.relu, torch.relu, x)


@pytest.mark.parametrize("second", [False, True])
@pytest.mark.parametrize(
    "strange", [[math.nan], [math.nan, math.nan], [-INF] * 9, [INF, -INF]], ids=str
)
@pytest.mark.parametrize("at", [0, 1, 4])
@pytest.mark.parametrize("size", [9, 40, 3000])
def test_max_pooling_of_what_is_no_number(
    size: int, at: int, strange: list[float], second: bool
) -> None:
    x = np.sin(np.arange(float(size)))
    x[at : at + len(strange)] = strange[: size - at]
    for kernel in ((2,), (3, 1, 1), (3, 2, 1), (2, 3)):
        held_against_torch(
            lambda x, k=kernel: F.max_pool1d(x.reshape(1, 1, -1), *k),
            lambda x, k=kernel: torch.nn.functional.max_pool1d(x.reshape(1, 1, -1), *k),
            x,
        )
        if second:  # what arrives is picked from where the largest was
            made = F.max_pool1d(wg.tensor(x).reshape(1, 1, -1), *kernel)
            _, moved = wg.jvp(lambda x, k=kernel: F.max_pool1d(x.reshape(1, 1, -1), *k), [x], [x])
            np.testing.assert_allclose(moved.array, made.array)


@pytest.mark.parametrize("dtypes", [("float32", "float64"), ("float64", "float32")])
def test_a_gradient_has_the_dtype_of_its_value(dtypes: tuple[str, str]) -> None:
    a, b = (wg.tensor([1.0, 2.0, 3.0], dtype=dtype) for dtype in dtypes)
    there = [
        torch.tensor([1.0, 2.0, 3.0], dtype=getattr(torch, d), requires_grad=True) for d in dtypes
    ]
    (there[0] * there[1] ** 3 / 7).sum().backward()
    found = wg.grad(lambda a, b: (a * b**3 / 7).sum(), (0, 1))(a, b)
    for mine, theirs, dtype in zip(found, there, dtypes, strict=True):
        assert mine.dtype == dtype
        np.testing.assert_allclose(mine.array, theirs.grad, rtol=1e-6)
    second = wg.grad(lambda a: (wg.grad(lambda a: (a**3 * b).sum())(a)).sum())(a)
    assert second.dtype == dtypes[0]
    np.testing.assert_allclose(second.array, 6 * a.array * b.array, rtol=1e-6)
    assert wg.var(a, correction=2).dtype == dtypes[0]


NO_AXIS: list[Any] = ["x", {"a": 1}, 1j, 1.5, [1.0], [[0]], object(), lambda x: x, int, np.ones(2)]
AXES: dict[str, Callable[[Any], Any]] = {
    "sum": lambda axis: wg.sum(A, axis),
    "mean": lambda axis: wg.mean(A, axis),
    "amax": lambda axis: wg.amax(A, axis),
    "var": lambda axis: wg.var(A, axis),
    "logsumexp": lambda axis: wg.logsumexp(A, axis),
    "softmax": lambda axis: wg.softmax(A, axis),
    "log_softmax": lambda axis: wg.log_softmax(A, axis),
    "index_select": lambda axis: wg.index_select(A, axis, [0]),
    "gather": lambda axis: wg.gather(A, axis, [[0], [0]]),
    "cat": lambda axis: wg.cat([A, A], axis),
    "stack": lambda axis: wg.stack([A, A], axis),
    "flip": lambda axis: wg.flip(A, axis),
    "split": lambda axis: wg.split(A, 1, axis),
    "squeeze": lambda axis: wg.squeeze(A, axis),
    "unsqueeze": lambda axis: wg.unsqueeze(A, axis),
    "cumsum": lambda axis: wg.cumsum(A, axis),
    "transpose": lambda axis: wg.transpose(A, axis, 0),
    "flatten": lambda axis: wg.flatten(A, axis),
    "max_pool1d": lambda size: F.max_pool1d(A, size),
    "avg_pool2d": lambda size: F.avg_pool2d(A, 1, size),
    "conv1d": lambda size: F.conv1d(np.ones((1, 1, 4)), np.ones((1, 1, 2)), dilation=size),
}


@pytest.mark.parametrize("name", AXES)
def test_what_is_no_axis_or_size_is_refused_with_a_sentence(name: str) -> None:
    for strange in (*NO_AXIS, tensor(1.0)):
        with pytest.raises(ShapeError, match="names no axis|give one whole number"):
            AXES[name](strange)
    assert repr(AXES[name](np.int64(1))) == repr(AXES[name](1))


def test_a_number_too_large_for_a_float_is_refused() -> None:
    with pytest.raises(WhygradError, match="clamp: min is too large"):
        wg.clamp(A, min=10**400)


def test_a_condition_of_numbers_is_played_again() -> None:
    iteration = wg.trace(lambda x: wg.where(x, 2.0 * x, 7.0), 0.0, 0.0, loss=lambda y, _: y.sum())
    assert iteration.run["L"] == 7.0
    x = iteration.tape.by_name["x"]
    leaves = {v.id: iteration.run.arrays[v.id] for v in iteration.tape.leaves}
    player = wg.Player(iteration.tape, {**leaves, x: np.array(3.0)})
    player.play()
    assert player.buffers[iteration.tape.loss] == 6.0
    assert wg.grad(lambda x: wg.where(x, x * x, 7.0))(3.0).item() == 6.0
