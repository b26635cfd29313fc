"""Ops that move numbers without changing them, and the sums that undo a copying.

None of these holds a size: where one is needed it is read off a value given for it (``like``).
"""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import numpy as np

from whygrad.engine.dims import (
    Dim,
    Shape,
    broadcast,
    canonical_axes,
    normalise_axes,
    reduced_shape,
    same_shape,
    same_size,
    show_shape,
)
from whygrad.engine.formula import MOVES, Formula, Use, arg, expr, moved, total
from whygrad.engine.op import (
    VJP,
    Array,
    Example,
    Kernel,
    Op,
    Reason,
    each_reason,
    first_shape,
)
from whygrad.engine.ops.kernels import summed
from whygrad.engine.ops.reasons import COPY_ADDED, MOVED
from whygrad.errors import ShapeError

_ONE = expr(1.0)
_GRID = [[1.0, -2.0, 3.0], [4.0, 5.5, -6.0]]


def _added(reader: str, others: int) -> Formula:
    """Add up the elements that ``reader``, the other way round, takes from here."""
    over = ("added", 0, reader)
    use = Use(_ONE, ("whole", "r"), (("r", over),))
    return Formula(total("r", over, arg(0, "whole", "r")), (use, *(None,) * others))


def _itself(x: Array, shape: Shape) -> Array:
    return x


identity = Op(
    name="identity",
    shape=first_shape,
    view=_itself,
    pullbacks=(VJP(lambda g, s: g.apply("identity")),),
    formula=Formula(arg(0), (Use(_ONE),)),
    silent=True,
    examples=(Example((_GRID,)),),
    title="pass on",
    reads="{0}, passed on as it is",
    purpose="It passes a number on as it is: a local derivative of 1 costs no work.",
    reasons=each_reason(MOVED),
)

detach = Op(
    name="detach",
    shape=first_shape,
    view=_itself,
    pullbacks=(None,),
    formula=Formula(arg(0), (None,)),
    silent=True,
    examples=(Example((_GRID,)),),
    title="hold still",
    reads="{0}, held still for the backward pass",
    purpose="It uses a number as it is and lets no gradient pass: as if it were a constant.",
    reasons=each_reason(None),
)


def _cast_like(x: Array, like: Array, out: Array) -> Kernel:
    return partial(np.copyto, out, x)


def _cast_shape(shape: Shape, like: Shape) -> Shape:
    return shape


cast_like = Op(
    name="cast_like",
    shape=_cast_shape,
    forward=_cast_like,
    pullbacks=(VJP(lambda g, s: g.apply("cast_like", s.inputs[0])), None),
    formula=Formula(arg(0), (Use(_ONE), None)),
    kind="like",
    leading=True,
    silent=True,
    examples=(Example((_GRID, 0.0)),),
    title="round to its precision",
    reads="{0}, rounded to the precision of {1}",
    purpose="A gradient is kept as precisely as the value it belongs to.",
    reasons=each_reason(MOVED, None),
)


def _permuted(shape: Shape, axes: tuple[int, ...]) -> Shape:
    if normalise_axes("permute", axes, len(shape)) != tuple(range(-len(shape), 0)):
        raise ShapeError(
            f"permute: the order {tuple(axes)} must name each axis of {show_shape(shape)} once"
        )
    return tuple(shape[axis] for axis in axes)


def _inverse(axes: tuple[int, ...]) -> tuple[int, ...]:
    rank = len(axes)
    inverse = [0] * rank
    for position, axis in enumerate(axes):
        inverse[axis % rank] = position - rank
    return tuple(inverse)


def _permute_view(x: Array, shape: Shape, axes: tuple[int, ...]) -> Array:
    lead = x.ndim - len(axes)
    return x.transpose((*range(lead), *(axis % x.ndim for axis in axes)))


permute = Op(
    name="permute",
    shape=_permuted,
    view=_permute_view,
    pullbacks=(VJP(lambda g, s: g.apply("permute", axes=_inverse(s.params["axes"]))),),
    formula=Formula(moved(), (MOVES,)),
    silent=True,
    examples=(
        Example((_GRID,), {"axes": (-1, -2)}),
        Example(([_GRID, _GRID],), {"axes": (-2, -1, -3)}),
    ),
    title="transpose",
    reads="{0} with its axes in another order",
    purpose="It turns rows into columns, so that what belongs together meets.",
    reasons=each_reason(MOVED),
)


