"""Operators that record.

A ``Tensor`` is a read-only array that remembers how it was made: which op, from which tensors,
with which params. Nothing is registered anywhere: the recipe *is* the record, and a tape is
written from it when one is wanted (``tape/record.py``).
"""

from __future__ import annotations

import itertools
import operator
import sys
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from types import EllipsisType
from typing import Any, cast

import numpy as np

from whygrad.engine.dims import Dim, Shape, bytes_for, normalise_axes, one_axis, show_shape
from whygrad.engine.op import DTYPES, Array, Kind, find
from whygrad.engine.ops import OPS
from whygrad.engine.roles import ParameterKind, Phase, Role
from whygrad.errors import ShapeError, WhygradError
from whygrad.option import quoted, truth

_order = itertools.count()
_PACKAGE = __name__.partition(".")[0]
_INSIDE = f"{_PACKAGE}."
_NO_TRUTHS = ("neg", "sub", "sigmoid", "erf")  # NumPy does not compute these of truths
NUMBERS = (bool, int, float, np.integer, np.floating)


@dataclass(frozen=True, slots=True)
class BackwardOf:
    """Marks a step of the backward pass: which use of which tensor it passes a gradient through.

    ``stage`` is "local" while the local derivative is worked out, "chain" for upstream x local,
    "pull" where the contribution is made in one go, and "uses" for adding up copies.
    """

    step: Tensor
    argument: int
    upstream: Tensor
    stage: str


@dataclass(frozen=True, slots=True)
class Annotation:
    """Where in an iteration we are: what new steps are marked with."""

    phase: Phase = "forward"
    part: tuple[str, ...] = ()
    reverses: BackwardOf | None = None
    source: tuple[str, int] | None = None  # found once for a whole backward pass


_recorded: ContextVar[list[int] | None] = ContextVar("recorded", default=None)
_differentiated: ContextVar[frozenset[Tensor]] = ContextVar("differentiated", default=frozenset())
_annotation: ContextVar[Annotation] = ContextVar("annotation", default=Annotation())  # noqa: B039


class Annotating:
    """Marks the steps recorded inside ``with`` with an annotation."""

    __slots__ = ("_annotation", "_token")

    def __init__(self, marks: Annotation) -> None:
        self._annotation = marks

    def __enter__(self) -> None:
        self._token = _annotation.set(self._annotation)

    def __exit__(self, *_: object) -> None:
        _annotation.reset(self._token)


def annotate(
    *, phase: Phase | None = None, part: tuple[str, ...] = (), reverses: BackwardOf | None = None
) -> Annotating:
    """Mark the steps recorded inside with a phase, a further part, or what they reverse."""
    now = _annotation.get()
    return Annotating(
        Annotation(phase or now.phase, now.part + part, reverses or now.reverses, now.source)
    )


def at_part(part: tuple[str, ...]) -> Annotating:
    """Mark the steps recorded inside with exactly this part."""
    now = _annotation.get()
    return Annotating(Annotation(now.phase, part, now.reverses, now.source))


@contextmanager
def recording() -> Generator[None]:
    """Refuse a recording that grows too large: all it computes stays in memory until it ends."""
    token = _recorded.set([0])
    try:
        yield
    finally:
        _recorded.reset(token)


@contextmanager
def differentiating(wanted: Iterable[Tensor]) -> Generator[None]:
    """Refuse, inside, to read numbers that depend on ``wanted``: they would leave the graph."""
    token = _differentiated.set(_differentiated.get().union(wanted))
    try:
        yield
    finally:
        _differentiated.reset(token)


def current_annotation() -> Annotation:
    """Return the marks that the next step will get."""
    return _annotation.get()


def from_here() -> Annotating:
    """Mark the steps recorded inside with the line of the user's code that runs now."""
    now = _annotation.get()
    return Annotating(Annotation(now.phase, now.part, now.reverses, now.source or _source()))


