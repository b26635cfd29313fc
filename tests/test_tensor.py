"""Tensors: operators, indexing, shapes, and that nobody can change what was recorded."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

import whygrad as wg
from whygrad.engine.dims import Dim
from whygrad.engine.tensor import Tensor, annotate, apply, at_part, current_annotation, tensor
from whygrad.errors import ShapeError, UnknownName, WhygradError

A = np.array([[1.0, -2.0, 0.5], [3.0, 4.0, -0.25]])
B = np.array([[2.0, 1.0, -1.0], [0.5, 3.0, 4.0]])

OPERATORS: dict[str, Callable[[Any, Any], Any]] = {
    "add": lambda a, b: a + b,
    "sub": lambda a, b: a - b,
    "mul": lambda a, b: a * b,
    "div": lambda a, b: a / b,
    "power": lambda a, b: abs(a) ** b,
    "radd": lambda a, b: 2 + a,
    "rsub": lambda a, b: 2 - a,
    "rmul": lambda a, b: 2.5 * a,
    "rdiv": lambda a, b: 1 / a,
    "rpow": lambda a, b: 2**a,
    "square": lambda a, b: a**2,
    "cube": lambda a, b: a**3,
    "neg": lambda a, b: -a,
    "abs": lambda a, b: abs(a),
    "above": lambda a, b: a > b,
    "at least": lambda a, b: a >= b,
    "below": lambda a, b: a < b,
    "at most": lambda a, b: a <= b,
    "equal": lambda a, b: a == b,
    "unequal": lambda a, b: a != b,
    "equal to a number": lambda a, b: a == 0.5,
    "a row": lambda a, b: a * b[0],
    "matmul": lambda a, b: a @ b.T,
}


@pytest.mark.parametrize("name", OPERATORS)
def test_operators_do_what_numpy_does(name: str) -> None:
    ours = OPERATORS[name](tensor(A), tensor(B))
    theirs = OPERATORS[name](A, B)
    assert isinstance(ours, Tensor)
    assert ours.dtype == theirs.dtype
    np.testing.assert_allclose(ours.array, theirs, rtol=1e-15)


@pytest.mark.parametrize("other", [B, B.tolist(), B[0], 3, 2.5, True, np.float64(2), np.int64(2)])
def test_numbers_lists_and_arrays_join_in_from_either_side(other: Any) -> None:
    a = tensor(A)
    for ours, theirs in [(a + other, A + other), (other - a, other - A), (a / other, A / other)]:
        np.testing.assert_array_equal(ours.array, theirs)
        assert {i.role for i in ours.inputs} <= {"input", "constant"}
    if isinstance(other, np.ndarray) and other.ndim == 2:
        np.testing.assert_allclose((other @ a.T).array, other @ A.T)


def test_float32_stays_float32() -> None:
    x = tensor(A.astype(np.float32))
    for made in (x + 1, 2.0 * x, x**2, x.tanh(), x.mean(), x @ x.T, x[0]):
        assert made.dtype == np.float32
    assert (x + tensor(A)).dtype == np.float64
    assert (x > 0).dtype == bool
    whole = tensor([1, 2], dtype=int)
    assert (whole + 1).dtype == (whole @ whole).dtype == np.float64
    assert (whole @ whole).item() == 5


@pytest.mark.parametrize(
    "index",
    [
        0,
        -1,
        np.int64(1),
        (1, 2),
        (0, slice(None)),
        slice(1, None),
        (slice(None), slice(0, 3, 2)),
        (..., 1),
        (0, ...),
        ...,
        (slice(None, None, -1), 0),
        (..., slice(-2, None)),
        slice(5, 9),
    ],
    ids=str,
)
def test_basic_indexing(index: Any) -> None:
    np.testing.assert_array_equal(tensor(A)[index].array, A[index])
    x = tensor(A)
    expected = np.zeros(A.shape)
    expected[index] = 1
    np.testing.assert_array_equal(wg.grad(lambda x: x[index].sum())(x).array, expected)


@pytest.mark.parametrize("index", [[1, 0, 1], np.array([-1, 0]), tensor([1, 1], dtype=int), [1.0]])
def test_rows_by_a_list(index: Any) -> None:
    rows = index.array if isinstance(index, Tensor) else np.asarray(index, dtype=int)
    np.testing.assert_array_equal(tensor(A)[index].array, A[rows])


@pytest.mark.parametrize(
    ("index", "says"),
    [
        (2, "index 2 is outside axis 0 of (2, 3); allowed: -2 to 1"),
        ((0, 0, 0), "more axes"),
        ((..., ...), "more axes"),
        ("a", "index 'a' is not allowed"),
        (1.5, "index 1.5 is not allowed"),
        (True, "index true is not allowed"),
        (None, "index None is not allowed"),
        (slice("a", None), "is not allowed"),
        (slice(None, None, 0), "the step not 0"),
        ([0.5], "must be whole numbers"),
        ([True, False], "must be whole numbers"),
        ([2], "index 2 is outside -2 to 1"),
    ],
    ids=str,
)
def test_an_index_that_means_nothing(index: Any, says: str) -> None:
    with pytest.raises(ShapeError) as caught:
        tensor(A)[index]
    assert says in str(caught.value)


def test_a_single_number_has_no_rows_and_no_length() -> None:
    with pytest.raises(ShapeError, match="no rows"):
        tensor(1.0)[[0]]
    with pytest.raises(TypeError, match="no length"):
        len(tensor(1.0))
    assert len(tensor(A)) == 2
    assert [row.tolist() for row in tensor(A)] == A.tolist()


@pytest.mark.parametrize(
    ("a", "b"), [((3,), (3,)), ((3,), (3, 2)), ((2, 3), (3,)), ((2, 3), (3, 2))]
)
def test_matmul_of_lists_and_tables(a: tuple[int, ...], b: tuple[int, ...]) -> None:
    rng = np.random.default_rng(0)
    left, right = rng.normal(size=a), rng.normal(size=b)
    ours = tensor(left) @ tensor(right)
    np.testing.assert_allclose(ours.array, left @ right, rtol=1e-14)
    assert ours.shape == (left @ right).shape
    grads = wg.grad(lambda p, q: (p @ q).square().sum(), argnums=(0, 1))(left, right)
    p, q = (torch.tensor(m, requires_grad=True) for m in (left, right))
    (p @ q).square().sum().backward()
    for mine, theirs in zip(grads, (p.grad, q.grad), strict=True):
        assert theirs is not None
        np.testing.assert_allclose(mine.array, theirs.numpy(), rtol=1e-12)


@pytest.mark.parametrize(
    ("a", "b", "says"),
    [
        ((2, 3), (2, 3), "matmul: (2, 3) @ (2, 3) do not fit"),
        ((), (3,), "() @ (3,): a single number"),
        ((2, 2, 3), (3, 3, 2), "matmul: shapes (2,) and (3,)"),
    ],
)
def test_matrices_that_do_not_fit(a: tuple[int, ...], b: tuple[int, ...], says: str) -> None:
    with pytest.raises(ShapeError) as caught:
        tensor(np.zeros(a)) @ tensor(np.zeros(b))
    assert says in str(caught.value)


def test_shapes_that_do_not_fit_are_both_named() -> None:
    with pytest.raises(ShapeError, match=r"add: shapes \(2, 3\) and \(2,\) do not fit"):
        tensor(A) + tensor([1.0, 2.0])


def test_reshape() -> None:
    x = tensor(A)
    for to in ((3, 2), (-1,), (1, 6), (2, -1)):
        np.testing.assert_array_equal(x.reshape(*to).array, A.reshape(to))
        np.testing.assert_array_equal(x.reshape(list(to)).array, A.reshape(to))
    assert x.reshape(np.int64(6)).shape == (6,)
    for to in ((4, 2), (-1, -1), (-2, -3), (0, -1), ()):
        with pytest.raises(ShapeError, match="do not fill"):
            x.reshape(*to)
    with pytest.raises(ShapeError, match="'6' is not a size"):
        x.reshape("6")


def test_a_reshape_keeps_the_names_of_sizes() -> None:
    x = tensor(np.zeros((4, 2, 3)))
    x.shape = (Dim("batch", 4), 2, 3)
    assert isinstance(x.reshape(-1, 6).shape[0], Dim)
    assert isinstance(x.reshape(x.shape[0], 6).shape[0], Dim)
    assert not isinstance(x.reshape(8, -1).shape[0], Dim)
    flat = x.reshape(-1)
    assert flat.reshape(2, 3, x.shape[0]).shape == (2, 3, 4)
    assert flat.params["to"] == (-1,)


def test_axes_change_places() -> None:
    x = tensor(np.arange(24.0).reshape(2, 3, 4))
    assert x.permute(2, 0, -2).shape == (4, 2, 3)
    assert x.transpose(0, -1).shape == (4, 3, 2)
    assert x.T.shape == (4, 3, 2)
    assert x.mT.shape == (2, 4, 3)
    for bad in ((0, 1), (0, 0, 1), (3, 0, 1), (5, 0, 1)):
        with pytest.raises(ShapeError):
            x.permute(*bad)
    with pytest.raises(ShapeError, match="there is no axis 2; allowed: -2 to 1"):
        tensor(A).sum(2)
    with pytest.raises(ShapeError, match="allowed: none: the value is a single number"):
        tensor(1.0).sum(0)
    with pytest.raises(ShapeError, match="named twice"):
        tensor(A).sum((0, -2))


def test_what_has_no_largest() -> None:
    empty = tensor(np.zeros((0, 3)))
    assert empty.sum(0).tolist() == [0, 0, 0]
    for attempt in (
        lambda: empty.amax(0),
        lambda: wg.softmax(empty, 0),
        lambda: empty[tensor([0], dtype=int)],
        lambda: wg.nn.functional.cross_entropy(empty.T, empty.T),
    ):
        with pytest.raises(ShapeError):
            attempt()


def test_reading() -> None:
    x = tensor(A, name="x")
    assert (x.ndim, x.dtype.name, x.tolist()) == (2, "float64", A.tolist())
    assert repr(tensor([1.0, 2.5], name="x")) == "tensor([1. , 2.5], name='x')"
    assert repr(tensor(1.0)) == "tensor(1.)"
    assert float(tensor([[2.0]])) == tensor(2.0).item() == 2.0
    assert bool(tensor(0.0)) is False
    for several in (x, tensor([])):
        with pytest.raises(ShapeError, match="item.. needs one number"):
            several.item()
    with pytest.raises(ShapeError):
        bool(x)
    assert x.max(1).tolist() == [1.0, 4.0]
    for name in ("exp", "sqrt", "log", "abs", "square", "sigmoid", "tanh"):
        np.testing.assert_allclose(
            getattr(tensor(B**2), name)().array,
            getattr(torch.tensor(B**2), name)().numpy(),
            rtol=1e-14,
        )
    assert x.relu().tolist() == np.maximum(A, 0).tolist()


@pytest.mark.parametrize(
    ("data", "dtype", "made"),
    [
        ([1, 2], None, "float64"),
        (np.float32([1, 2]), None, "float32"),
        ([True], None, "bool"),
        (np.float16([1]), None, "float64"),
        ([1], "float32", "float32"),
        ([1], np.uint8, "int64"),
        ([1], "int32", "int32"),
        ([1.0], ">f8", "float64"),
        (np.array([1, 2], np.uint8), None, "float64"),
        (tensor([1.0]), None, "float64"),
    ],
    ids=str,
)
def test_dtypes(data: Any, dtype: Any, made: str) -> None:
    got = tensor(data, dtype=dtype)
    assert got.dtype.name == made
    assert got.dtype.isnative
    assert got.tolist() == [float(x) for x in np.asarray(getattr(data, "data", data))]


@pytest.mark.parametrize(
    "data", [[[1], [1, 2]], "abc", None, [1, None], 1j, {}, [10**400]], ids=str
)
def test_what_is_not_numbers_is_refused(data: Any) -> None:
    with pytest.raises(WhygradError, match="tensor:"):
        tensor(data)


def test_an_op_says_what_it_must_be_given() -> None:
    x = tensor(A)
    with pytest.raises(WhygradError, match="input 1 must hold whole numbers, but holds float64"):
        apply("index_select", x, tensor([0.0]), axis=-2)
    with pytest.raises(WhygradError, match="input 0 must hold truths"):
        apply("where", x, x, x)
    with pytest.raises(UnknownName, match="did you mean 'tanh'"):
        apply("tahn", x)


# --- the past cannot be changed ---------------------------------------------------------------


def test_writing_to_what_went_in_or_came_out_changes_nothing() -> None:
    mine = A.copy()
    x = tensor(mine)
    loss = (x[0] * x.T.reshape(3, 2).sum(1)).sum()
    before = loss.item(), x.tolist()
    mine[:] = 100.0
    copied = x.numpy()
    copied[:] = 100.0
    assert (loss.item(), x.tolist()) == before
    for made in (x, x[0], x.T, x.reshape(6), x.sum(0), loss, x.mT[0]):
        with pytest.raises(ValueError, match="read-only"):
            made.array[...] = 1.0
    assert wg.grad(lambda x: x.square().sum())(x).tolist() == (2 * A).tolist()


def test_columns_of_memory_give_the_same_bits_as_rows() -> None:
    rng = np.random.default_rng(3)
    a, b = rng.normal(size=(7, 5)), rng.normal(size=(5, 3))
    by_rows = tensor(a) @ tensor(b)
    by_columns = tensor(np.asfortranarray(a)) @ tensor(np.asfortranarray(b))
    assert by_rows.array.tobytes() == by_columns.array.tobytes()


# --- marks ------------------------------------------------------------------------------------


def test_steps_are_marked_with_where_they_were_recorded() -> None:
    x = tensor(1.0)
    with annotate(phase="loss", part=("a",)):
        with annotate(part=("b",)):
            inner = x + 1
        with at_part(("c",)):
            other = x + 1
        assert current_annotation().part == ("a",)
    assert (inner.annotation.phase, inner.annotation.part) == ("loss", ("a", "b"))
    assert (other.annotation.phase, other.annotation.part) == ("loss", ("c",))
    assert (x + 1).annotation.phase == "forward"
    with pytest.raises(ZeroDivisionError), annotate(phase="update"):
        raise ZeroDivisionError
    assert current_annotation().phase == "forward"


def test_naming_keeps_the_tensor() -> None:
    x = tensor(3.0)
    assert wg.grad(lambda x: x * x.named("a"))(x).item() == 6.0
    assert wg.grad(lambda y: (y * 1.0).named("b") ** 2)(x).item() == 6.0
    assert (x * 2).named("twice").name == "twice"
