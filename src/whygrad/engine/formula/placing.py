"""Placing: from "any element" to "this one"."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Protocol, cast

from whygrad.engine import windows
from whygrad.engine.equation import parse
from whygrad.engine.formula.tree import Expr, Formula, Index, IndexMap, Range, cases, expr
from whygrad.engine.random import uniform


class MovedElements(Protocol):
    """Which elements an op that only moves numbers moves where (``whygrad.engine.moves``)."""

    def source(self, at: int) -> tuple[int, int] | None: ...
    def added(self, reader: str, at: int) -> list[int]: ...


@dataclass(frozen=True, slots=True)
class StepContext:
    """Where a formula is placed: the ids and shapes around one step.

    ``whole`` gives the integer at a flat index of an input, for ops that draw by it; ``moves``
    says which elements stand where, for ops that only move numbers.
    """

    formula: Formula
    inputs: tuple[int, ...]
    input_shapes: tuple[tuple[int, ...], ...]
    output: int
    output_shape: tuple[int, ...]
    params: Mapping[str, Any]
    whole: Callable[[int, int], int]
    moves: MovedElements


def place(where: StepContext, at: Index) -> Expr:
    """Return the placed tree of the output element at index ``at``."""
    return _place(where.formula.element, where, at, _axis_names(where.formula, at))


def place_local(where: StepContext, argument: int, at: Index) -> list[tuple[Index, Expr]]:
    """Return ``(input index, placed local derivative)`` for all that output ``at`` depends on."""
    use = where.formula.use(argument)
    if use is None:
        return []
    names = _axis_names(where.formula, at)
    variables = [variable for variable, _ in use.over]
    ranges = [list(_range(over, where, at, names)) for _, over in use.over]
    result: list[tuple[Index, Expr]] = []
    for combination in itertools.product(*ranges):
        bound = {
            **names,
            "argument": argument,
            **dict(zip(variables, combination, strict=True)),
        }
        index = _map(use.index, where, argument, at, bound)
        if index is not None:
            result.append((index, _place(use.local, where, at, bound)))
    return result


def flat(index: Sequence[int], shape: Sequence[int]) -> int:
    """Return the position of ``index`` in row-major order."""
    position = 0
    for i, size in zip(index, shape, strict=True):
        position = position * size + i
    return position


def unflat(position: int, shape: Sequence[int]) -> Index:
    """Return the index at a row-major position."""
    index: list[int] = []
    for size in reversed(shape):
        position, i = divmod(position, size)
        index.append(i)
    return tuple(reversed(index))


def _axis_names(formula: Formula, at: Index) -> dict[str, Any]:
    if not formula.axes:
        return {}
    named = zip(formula.axes, at[len(at) - len(formula.axes) :], strict=True)
    return dict(named)


def _place(node: Expr, where: StepContext, at: Index, names: Mapping[str, Any]) -> Expr:
    head, args = node.head, node.args
    if head == "number":
        return node
    if head == "in":
        argument: int = args[0]
        index = _map(args[1], where, argument, at, names)
        assert index is not None
        return _leaf(where.inputs[argument], index, where.input_shapes[argument])
    if head == "out":
        index = _map(args[0], where, -1, at, names)
        assert index is not None
        return _leaf(where.output, index, where.output_shape)
    if head == "param":
        return Expr("number", (float(where.params[args[0]]),))
    if head == "count":
        return Expr("number", (float(sum(1 for _ in _range(args[0], where, at, names))),))
    if head == "delta":  # Kronecker's: 1 on the op's own place along its axis, else 0
        here = at[_axis(where, len(at))]
        return Expr("number", (float(here == names[args[0]]),))
    if head == "moved":
        found = where.moves.source(flat(at, where.output_shape))
        if found is None:
            return _place(args[0], where, at, names)
        return Expr("leaf", (where.inputs[found[0]], found[1]))
    if head == "place":  # where along a named axis of the output
        return Expr("number", (float(names[args[0]]),))
    if head == "uniform":
        return Expr("number", (_uniform(where, args[0], at),))
    if head == "wins":
        return _wins(node, where, at, names)
    if head in ("factors", "other_factors"):
        return _factors(where, at, names, head == "factors")
    if head in ("sum", "largest"):
        variable, over, body = args
        terms = _each(variable, over, body, where, at, names)
        if len(terms) == 1:
            return terms[0]
        if head == "largest":
            return Expr("max", terms)
        return Expr("terms", terms) if terms else Expr("number", (0.0,))
    placed = tuple(_place(a, where, at, names) for a in args)
    if head == "div" and args[1].head == "count" and placed[1].args == (1.0,):
        return placed[0]  # a mean over one is that one
    return Expr(head, placed)


def _each(
    variable: str, over: Range, body: Expr, where: StepContext, at: Index, names: Mapping[str, Any]
) -> tuple[Expr, ...]:
    """Place the body of a sum once for each item of its range."""
    items = list(_range(over, where, at, names))
    many = len(items) > 2 and over[0] in _IN_STEPS and _moves_in_steps(body)
    if many and (isinstance(items[0], int) or len(items[0]) == 1):
        first, second = (_place(body, where, at, {**names, variable: item}) for item in items[:2])
        return tuple([_moved_on(first, second, n) for n in range(len(items))])
    return tuple([_place(body, where, at, {**names, variable: item}) for item in items])


_IN_STEPS = ("axis", "reduced")
_STEADY = {"number", "param", *("add", "sub", "mul", "div", "neg", "pow", "exp", "log", "sqrt")}


@lru_cache(4096)
def _moves_in_steps(body: Expr) -> bool:
    """Say whether every element that a sum's body reads moves on by as much from item to item."""
    if body.head == "in":
        kind = body.args[1][0]
        return kind in ("same", "axes", "replace", "merge", "row", "sibling")
    return body.head in _STEADY and all(
        _moves_in_steps(a) for a in body.args if isinstance(a, Expr)
    )