class Tensor:
    """A read-only array and its recipe. Made by ``tensor()`` and by operators on tensors.

    Attributes:
        array: the numbers as they are, read-only; no gradient passes through what is made of it.
        shape: the sizes, which may carry names.
        name: what explanations call it.
    """

    __slots__ = (
        "__weakref__",
        "annotation",
        "array",
        "changed",
        "inputs",
        "kind",
        "name",
        "op",
        "order",
        "params",
        "role",
        "shape",
        "source",
    )

    array: Array
    shape: Shape
    op: str | None
    inputs: tuple[Tensor, ...]
    params: dict[str, Any]
    role: Role
    kind: ParameterKind | None
    name: str
    annotation: Annotation
    source: tuple[str, int] | None
    order: int
    changed: int

    def __init__(
        self,
        data: Array,
        shape: Shape,
        *,
        op: str | None = None,
        inputs: tuple[Tensor, ...] = (),
        params: dict[str, Any] | None = None,
        role: Role = "intermediate",
        kind: ParameterKind | None = None,
        name: str = "",
        source: tuple[str, int] | None = None,
    ) -> None:
        """Keep a recipe. Not for users: ``tensor()`` copies what it is given, this does not."""
        data.setflags(write=False)
        self.array = data
        self.shape = shape
        self.op = op
        self.inputs = inputs
        self.params = params or {}
        self.role = role
        self.kind = kind
        self.name = name
        self.annotation = _annotation.get()
        self.source = source
        self.order = next(_order)
        self.changed = -1

    # --- reading ---

    @property
    def data(self) -> Tensor:
        """The same numbers, detached, as in PyTorch; refused as ``item()`` is, for it says less.

        Raises:
            WhygradError: inside a function that is being differentiated; see ``item``. Write
                ``detach()`` where that is meant.
        """
        _may_leave(self, "data")
        return self.detach()

    def detach(self) -> Tensor:
        """Return the same numbers, through which no gradient passes: a constant to ``backward``."""
        return apply("detach", self)

    def numpy(self) -> Array:
        """Return a copy of the numbers, to write in as you like.

        Raises:
            WhygradError: inside a function that is being differentiated; see ``item``.
        """
        _may_leave(self, "numpy()")
        return self.array.copy()

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        """Return the numbers to NumPy; refused as ``numpy()`` is."""
        _may_leave(self, "an array made of a tensor")
        return np.array(self.array, dtype=dtype, copy=copy)

    def item(self) -> float:
        """Return the one number of a tensor that has one.

        Raises:
            ShapeError: there are several, or none.
            WhygradError: inside a function that is being differentiated, the tensor depends on
                its arguments: the number would have a gradient of 0. ``detach`` first where that
                is meant.
        """
        _may_leave(self, "item()")
        return self._only()

    def _only(self) -> float:
        if self.array.size != 1:
            raise ShapeError(f"item() needs one number, but the shape is {show_shape(self.shape)}")
        return self.array.item()

    def tolist(self) -> Any:
        """Return the numbers as nested lists; refused as ``item()`` is."""
        _may_leave(self, "tolist()")
        return self.array.tolist()

    @property
    def dtype(self) -> np.dtype[Any]:
        """The NumPy dtype."""
        return self.array.dtype

    @property
    def ndim(self) -> int:
        """How many axes."""
        return len(self.shape)

    def __len__(self) -> int:
        if not self.shape:
            raise TypeError("a single number has no length")
        return int(self.shape[0])

    def __float__(self) -> float:
        _may_leave(self, "float(), or a function of math,")
        return float(self._only())

    def __int__(self) -> int:
        _may_leave(self, "int()")
        return int(self._only())

    def __repr__(self) -> str:
        numbers = np.array2string(self.array, separator=", ", prefix="tensor(", precision=4)
        label = f", name={self.name!r}" if self.name else ""
        return f"tensor({numbers}{label})"

    def __bool__(self) -> bool:
        """Return the truth of one number, for ``if``. It chooses what is recorded from here on."""
        if _leaves(self):
            raise _refused(
                "if, while, and, or, not, min(), max() and bool() cannot choose by a tensor that "
                "depends on what is being differentiated: the derivative would not know the other "
                "choice. Use wg.where(condition, a, b), wg.maximum or wg.minimum; to choose on "
                "purpose, by the number as it is now, compare x.detach()"
            )
        return bool(self._only())

    def __iter__(self) -> Iterator[Tensor]:
        return (self[i] for i in range(len(self)))

    __array_ufunc__ = None  # NumPy arrays on the left hand over to our operators
    __hash__ = object.__hash__

    def put(self, array: Array) -> None:
        """Put other numbers in place of a leaf's, as an optimizer does. The array is kept.

        What was computed from the earlier numbers cannot be differentiated any more.

        Raises:
            ShapeError: the shape differs; both are named.
            WhygradError: a step made this tensor.
        """
        if self.op is not None:
            raise WhygradError(
                f"other numbers can be put into a leaf only, but {self.op} made this tensor"
            )
        if not isinstance(cast("object", array), np.ndarray) or array.dtype.name not in DTYPES:
            raise WhygradError(f"put: {quoted(array)} is no array of numbers")
        if array.shape != self.array.shape:
            raise ShapeError(
                f"{self.name or 'a tensor'} has shape {show_shape(self.shape)}, "
                f"but was given {show_shape(array.shape)}"
            )
        array.setflags(write=False)
        self.array = array
        self.changed = next(_order)

    # --- recording ---

    def apply(self, op: str, *others: Tensor, **params: Any) -> Tensor:
        """Record one op with this tensor as its first input."""
        return apply(op, self, *others, **params)

    def constant(self, number: float) -> Tensor:
        """Return a constant of this tensor's dtype."""
        dtype = self.dtype if self.dtype.kind == "f" else np.dtype(np.float64)
        try:
            return Tensor(np.array(number, dtype).reshape(()), (), role="constant")
        except WhygradError:
            raise
        except Exception:  # NumPy raises what it likes, and so do a stranger's objects
            raise WhygradError(f"constant: {quoted(number)} is not one number") from None

    def named(self, name: str) -> Tensor:
        """Give this tensor a name, by which explanations will call it, and return it."""
        self.name = name
        return self

    def _with(self, other: object) -> Tensor:
        if isinstance(other, Tensor):
            return other
        if isinstance(other, NUMBERS):
            return self.constant(cast("float", other))
        return tensor(other, role="constant")

    def __add__(self, other: object) -> Tensor:
        return apply("add", self, self._with(other))

    def __radd__(self, other: object) -> Tensor:
        return apply("add", self._with(other), self)

    def __sub__(self, other: object) -> Tensor:
        return apply("sub", self, self._with(other))

    def __rsub__(self, other: object) -> Tensor:
        return apply("sub", self._with(other), self)

    def __mul__(self, other: object) -> Tensor:
        return apply("mul", self, self._with(other))

    def __rmul__(self, other: object) -> Tensor:
        return apply("mul", self._with(other), self)

    def __truediv__(self, other: object) -> Tensor:
        return apply("div", self, self._with(other))

    def __rtruediv__(self, other: object) -> Tensor:
        return apply("div", self._with(other), self)

    def __pow__(self, other: object) -> Tensor:
        if isinstance(other, int | float) and other == 2:
            return apply("square", self)
        return apply("pow", self, self._with(other))

    def __rpow__(self, other: object) -> Tensor:
        return apply("pow", self._with(other), self)

    def __neg__(self) -> Tensor:
        return apply("neg", self)

    def __abs__(self) -> Tensor:
        return apply("abs", self)

    def __matmul__(self, other: object) -> Tensor:
        return matmul(self, self._with(other))

    def __rmatmul__(self, other: object) -> Tensor:
        return matmul(self._with(other), self)

    def __gt__(self, other: object) -> Tensor:
        return apply("gt", self, self._with(other))

    def __ge__(self, other: object) -> Tensor:
        return apply("ge", self, self._with(other))

    def __lt__(self, other: object) -> Tensor:
        return apply("gt", self._with(other), self)

    def __le__(self, other: object) -> Tensor:
        return apply("ge", self._with(other), self)

    def __eq__(self, other: object) -> Tensor:  # type: ignore[override]
        return apply("eq", self, self._with(other))

    def __ne__(self, other: object) -> Tensor:  # type: ignore[override]
        return apply("eq", self == other, self.constant(0.0))

    def __getitem__(self, index: Any) -> Tensor:
        return _getitem(self, index)

    def exp(self) -> Tensor:
        """Return e to the power of each element."""
        return apply("exp", self)

    def log(self) -> Tensor:
        """Return the natural logarithm of each element."""
        return apply("log", self)

    def sqrt(self) -> Tensor:
        """Return the square root of each element."""
        return apply("sqrt", self)

    def abs(self) -> Tensor:
        """Return each element without its sign."""
        return apply("abs", self)

    def square(self) -> Tensor:
        """Return each element times itself."""
        return apply("square", self)

    def relu(self) -> Tensor:
        """Return each element if it is above 0, else 0."""
        return apply("relu", self)

    def sigmoid(self) -> Tensor:
        """Return 1 / (1 + exp(-x)) of each element."""
        return apply("sigmoid", self)

    def tanh(self) -> Tensor:
        """Return the hyperbolic tangent of each element."""
        return apply("tanh", self)

    def sum(self, dim: int | Sequence[int] | None = None, keepdim: bool = False) -> Tensor:
        """Add up along axes (all, if ``dim`` is None)."""
        return _reduce("sum", self, dim, keepdim)

    def mean(self, dim: int | Sequence[int] | None = None, keepdim: bool = False) -> Tensor:
        """Average along axes (all, if ``dim`` is None)."""
        return _reduce("mean", self, dim, keepdim)

    def amax(self, dim: int | Sequence[int] | None = None, keepdim: bool = False) -> Tensor:
        """Take the largest along axes; where several are largest they share the gradient."""
        return _reduce("amax", self, dim, keepdim)

    max = amax

    def reshape(self, *shape: int | Sequence[int]) -> Tensor:
        """Give the numbers another shape; one -1 stands for what is left."""
        first = shape[0] if len(shape) == 1 and isinstance(shape[0], Sequence) else shape
        sizes = [_size(size) for size in cast("Sequence[int]", first)]
        named = {size.name for size in self.shape if isinstance(size, Dim)}
        strange = [
            n for n, size in enumerate(sizes) if isinstance(size, Dim) and size.name not in named
        ]
        if len(strange) == 1 and -1 not in sizes:
            sizes[strange[0]] = -1  # a size of another tensor: whatever is left, at any size
        to = tuple(
            size.name if isinstance(size, Dim) and size.name in named else int(size)
            for size in sizes
        )
        return apply("reshape", self, to=to)

    def permute(self, *dims: int) -> Tensor:
        """Put the axes in another order."""
        normalise_axes("permute", dims, self.ndim)  # refuses an axis that does not exist
        return apply("permute", self, axes=tuple(d - self.ndim if d >= 0 else d for d in dims))

    def transpose(self, dim0: int, dim1: int) -> Tensor:
        """Swap two axes."""
        axes = list(range(-self.ndim, 0))
        a, b = (one_axis("transpose", d, self.ndim) for d in (dim0, dim1))
        axes[a], axes[b] = axes[b], axes[a]
        return apply("permute", self, axes=tuple(axes))

    @property
    def T(self) -> Tensor:
        """The axes in reverse."""
        return apply("permute", self, axes=tuple(range(-1, -self.ndim - 1, -1)))

    @property
    def mT(self) -> Tensor:
        """The last two axes swapped."""
        return self.transpose(-2, -1)


