"""Functions on tensors by PyTorch's names: ``wg.exp``, ``wg.matmul``, ``wg.where`` ..."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from whygrad.dims import normalise_axes
from whygrad.errors import ShapeError
from whygrad.tensor import Tensor, apply, matmul, tensor

__all__ = [
    "abs",
    "add",
    "amax",
    "cat",
    "div",
    "exp",
    "gather",
    "index_select",
    "log",
    "matmul",
    "maximum",
    "mean",
    "minimum",
    "mul",
    "neg",
    "permute",
    "pow",
    "reshape",
    "sqrt",
    "square",
    "sub",
    "sum",
    "transpose",
    "where",
]


def as_tensor(x: Any) -> Tensor:
    """Return ``x`` if it is a tensor, else a constant made of it."""
    return x if isinstance(x, Tensor) else tensor(x, role="constant")


def _pair(a: Any, b: Any) -> tuple[Tensor, Tensor]:
    """Make both tensors; a plain number takes the other's dtype."""
    if isinstance(a, Tensor):
        return a, a.constant(b) if isinstance(b, int | float) else as_tensor(b)
    if isinstance(b, Tensor):
        return b.constant(a) if isinstance(a, int | float) else as_tensor(a), b
    return as_tensor(a), as_tensor(b)


def add(input: Any, other: Any) -> Tensor:
    """Return ``input + other``."""
    return apply("add", *_pair(input, other))


def sub(input: Any, other: Any) -> Tensor:
    """Return ``input - other``."""
    return apply("sub", *_pair(input, other))


def mul(input: Any, other: Any) -> Tensor:
    """Return ``input * other``, element by element."""
    return apply("mul", *_pair(input, other))


def div(input: Any, other: Any) -> Tensor:
    """Return ``input / other``."""
    return apply("div", *_pair(input, other))


def neg(input: Any) -> Tensor:
    """Return ``-input``."""
    return apply("neg", as_tensor(input))


def pow(input: Any, exponent: Any) -> Tensor:
    """Return ``input ** exponent``."""
    return as_tensor(input) ** exponent


def square(input: Any) -> Tensor:
    """Return ``input * input``."""
    return apply("square", as_tensor(input))


def exp(input: Any) -> Tensor:
    """Return e to the power of each element."""
    return apply("exp", as_tensor(input))


def log(input: Any) -> Tensor:
    """Return the natural logarithm of each element."""
    return apply("log", as_tensor(input))


def sqrt(input: Any) -> Tensor:
    """Return the square root of each element."""
    return apply("sqrt", as_tensor(input))


def abs(input: Any) -> Tensor:
    """Return each element without its sign. At 0 the slope is taken as 0."""
    return apply("abs", as_tensor(input))


def maximum(input: Any, other: Any) -> Tensor:
    """Return the larger of two, element by element; where equal, each gets half the gradient."""
    return apply("maximum", *_pair(input, other))


def minimum(input: Any, other: Any) -> Tensor:
    """Return the smaller of two, element by element; where equal, each gets half the gradient."""
    return apply("minimum", *_pair(input, other))


def where(condition: Any, input: Any, other: Any) -> Tensor:
    """Return ``input`` where the condition holds (is not 0), else ``other``."""
    test = as_tensor(condition)
    if test.dtype.kind != "b":
        test = tensor(test.data != 0, dtype=bool, role="constant")
    return apply("where", test, *_pair(input, other))


def sum(input: Any, dim: int | Sequence[int] | None = None, keepdim: bool = False) -> Tensor:
    """Add up along axes (all, if ``dim`` is None)."""
    return as_tensor(input).sum(dim, keepdim)


def mean(input: Any, dim: int | Sequence[int] | None = None, keepdim: bool = False) -> Tensor:
    """Average along axes (all, if ``dim`` is None)."""
    return as_tensor(input).mean(dim, keepdim)


def amax(input: Any, dim: int | Sequence[int] | None = None, keepdim: bool = False) -> Tensor:
    """Take the largest along axes; where several are largest they share the gradient equally."""
    return as_tensor(input).amax(dim, keepdim)


def permute(input: Any, dims: Sequence[int]) -> Tensor:
    """Put the axes in another order."""
    return as_tensor(input).permute(*dims)


def transpose(input: Any, dim0: int, dim1: int) -> Tensor:
    """Swap two axes."""
    return as_tensor(input).transpose(dim0, dim1)


def reshape(input: Any, shape: Sequence[int]) -> Tensor:
    """Give the numbers another shape; one -1 stands for what is left."""
    return as_tensor(input).reshape(*shape)


def index_select(input: Any, dim: int, index: Any) -> Tensor:
    """Return the rows along ``dim`` that ``index``, a list of whole numbers, names."""
    x = as_tensor(input)
    (axis,) = normalise_axes("index_select", dim, x.ndim)
    return apply("index_select", x, _whole(index, x.shape[axis]), axis=axis)


def gather(input: Any, dim: int, index: Any) -> Tensor:
    """Return, for each place, the element along ``dim`` that ``index`` names there."""
    x = as_tensor(input)
    (axis,) = normalise_axes("gather", dim, x.ndim)
    return apply("gather", x, _whole(index, x.shape[axis]), axis=axis)


def _whole(index: Any, size: int) -> Tensor:
    made = index if isinstance(index, Tensor) else tensor(index, dtype="int64")
    outside = made.data[(made.data < 0) | (made.data >= size)]
    if made.dtype.kind != "i" or outside.size:
        what = f"but has {outside[0]}" if outside.size else f"but are {made.dtype}"
        raise ShapeError(f"indices must be whole numbers from 0 to {int(size) - 1}, {what}")
    return made


def cat(tensors: Sequence[Any], dim: int = 0) -> Tensor:
    """Join tensors along an axis."""
    made = [as_tensor(t) for t in tensors]
    if not made:
        raise ShapeError("cat: give at least one tensor to join")
    (axis,) = normalise_axes("cat", dim, made[0].ndim)
    return apply("cat", *made, axis=axis)