def _moved_on(first: Expr, second: Expr, n: int) -> Expr:
    """Return item ``n`` of a range, from its first two: leaves move on by as much each time."""
    if first.head == "leaf":
        value, at = first.args
        return Expr("leaf", (value, at + n * (second.args[1] - at)))
    return Expr(
        first.head,
        tuple(
            [
                _moved_on(a, b, n) if isinstance(a, Expr) else a
                for a, b in zip(first.args, second.args, strict=True)
            ]
        ),
    )


def _uniform(where: StepContext, turn: int, at: Index) -> float:
    """Return the number that decides a coin toss: the step's own, of this turn."""
    stream = f"{where.params['stream']}/{where.whole(turn, 0)}"
    position = flat(at, where.output_shape)
    return float(uniform(where.params["seed"], stream, position + 1)[position])


def _wins(node: Expr, where: StepContext, at: Index, names: Mapping[str, Any]) -> Expr:
    """Return 1 where an element is the largest of its window, the first of several; else 0."""
    argument: int = node.args[0]
    index_map, over = node.args[1:]
    mine = _map(index_map, where, argument, at, names)
    window: list[Index] = list(_range(over, where, at, names))
    leaves = [_leaf(where.inputs[argument], i, where.input_shapes[argument]) for i in window]
    here = window.index(cast("Index", mine))
    result = expr(1.0)
    for test, rivals in (("ge", leaves[here + 1 :]), ("gt", leaves[:here])):
        if rivals:
            most = rivals[0] if len(rivals) == 1 else Expr("max", tuple(rivals))
            result = cases(Expr(test, (leaves[here], most)), result, 0.0)
    return result


def _factors(where: StepContext, at: Index, names: Mapping[str, Any], every: bool) -> Expr:
    """Return the product of what meets in an einsum: of all inputs, or of all but one."""
    leaves = [
        _leaf(where.inputs[n], _lettered(where, n, at, names["r"]), where.input_shapes[n])
        for n in range(len(where.inputs))
        if every or n != names["argument"]
    ]
    return functools.reduce(lambda a, b: a * b, leaves) if leaves else expr(1.0)


def _lettered(where: StepContext, argument: int, at: Index, summed: Index) -> Index:
    """Return the index into an input of an einsum: each letter's place in the output or the sum."""
    equation = parse(where.params["equation"])
    places = dict(zip(equation.result + equation.summed, (*at, *summed), strict=True))
    return tuple(places[letter] for letter in equation.terms[argument])


def _leaf(value: int, index: Index, shape: tuple[int, ...]) -> Expr:
    return Expr("leaf", (value, flat(index, shape)))