def tensor(data: Any, *, dtype: Any = None, name: str = "", role: Role = "input") -> Tensor:
    """Make a tensor from a number, nested lists or an array. The numbers are copied.

    Whole numbers become float64 too (so that they can have gradients) unless ``dtype`` is given.

    Args:
        data: numbers; anything ``numpy.array`` takes.
        dtype: a float, integer or bool dtype; by default float64, or float32 for float32 data,
            or bool for truths. Other widths become float64 or int64.
        name: what explanations call it.
        role: "input", "target", "parameter", "hyperparameter" or "constant".

    Raises:
        WhygradError: the data is ragged or does not consist of numbers; or, inside a function
            that is being differentiated, it has tensors that depend on its arguments.
    """
    if isinstance(data, Tensor):
        _may_leave(data, "tensor()")
        data = data.array
    try:
        array: Array = np.array(data, dtype=dtype, order="C")
    except WhygradError:
        raise
    except Exception as error:  # NumPy raises what it likes, and so do a stranger's objects
        raise WhygradError(f"tensor: these are not numbers in even rows: {error}") from None
    if array.dtype.kind not in "fiub":
        raise WhygradError(f"tensor: needs numbers, but got {array.dtype} ({quoted(data)})")
    whole = array.dtype.kind in "iu"
    if array.dtype.name not in DTYPES or (dtype is None and whole):
        array = array.astype(np.int64 if whole and dtype is not None else np.float64)
    elif not array.dtype.isnative:
        array = array.astype(array.dtype.name)
    return Tensor(array, array.shape, role=role, name=name, source=_source())