def _reshaped(shape: Shape, to: tuple[int | str, ...]) -> Shape:
    names = {getattr(size, "name", None): size for size in shape}
    for item in to:
        if isinstance(item, str) and item not in names:
            raise ShapeError(f"reshape: {show_shape(shape)} has no size named {item!r}")
    result = [names[item] if isinstance(item, str) else item for item in to]
    known = math.prod(size for size in result if size != -1)
    whole = math.prod(shape)
    if result.count(-1) == 1 and known and whole % known == 0:
        result[result.index(-1)] = _left(shape, to, whole // known)
    if any(size < 0 for size in result) or math.prod(result) != whole:
        raise ShapeError(
            f"reshape: {show_shape(shape)} has {whole} numbers, which do not fill "
            f"{show_shape(tuple(result))} (one -1 may stand for what is left)"
        )
    return tuple(result)


def _left(shape: Shape, to: tuple[int | str, ...], size: int) -> int:
    """Return the size that -1 stands for, with its name if one named size is what is left."""
    unused = [s for s in shape if isinstance(s, Dim) and s.name not in to]
    plain = math.prod(s for s in shape if not isinstance(s, Dim))
    asked = math.prod(s for s in to if isinstance(s, int) and s != -1)
    return unused[0] if len(unused) == 1 and plain == asked else size


def _reshape_view(x: Array, shape: Shape, to: tuple[int | str, ...]) -> Array:
    return x.reshape(shape)


def _reshape_like_view(x: Array, shape: Shape) -> Array:
    return x.reshape(shape)


def _broadcast_view(x: Array, shape: Shape) -> Array:
    return np.broadcast_to(x, shape)


reshape = Op(
    name="reshape",
    shape=_reshaped,
    view=_reshape_view,
    pullbacks=(VJP(lambda g, s: g.apply("reshape_like", s.inputs[0])),),
    formula=Formula(moved(), (MOVES,)),
    silent=True,
    examples=(Example((_GRID,), {"to": (3, -1)}), Example((_GRID,), {"to": (6,)})),
    title="reshape",
    reads="{0} in another shape, in the same order",
    purpose="It lays the same numbers out differently.",
    reasons=each_reason(MOVED),
)


def _like_reshaped(shape: Shape, like: Shape) -> Shape:
    if math.prod(shape) != math.prod(like):
        raise ShapeError(
            f"reshape_like: {show_shape(shape)} and {show_shape(like)} do not hold equally many"
        )
    return like


reshape_like = Op(
    name="reshape_like",
    shape=_like_reshaped,
    view=_reshape_like_view,
    pullbacks=(VJP(lambda g, s: g.apply("reshape_like", s.inputs[0])), None),
    formula=Formula(moved(), (MOVES, None)),
    silent=True,
    examples=(Example((_GRID, [[0.0, 0.0], [0.0, 0.0], [0.0, 0.0]])),),
    title="reshape back",
    reads="{0} in the shape of {1}",
    purpose="It lays the same numbers out as they were.",
    reasons=each_reason(MOVED, None),
)


def _expanded(shape: Shape, like: Shape, axes: tuple[int, ...], keepdims: bool) -> Shape:
    canonical_axes("expand_like", axes, like)
    wanted = reduced_shape(like, axes, keepdims)
    if not same_shape(shape, wanted):
        raise ShapeError(
            f"expand_like: {show_shape(shape)} is not {show_shape(like)} without axes {axes}"
        )
    return like


def _expand_view(x: Array, shape: Shape, axes: tuple[int, ...], keepdims: bool) -> Array:
    return np.broadcast_to(x if keepdims or not axes else np.expand_dims(x, axes), shape)


expand_like = Op(
    name="expand_like",
    shape=_expanded,
    view=_expand_view,
    pullbacks=(VJP(lambda g, s: g.apply("sum", **s.params)), None),
    formula=Formula(moved(), (MOVES, None)),
    silent=True,
    examples=(
        Example(([1.0, 2.0, 3.0], _GRID), {"axes": (-2,), "keepdims": False}),
        Example(([[1.0], [2.0]], _GRID), {"axes": (-1,), "keepdims": True}),
    ),
    title="spread",
    reads="{0}, the same for all that were summed",
    purpose="It hands the same number to all that were gathered into one.",
    reasons=each_reason(MOVED, None),
)


def _broadcast_to(shape: Shape, like: Shape) -> Shape:
    if not same_shape(broadcast("broadcast_like", shape, like), like):
        raise ShapeError(
            f"broadcast_like: {show_shape(shape)} cannot be spread over {show_shape(like)}"
        )
    return like


broadcast_like = Op(
    name="broadcast_like",
    shape=_broadcast_to,
    view=_broadcast_view,
    pullbacks=(VJP(lambda g, s: g.apply("sum_like", s.inputs[0])), None),
    formula=Formula(arg(0), (Use(_ONE), None)),
    aligned=True,
    silent=True,
    examples=(Example(([1.0, 2.0, 3.0], _GRID)),),
    title="spread",
    reads="{0}, copied for every element of {1}",
    purpose="It copies a number to everywhere it is used.",
    reasons=each_reason(MOVED, None),
)


def _sum_like(x: Array, like: Array, out: Array) -> Kernel:
    target = out.reshape((1,) * (x.ndim - out.ndim) + out.shape)
    if x.shape == target.shape:
        return partial(np.copyto, target, x)
    axes = tuple(i for i in range(x.ndim) if target.shape[i] != x.shape[i])
    return summed(x, axes, target)


def _summed_to(shape: Shape, like: Shape) -> Shape:
    if not same_shape(broadcast("sum_like", shape, like), shape):
        raise ShapeError(f"sum_like: {show_shape(like)} was not spread to make {show_shape(shape)}")
    return like


sum_like = Op(
    name="sum_like",
    shape=_summed_to,
    forward=_sum_like,
    pullbacks=(VJP(lambda g, s: g.apply("broadcast_like", s.inputs[0])), None),
    formula=_added("broadcast_like", 1),
    aligned=True,
    leading=True,
    examples=(
        Example((_GRID, [0.0, 0.0, 0.0])),
        Example((_GRID, [[0.0], [0.0]])),
        Example((_GRID, 0.0)),
        Example((_GRID, _GRID)),
    ),
    title="sum over uses",
    reads="{0}, added up over every copy that was made of {1}",
    purpose=(
        "It adds up what every copy of a value heard: a value that was used many times answers "
        "for all of its uses."
    ),
    reasons=each_reason(COPY_ADDED, None),
)

Item = int | tuple[int | None, int | None, int | None]


def indexed_shape(shape: Shape, index: tuple[Item, ...]) -> Shape:
    """Return the shape that basic indexing leaves; one item per axis.

    Raises:
        ShapeError: an index is outside its axis.
    """
    result: list[int] = []
    for axis, (item, size) in enumerate(zip(index, shape, strict=True)):
        if isinstance(item, int):
            if not -size <= item < size:
                raise ShapeError(
                    f"index {item} is outside axis {axis} of {show_shape(shape)}; "
                    f"allowed: {-int(size)} to {int(size) - 1}"
                )
        elif len(item) != 3 or item[2] == 0:
            raise ShapeError(f"slice {item} must be start, stop and step, and the step not 0")
        elif all(part is None for part in item):
            result.append(size)
        else:
            result.append(len(range(*slice(*item).indices(size))))
    return tuple(result)


def _key(index: tuple[Item, ...]) -> tuple[Any, ...]:
    return (..., *(item if isinstance(item, int) else slice(*item) for item in index))


def _getitem_view(x: Array, shape: Shape, index: tuple[Item, ...]) -> Array:
    return x[_key(index)]


def _put_like(g: Array, like: Array, out: Array, index: tuple[Item, ...]) -> Kernel:
    return partial(_put, g, out[_key(index)], out)


def _put(g: Array, place: Array, out: Array) -> None:
    out[...] = 0.0
    place[...] = g


def _put_shape(shape: Shape, like: Shape, index: tuple[Item, ...]) -> Shape:
    place = indexed_shape(like, index)
    if not same_shape(shape, place):
        raise ShapeError(f"put_like: {show_shape(shape)} does not fit {show_shape(place)}")
    return like


getitem = Op(
    name="getitem",
    shape=indexed_shape,
    view=_getitem_view,
    pullbacks=(VJP(lambda g, s: g.apply("put_like", s.inputs[0], **s.params)),),
    formula=Formula(moved(), (MOVES,)),
    silent=True,
    examples=(
        Example((_GRID,), {"index": (1, (None, None, 2))}),
        Example((_GRID,), {"index": (0, 1)}),
        Example((_GRID,), {"index": ((None, None, None), (2, None, -1))}),
    ),
    title="pick",
    reads="the chosen part of {0}",
    purpose="It takes out a part.",
    reasons=each_reason(MOVED),
)

put_like = Op(
    name="put_like",
    shape=_put_shape,
    forward=_put_like,
    pullbacks=(VJP(lambda g, s: g.apply("getitem", **s.params)), None),
    formula=Formula(moved(), (MOVES, None)),
    leading=True,
    examples=(
        Example(([7.0, 8.0], _GRID), {"index": (1, (None, None, 2))}),
        Example((7.0, _GRID), {"index": (0, 1)}),
    ),
    title="put back",
    reads="{0} where it was picked from {1}, 0 elsewhere",
    purpose="It puts a part back in its place, with 0 where nothing came from.",
    reasons=each_reason(MOVED, None),
)


def _not_empty(name: str, shape: Shape, axis: int, index: Shape) -> None:
    if shape[axis] == 0 and math.prod(index):
        raise ShapeError(f"{name}: {show_shape(shape)} has nothing to pick along axis {axis}")


def _selected(shape: Shape, index: Shape, axis: int) -> Shape:
    canonical_axes("index_select", (axis,), shape)
    _not_empty("index_select", shape, axis, index)
    at = axis % len(shape)
    return (*shape[:at], *index, *shape[at + 1 :])


def _added_to(g: Shape, index: Shape, like: Shape, axis: int) -> Shape:
    if not same_shape(g, _selected(like, index, axis)):
        raise ShapeError(
            f"index_add_like: {show_shape(g)} was not picked from {show_shape(like)} "
            f"by an index {show_shape(index)}"
        )
    return like


def _index_add_like(g: Array, index: Array, like: Array, out: Array, axis: int) -> Kernel:
    at, rank = axis % out.ndim, index.ndim
    rows, given = np.moveaxis(out, at, 0), np.moveaxis(g, range(at, at + rank), range(rank))
    size = max(len(rows), 1)

    def compute() -> None:
        out[...] = 0.0
        np.add.at(rows, index % size, given)

    return compute


def _index_select(x: Array, index: Array, out: Array, axis: int) -> Kernel:
    return partial(np.take, x, index, axis, out, "wrap")


index_select = Op(
    name="index_select",
    shape=_selected,
    forward=_index_select,
    pullbacks=(VJP(lambda g, s: g.apply("index_add_like", *s.inputs[::-1], **s.params)), None),
    formula=Formula(moved(), (MOVES, None)),
    expects={1: "int"},
    silent=True,
    examples=(
        Example((_GRID, [1, 0, 1]), {"axis": -2}),
        Example((_GRID, [2, 2]), {"axis": -1}),
        Example((_GRID, [[1, 0], [1, 1], [0, 0]]), {"axis": -2}),
        Example((_GRID, 1), {"axis": -1}),
    ),
    title="look up",
    reads="the rows of {0} that {1} names",
    purpose="It looks rows up in a table, as an embedding does.",
    reasons=each_reason(MOVED, None),
)

index_add_like = Op(
    name="index_add_like",
    shape=_added_to,
    forward=_index_add_like,
    pullbacks=(
        VJP(lambda g, s: g.apply("index_select", s.inputs[1], **s.params)),
        None,
        None,
    ),
    formula=_added("index_select", 2),
    expects={1: "int"},
    examples=(
        Example(
            ([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [7.0, 8.0, 9.0]], [1, 0, 1], _GRID), {"axis": -2}
        ),
        Example(([[[1.0, 2.0]], [[3.0, 4.0]]], [[0, 2]], _GRID), {"axis": -1}),
    ),
    title="add where looked up",
    reads="{0}, added up in the rows of {2} that were looked up",
    purpose="It adds up, for each row of the table, what all its look-ups heard.",
    reasons=each_reason(
        Reason("{x} is one of the look-ups added up in {y}: one for one.", "used by all"),
        None,
        None,
    ),
)


def _gathered(shape: Shape, index: Shape, axis: int) -> Shape:
    canonical_axes("gather", (axis,), shape)
    at = axis % len(shape)
    fits = len(shape) == len(index) and all(
        i == at or same_size(a, b) for i, (a, b) in enumerate(zip(shape, index, strict=True))
    )
    if not fits:
        raise ShapeError(
            f"gather: {show_shape(shape)} and index {show_shape(index)} must be alike "
            f"but for axis {axis}"
        )
    _not_empty("gather", shape, axis, index)
    return index


def _scattered(g: Shape, index: Shape, like: Shape, axis: int) -> Shape:
    if not same_shape(g, _gathered(like, index, axis)):
        raise ShapeError(
            f"scatter_add_like: {show_shape(g)} and index {show_shape(index)} must be alike"
        )
    return like


def _scatter_add_like(g: Array, index: Array, like: Array, out: Array, axis: int) -> Kernel:
    places: list[Array] = [*np.indices(index.shape)]
    size = max(out.shape[axis], 1)

    def compute() -> None:
        out[...] = 0.0
        places[axis] = index % size
        np.add.at(out, tuple(places), g)

    return compute


def _gather(x: Array, index: Array, out: Array, axis: int) -> Kernel:
    size = max(x.shape[axis], 1)
    return lambda: np.copyto(out, np.take_along_axis(x, index % size, axis))


gather = Op(
    name="gather",
    shape=_gathered,
    forward=_gather,
    pullbacks=(VJP(lambda g, s: g.apply("scatter_add_like", *s.inputs[::-1], **s.params)), None),
    formula=Formula(moved(), (MOVES, None)),
    expects={1: "int"},
    silent=True,
    examples=(Example((_GRID, [[2, 0], [1, 1]]), {"axis": -1}),),
    title="gather",
    reads="the element of {0} that {1} names, for each place",
    purpose="It picks one element for each place.",
    reasons=each_reason(MOVED, None),
)

scatter_add_like = Op(
    name="scatter_add_like",
    shape=_scattered,
    forward=_scatter_add_like,
    pullbacks=(
        VJP(lambda g, s: g.apply("gather", s.inputs[1], **s.params)),
        None,
        None,
    ),
    formula=_added("gather", 2),
    expects={1: "int"},
    examples=(Example(([[1.0, 2.0], [3.0, 4.0]], [[2, 0], [1, 1]], _GRID), {"axis": -1}),),
    title="add where gathered",
    reads="{0}, added up in the places of {2} it was gathered from",
    purpose="It adds up, for each place, what all its uses heard.",
    reasons=each_reason(COPY_ADDED, None, None),
)


def _joined(*shapes: Shape, axis: int) -> Shape:
    if not shapes:
        raise ShapeError("cat: give at least one value to join")
    canonical_axes("cat", (axis,), shapes[0])
    at = axis % len(shapes[0])
    first = shapes[0]
    for shape in shapes[1:]:
        alike = len(shape) == len(first) and all(
            i == at or same_size(a, b) for i, (a, b) in enumerate(zip(shape, first, strict=True))
        )
        if not alike:
            raise ShapeError(
                f"cat: {show_shape(first)} and {show_shape(shape)} must be alike "
                f"but for axis {axis}"
            )
    size = first[at] if len(shapes) == 1 else sum(int(shape[at]) for shape in shapes)
    return (*first[:at], size, *first[at + 1 :])


def _part(inputs: tuple[Shape, ...], axis: int, part: int) -> slice:
    start = sum(shape[axis] for shape in inputs[:part])
    return slice(start, start + inputs[part][axis])


def _at(axis: int, where: slice) -> tuple[Any, ...]:
    return (..., where, *([slice(None)] * (-axis - 1)))


def _cat(*arrays: Array, axis: int) -> Kernel:
    return partial(np.concatenate, arrays[:-1], axis, arrays[-1])


def _cat_part(*arrays: Array, axis: int, part: int) -> Kernel:
    g, *inputs, out = arrays
    return partial(np.copyto, out, g[_at(axis, _part(tuple(x.shape for x in inputs), axis, part))])


def _put_part(*arrays: Array, axis: int, part: int) -> Kernel:
    g, *inputs, out = arrays
    place = out[_at(axis, _part(tuple(x.shape for x in inputs), axis, part))]
    return partial(_put, g, place, out)


def _has_part(inputs: tuple[Shape, ...], part: int) -> None:
    if not 0 <= part < len(inputs):
        raise ShapeError(f"there is no part {part} of {len(inputs)} joined values")


def _cat_part_shape(g: Shape, *inputs: Shape, axis: int, part: int) -> Shape:
    _has_part(inputs, part)
    if not same_shape(g, _joined(*inputs, axis=axis)):
        raise ShapeError(f"cat_part: {show_shape(g)} is not the inputs joined")
    return inputs[part]


def _put_part_shape(g: Shape, *inputs: Shape, axis: int, part: int) -> Shape:
    _has_part(inputs, part)
    if not same_shape(g, inputs[part]):
        raise ShapeError(f"put_part: {show_shape(g)} is not part {part}")
    return _joined(*inputs, axis=axis)


cat = Op(
    name="cat",
    shape=_joined,
    forward=_cat,
    pullbacks=(VJP(lambda g, s: g.apply("cat_part", *s.inputs, part=s.argument, **s.params)),),
    formula=Formula(moved(), (MOVES,)),
    variadic=True,
    leading=True,
    silent=True,
    examples=(
        Example((_GRID, [[9.0, 8.0, 7.0]]), {"axis": -2}),
        Example((_GRID, [[9.0], [8.0]], _GRID), {"axis": -1}),
    ),
    title="join",
    reads="the inputs, one after the other",
    purpose="It puts values side by side.",
    reasons=each_reason(MOVED),
)

cat_part = Op(
    name="cat_part",
    shape=_cat_part_shape,
    forward=_cat_part,
    pullbacks=(VJP(lambda g, s: g.apply("put_part", *s.inputs[1:], **s.params)), None),
    formula=Formula(moved(), (MOVES, None)),
    variadic=True,
    leading=True,
    examples=(Example((_GRID, [[0.0], [0.0]], [[0.0, 0.0], [0.0, 0.0]]), {"axis": -1, "part": 1}),),
    title="take the part back",
    reads="the part of {0} that one of the joined inputs gave",
    purpose="It takes back what one of the joined values gave.",
    reasons=each_reason(MOVED, None),
)

put_part = Op(
    name="put_part",
    shape=_put_part_shape,
    forward=_put_part,
    pullbacks=(VJP(lambda g, s: g.apply("cat_part", *s.inputs[1:], **s.params)), None),
    formula=Formula(moved(), (MOVES, None)),
    variadic=True,
    leading=True,
    examples=(
        Example(
            ([[7.0, 8.0], [9.0, 1.0]], [[0.0], [0.0]], [[0.0, 0.0], [0.0, 0.0]]),
            {"axis": -1, "part": 1},
        ),
    ),
    title="put the part back",
    reads="{0} in its part of the joined value, 0 elsewhere",
    purpose="It puts a part back among zeros.",
    reasons=each_reason(MOVED, None),
)

OPS = (
    identity,
    detach,
    cast_like,
    permute,
    reshape,
    reshape_like,
    expand_like,
    broadcast_like,
    sum_like,
    getitem,
    put_like,
    index_select,
    index_add_like,
    gather,
    scatter_add_like,
    cat,
    cat_part,
    put_part,
)