def _aligned(at: Index, shape: tuple[int, ...]) -> Index:
    """Broadcast backwards: the index in ``shape`` that the output index ``at`` reads."""
    offset = len(at) - len(shape)
    return tuple(0 if size == 1 else at[offset + i] for i, size in enumerate(shape))


def _map(
    index_map: IndexMap, where: StepContext, argument: int, at: Index, names: Mapping[str, Any]
) -> Index | None:
    """Return the index that an index map names, or None if it falls outside."""
    shape = where.output_shape if argument < 0 else where.input_shapes[argument]
    if index_map[0] == "moved":
        found = where.moves.source(flat(at, where.output_shape))
        return unflat(found[1], shape) if found is not None and found[0] == argument else None
    if index_map[0] == "letters":
        return _lettered(where, argument, at, names[index_map[1]])
    return _apply_map(index_map, where, shape, at, names)


def _apply_map(
    index_map: IndexMap,
    where: StepContext,
    shape: tuple[int, ...],
    at: Index,
    names: Mapping[str, Any],
) -> Index | None:
    kind, *rest = index_map
    rank = len(shape)
    if kind == "same":
        return _aligned(at, shape)
    if kind == "whole":
        return tuple(names[rest[0]])
    if kind == "axes":
        last = [names[item] if isinstance(item, str) else item for item in rest]
        lead = shape[: rank - len(last)]
        return (*_aligned(at[: len(at) - len(where.formula.axes)], lead), *last)
    if kind == "merge":
        return _merge(at, names[rest[0]], where.params, rank)
    if kind == "sibling":
        rest_of = iter(names[rest[0]])
        axes = _axes(where.params, rank)
        return tuple(next(rest_of) if i in axes else at[i] for i in range(rank))
    if kind == "row":
        return (*names[rest[0]][:-1], names[rest[1]])
    if kind == "replace":
        axis = _axis(where, len(at))
        walked: int = names[rest[0]]
        return (*at[:axis], walked, *at[axis + 1 :])
    if kind == "tap":
        return names[rest[0]][rest[1]]
    raise AssertionError(f"unknown index map {kind}")


def _axis(where: StepContext, rank: int) -> int:
    axis: int = where.params["axis"]
    return axis % rank


def _axes(params: Mapping[str, Any], rank: int) -> set[int]:
    return {axis % rank for axis in params["axes"]} if rank else set()


def _merge(at: Index, reduced: Index, params: Mapping[str, Any], rank: int) -> Index:
    axes = _axes(params, rank)
    kept = iter([i for n, i in enumerate(at) if not (params.get("keepdims") and n in axes)])
    gone = iter(reduced)
    return tuple(next(gone) if i in axes else next(kept) for i in range(rank))


def _range(over: Range, where: StepContext, at: Index, names: Mapping[str, Any]) -> Iterator[Any]:
    """Run through a range: plain ints for one axis, index tuples for several."""
    kind, *rest = over
    if kind == "letters":
        equation = parse(where.params["equation"])
        sizes = equation.sizes(where.input_shapes)
        yield from itertools.product(*(range(sizes[letter]) for letter in equation.summed))
        return
    argument: int = rest.pop(0)
    shape = where.input_shapes[argument]
    if kind == "upto":
        axis = _axis(where, len(at))
        here = at[axis]
        yield from range(here, shape[axis]) if where.params["reverse"] else range(here + 1)
    elif kind == "window":
        yield from windows.window(shape, where.params, names[rest[0]] if rest else at)
    elif kind == "covering":
        yield from windows.covering(shape, where.params, at)
    elif kind == "kernel":
        yield from range(windows.elements(where.params))
    elif kind == "taps":
        first, second, made = rest
        met = {first: shape, second: where.input_shapes[1], made: where.output_shape}
        yield from windows.taps(met, where.params, made, at)
    elif kind == "axis":
        along: int = where.params[rest[0]] if isinstance(rest[0], str) else rest[0]
        yield from range(shape[along])
    elif kind == "reduced":
        axes = sorted(_axes(where.params, len(shape)))
        yield from itertools.product(*(range(shape[i]) for i in axes))
    elif kind == "rows":
        yield from itertools.product(*map(range, shape[:-1]))
    elif kind == "all":
        yield from itertools.product(*map(range, shape))
    elif kind == "added":
        for found in where.moves.added(rest[0], flat(at, where.output_shape)):
            yield unflat(found, shape)
    else:
        raise AssertionError(f"unknown range {kind}")