def apply(name: str, *inputs: Tensor, **params: Any) -> Tensor:
    """Record one op: compute its output and remember how.

    Raises:
        ShapeError: the shapes do not fit; both are named.
        WhygradError: there is no such op, or the result would need too much memory.
    """
    op = find(OPS, name)
    if name in _NO_TRUTHS and all(x.dtype.kind == "b" for x in inputs):
        inputs = tuple(apply("where", x, x.constant(1.0), x.constant(0.0)) for x in inputs)
    shape = op.shape(*(x.shape for x in inputs), **params)
    arrays = [x.array for x in inputs]
    for position, kind in op.expects.items():
        if arrays[position].dtype.kind != kind[0]:
            wanted = "whole numbers" if kind == "int" else "truths (True or False)"
            raise WhygradError(
                f"{name}: input {position} must hold {wanted}, but holds {arrays[position].dtype}"
            )
    with np.errstate(all="ignore"):
        if op.view is not None:
            out = op.view(arrays[0], shape, **params)
        else:
            assert op.forward is not None
            dtype = output_dtype(op.kind, arrays)
            recorded = _recorded.get()
            taken = recorded[0] if recorded else 0
            needed = bytes_for(f"{name}: a result", shape, dtype.itemsize, taken)
            if recorded:
                recorded[0] += needed
            out = np.empty(shape, dtype)
            op.forward(*arrays, out, **params)()
    return Tensor(out, shape, op=name, inputs=inputs, params=params, source=_source())


