"""Sizes that have names, and the rules by which shapes meet.

A tape must play at another batch size or layer width than it was recorded with, so a size that
may change carries its name. A ``Dim`` *is* an int: shape arithmetic works as usual, and a rule
that copies a size copies its name along.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Sequence
from numbers import Integral

from whygrad.engine.memory import memory_allowed, memory_text
from whygrad.errors import ShapeError, WhygradError
from whygrad.option import is_a, quoted

Shape = tuple[int, ...]


class Dim(int):
    """A size with a name, such as ``Dim("batch", 4)``."""

    name: str

    def __new__(cls, name: str, size: int) -> Dim:
        """Make the int ``size`` and remember ``name``."""
        self = super().__new__(cls, size)
        self.name = name
        return self

    def __getnewargs__(self) -> tuple[str, int]:  # type: ignore[override]
        """Let copies and pickles keep the name."""
        return self.name, int(self)

    def __repr__(self) -> str:
        """Show the name and the size: ``batch=4``."""
        return f"{self.name}={int(self)}"


def bytes_for(what: str, shape: Shape, itemsize: int = 8, taken: int = 0) -> int:
    """Return how many bytes an array takes, before it is made.

    Args:
        what: what it is, for the message.
        shape: of the array.
        itemsize: bytes of one number.
        taken: what the arrays before it take.

    Raises:
        WhygradError: all together are more than is allowed, which is said.
    """
    needed = math.prod(shape) * itemsize
    limit, allowed = memory_allowed()
    if taken + needed > limit:
        before = f" beside the {memory_text(taken)} recorded so far" if taken else ""
        raise WhygradError(
            f"{what} of shape {show_shape(shape)} needs {memory_text(needed)}{before}, and "
            f"{allowed}; use a smaller batch, narrower layers or float32"
        )
    return needed


def same_size(a: int, b: int) -> bool:
    """Say whether two sizes are equal at every size the tape may be played with.

    A named size that happens to be 1 is not a plain 1: it may be 32 in the next play.
    """
    if a != b:
        return False
    if isinstance(a, Dim) and isinstance(b, Dim):
        return a.name == b.name
    return a != 1 or isinstance(a, Dim) == isinstance(b, Dim)


def same_shape(a: Shape, b: Shape) -> bool:
    """Say whether two shapes are equal at every size the tape may be played with."""
    return len(a) == len(b) and all(map(same_size, a, b))


def broadcast(what: str, *shapes: Shape) -> Shape:
    """Return the shape NumPy would broadcast ``shapes`` to, keeping names.

    Raises:
        ShapeError: two sizes differ and neither is 1; both shapes are named.
    """
    rank = max(map(len, shapes))
    result: list[int] = []
    for axis in range(-rank, 0):
        size: int = 1
        for shape in shapes:
            if -axis > len(shape):
                continue
            other = shape[axis]
            if size == 1 and not (other == 1 and isinstance(size, Dim)):
                size = other
            elif other not in (1, size):
                shown = " and ".join(map(show_shape, shapes))
                raise ShapeError(
                    f"{what}: shapes {shown} do not fit together: along axis {axis} the sizes "
                    f"are {int(size)} and {int(other)}; they must be equal, or one of them 1"
                )
            elif isinstance(other, Dim) and other == size:
                size = other
        result.append(size)
    return tuple(result)


def normalise_axes(what: str, axes: int | Sequence[int] | None, rank: int) -> tuple[int, ...]:
    """Count axes from the end, sorted, so that a leading axis of runs changes nothing.

    ``None`` means every axis.

    Raises:
        ShapeError: an axis is outside ``-rank .. rank-1``, named twice or no whole number.
    """
    if axes is None:
        return tuple(range(-rank, 0))
    try:
        several = (axes,) if isinstance(axes, int | Integral) else axes
        listed = tuple(map(operator.index, several))
    except Exception:  # whatever going through a stranger's object raises
        raise ShapeError(
            f"{what}: {quoted(axes)} names no axis; use a whole number or several of them"
        ) from None
    for axis in listed:
        if not -rank <= axis < rank:
            allowed = f"-{rank} to {rank - 1}" if rank else "none: the value is a single number"
            raise ShapeError(f"{what}: there is no axis {axis}; allowed: {allowed}")
    counted = tuple(sorted(axis - rank if axis >= 0 else axis for axis in listed))
    if len(set(counted)) != len(counted):
        raise ShapeError(f"{what}: an axis is named twice in {listed}")
    return counted


def one_axis(what: str, axis: int, rank: int) -> int:
    """Count one axis from the end; see ``normalise_axes``.

    Raises:
        ShapeError: it is no axis, or several.
    """
    if is_a(axis, bool) or not is_a(axis, int, Integral):
        raise ShapeError(f"{what}: {quoted(axis)} names no axis; use a whole number")
    return normalise_axes(what, axis, rank)[0]


def canonical_axes(what: str, axes: Sequence[int], shape: Shape) -> None:
    """Insist that axes are as ``normalise_axes`` returns them, as the record keeps them.

    Raises:
        ShapeError: an axis does not exist, or is not counted from the end, or not in order.
    """
    if normalise_axes(what, axes, len(shape)) != tuple(axes):
        raise ShapeError(
            f"{what}: axes {tuple(axes)} of {show_shape(shape)} must be counted from the end "
            f"and in order, as {normalise_axes(what, axes, len(shape))}"
        )


def reduced_shape(shape: Shape, axes: tuple[int, ...], keepdims: bool) -> Shape:
    """Return ``shape`` without ``axes`` (or with 1 there, if ``keepdims``)."""
    rank = len(shape)
    gone = {rank + axis for axis in axes}
    if keepdims:
        return tuple(1 if i in gone else size for i, size in enumerate(shape))
    return tuple(size for i, size in enumerate(shape) if i not in gone)


def show_shape(shape: Shape) -> str:
    """Write a shape for a person: ``(batch=4, 2)``."""
    inner = ", ".join(repr(size) if isinstance(size, Dim) else str(size) for size in shape)
    return f"({inner},)" if len(shape) == 1 else f"({inner})"