def unchanged(step: Tensor) -> None:
    """Insist that what a step was computed from still has the numbers that it was computed from.

    Raises:
        WhygradError: other numbers were put into one of its inputs.
    """
    for source in step.inputs:
        if source.changed > step.order:
            raise WhygradError(
                f"{source.name or 'a parameter'} was changed (by an optimizer's update, say) after "
                f"{step.op} used it, so {step.op} belongs to numbers that are gone: compute it anew"
            )


def output_dtype(kind: Kind, arrays: Sequence[Array]) -> np.dtype[Any]:
    """Return an op's output dtype: the widest float of its inputs, or what its kind says."""
    if kind == "bool":
        return np.dtype(bool)
    if kind == "like":
        return arrays[1].dtype
    floats = [array.dtype for array in arrays if array.dtype.kind == "f"]
    return np.result_type(*floats) if floats else np.dtype(np.float64)


def matmul(a: Tensor, b: Tensor) -> Tensor:
    """Multiply matrices as ``torch.matmul`` does: a list on either side is one row or column.

    Raises:
        ShapeError: the inner sizes differ; both shapes are named.
    """
    if not a.shape or not b.shape:
        raise ShapeError(
            f"matmul: {show_shape(a.shape)} @ {show_shape(b.shape)}: "
            f"a single number has no rows or columns; use *"
        )
    left = a.reshape(1, *a.shape) if a.ndim == 1 else a
    right = b.reshape(*b.shape, 1) if b.ndim == 1 else b
    product = apply("matmul", left, right)
    if a.ndim == 1 and b.ndim == 1:
        return product.reshape(())
    if a.ndim == 1:
        return product.reshape(*product.shape[:-2], product.shape[-1])
    if b.ndim == 1:
        return product.reshape(*product.shape[:-1])
    return product


def _reduce(op: str, x: Tensor, dim: int | Sequence[int] | None, keepdim: bool) -> Tensor:
    return apply(op, x, axes=reduced_axes(op, dim, x.ndim), keepdims=truth(op, "keepdim", keepdim))


def reduced_axes(op: str, dim: int | Sequence[int] | None, rank: int) -> tuple[int, ...]:
    """Return the axes a reduction works along, counted from the end; none named are all of them."""
    named = None if isinstance(dim, tuple | list) and not dim else dim
    return normalise_axes(op, named, rank)


def _getitem(x: Tensor, index: Any) -> Tensor:
    """Basic indexing (ints, slices, one ...) or one integer tensor for the first axis."""
    if isinstance(index, Tensor | np.ndarray | list):
        if not x.shape:
            raise ShapeError("a single number has no rows to pick")
        rows = whole_numbers(index, x.shape[0], -int(x.shape[0]))
        return apply("index_select", x, rows, axis=-x.ndim)
    items: list[Any] = list(cast("tuple[Any, ...]", index)) if isinstance(index, tuple) else [index]
    dots = [n for n, item in enumerate(items) if isinstance(item, EllipsisType)]
    missing = x.ndim - len(items) + len(dots)
    if missing < 0 or len(dots) > 1:
        raise ShapeError(
            f"index {quoted(cast('object', index))} has more axes than {show_shape(x.shape)}"
        )
    where = dots[0] if dots else len(items)
    items[where : where + len(dots)] = [slice(None)] * missing
    return apply("getitem", x, index=tuple(map(_item, items)))


def _item(item: Any) -> int | tuple[int | None, int | None, int | None]:
    """Return one item of a basic index as the record keeps it."""
    try:
        if isinstance(item, slice):
            item = cast("slice[Any, Any, Any]", item)
            return _bound(item.start), _bound(item.stop), _bound(item.step)
        if not isinstance(item, bool | np.bool_):
            return operator.index(item)
    except TypeError:
        pass
    raise ShapeError(
        f"index {quoted(cast('object', item))} is not allowed; use whole numbers, slices or ..."
    )


def _bound(bound: Any) -> int | None:
    return None if bound is None else operator.index(bound)


def _size(size: Any) -> int:
    """Return a size, with its name if it has one."""
    try:
        return size if isinstance(size, Dim) else operator.index(size)
    except TypeError:
        raise ShapeError(f"reshape: {quoted(size)} is not a size; use whole numbers") from None


def whole_numbers(index: Any, size: int, least: int = 0) -> Tensor:
    """Return an index as a tensor of whole numbers, each from ``least`` to below ``size``.

    Raises:
        ShapeError: it holds something else.
    """
    made = index if isinstance(index, Tensor) else tensor(index, role="constant")
    numbers = made.array
    if not np.isfinite(numbers).all():
        raise ShapeError(f"indices must be whole numbers, but some are not finite: {quoted(index)}")
    if made.dtype.kind == "b" or (numbers % 1).any():
        raise ShapeError(f"indices must be whole numbers, but are {made.dtype}: {quoted(index)}")
    outside = numbers[(numbers < least) | (numbers >= size)]
    if outside.size:
        raise ShapeError(f"index {outside[0]:g} is outside {least} to {int(size) - 1}")
    return made if made.dtype.kind == "i" else tensor(numbers, dtype=np.int64, role="constant")


def _leaves(x: Tensor) -> bool:
    """Say whether ``x`` depends on what is being differentiated, other than through ``detach``."""
    wanted = _differentiated.get()
    if not wanted:
        return False
    earliest = min(tensor.order for tensor in wanted)
    seen = {x}
    waiting = [x]
    while waiting:
        step = waiting.pop()
        if step in wanted:
            return True
        if step.op == "detach":
            continue
        for source in step.inputs:
            if source not in seen and source.order >= earliest:
                seen.add(source)
                waiting.append(source)
    return False


def _may_leave(x: Tensor, how: str) -> None:
    """Insist that reading a number by Python or NumPy loses no gradient."""
    if _leaves(x):
        raise _refused(
            f"{how} takes a number that depends on what is being differentiated out of the graph: "
            f"its gradient would be 0. Use whygrad's functions instead of those of math or NumPy "
            f"(wg.exp, x ** 2, wg.stack ...); to hold the number still on purpose, use x.detach()"
        )


def _refused(message: str) -> WhygradError:
    file, line = _users_line()
    return WhygradError(message, source=file, line=line)


def _source() -> tuple[str, int]:
    """Return the file and line of the user's code: the nearest frame outside this package."""
    return _annotation.get().source or _users_line()


def _users_line() -> tuple[str, int]:
    frame = sys._getframe(2)  # pyright: ignore[reportPrivateUsage]
    while frame.f_back is not None and _ours(frame.f_globals.get("__name__", "")):
        frame = frame.f_back
    return frame.f_code.co_filename, frame.f_lineno


def _ours(module: str) -> bool:
    return module == _PACKAGE or module.startswith(_INSIDE)
