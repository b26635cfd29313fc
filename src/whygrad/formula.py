"""Formulas as data: one element of an op's output, and its local derivatives.

An op declares how one element of its output comes from elements of its inputs as a small
expression tree. Everything that speaks of the arithmetic reads that tree: the plain arithmetic
with the numbers put in, the LaTeX, which elements contribute, and the check that the tree agrees
with the kernel. The browser reads the same trees as JSON, where ``Expr("add", (a, b))`` is
``["add", a, b]``.

Two stages, one node type:

* **declared** trees speak of ``in`` and ``out`` elements by index maps, of ``sum`` over a range;
* **placed** trees speak of ``leaf`` elements (value id, flat index) and ``terms``, for one element.

The heads and the index maps are listed in ``docs/tape-format.md``.
"""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from whygrad import windows
from whygrad.equation import parse
from whygrad.random import uniform

Index = tuple[int, ...]
IndexMap = tuple[Any, ...]
Range = tuple[Any, ...]
Json = Any


@dataclass(frozen=True, slots=True)
class Expr:
    """A node of a formula: a head and what it is applied to."""

    head: str
    args: tuple[Any, ...] = ()

    def __add__(self, other: Expr | float) -> Expr:
        return Expr("add", (self, expr(other)))

    def __radd__(self, other: float) -> Expr:
        return Expr("add", (expr(other), self))

    def __sub__(self, other: Expr | float) -> Expr:
        return Expr("sub", (self, expr(other)))

    def __rsub__(self, other: float) -> Expr:
        return Expr("sub", (expr(other), self))

    def __mul__(self, other: Expr | float) -> Expr:
        return Expr("mul", (self, expr(other)))

    def __rmul__(self, other: float) -> Expr:
        return Expr("mul", (expr(other), self))

    def __truediv__(self, other: Expr | float) -> Expr:
        return Expr("div", (self, expr(other)))

    def __rtruediv__(self, other: float) -> Expr:
        return Expr("div", (expr(other), self))

    def __pow__(self, other: Expr | float) -> Expr:
        return Expr("pow", (self, expr(other)))

    def __neg__(self) -> Expr:
        return Expr("neg", (self,))

    def to_json(self) -> Json:
        """Return the tree as nested lists."""
        return [self.head, *(a.to_json() if isinstance(a, Expr) else _plain(a) for a in self.args)]


def _plain(value: Any) -> Json:
    if isinstance(value, tuple):
        return [_plain(item) for item in cast("tuple[Any, ...]", value)]
    return value


def expr(value: Expr | float) -> Expr:
    """Turn a plain number into a node; leave nodes alone."""
    return value if isinstance(value, Expr) else Expr("number", (value,))


# --- writing formulas -------------------------------------------------------------------------

SAME: IndexMap = ("same",)


def arg(position: int, *index: Any) -> Expr:
    """Return the element of input ``position`` at an index map; by default the same index."""
    return Expr("in", (position, index or SAME))


def out(*index: Any) -> Expr:
    """Return the op's own output element, by default the one being explained."""
    return Expr("out", (index or SAME,))


def param(name: str) -> Expr:
    """Return a number from the step's params."""
    return Expr("param", (name,))


def count(over: Range) -> Expr:
    """Return how many elements a range has."""
    return Expr("count", (over,))


def total(variable: str, over: Range, body: Expr) -> Expr:
    """Return the sum of ``body`` with ``variable`` running over a range."""
    return Expr("sum", (variable, over, body))


def call(name: str, *args: Expr | float) -> Expr:
    """Return a named function: exp, log, sqrt, tanh, erf, max, min, abs."""
    return Expr(name, tuple(map(expr, args)))


def cases(test: Expr, then: Expr | float, otherwise: Expr | float) -> Expr:
    """Return ``then`` where ``test`` holds, else ``otherwise``."""
    return Expr("cases", (test, expr(then), expr(otherwise)))


def delta(variable: str) -> Expr:
    """Return 1 where ``variable`` is the place being explained along the op's axis, else 0."""
    return Expr("delta", (variable,))


def compare(head: str, a: Expr | float, b: Expr | float) -> Expr:
    """Return a test: ``gt``, ``ge`` or ``eq``."""
    return Expr(head, (expr(a), expr(b)))


@dataclass(frozen=True, slots=True)
class Use:
    """How one input enters the output: which of its elements, and the local derivative there.

    For every output index, ``index`` with ``over``'s variables running through their ranges names
    the input elements it depends on; ``local`` is the rate of the output element per unit of that
    input element, in declared form (the variables may be used in it).
    """

    local: Expr
    index: IndexMap = SAME
    over: tuple[tuple[str, Range], ...] = ()


@dataclass(frozen=True, slots=True)
class Formula:
    """An op's arithmetic for one element.

    Attributes:
        element: the output element at the index being explained.
        uses: one per input; ``None`` where the op has no derivative with respect to it.
        axes: names for the last axes of the output index, for index maps that use them.
    """

    element: Expr
    uses: tuple[Use | None, ...]
    axes: tuple[str, ...] = ()

    def use(self, argument: int) -> Use | None:
        """Return how an input is used; an op of any number of inputs repeats its last use."""
        return self.uses[min(argument, len(self.uses) - 1)]

    def to_json(self) -> Json:
        """Return the formula as JSON, for the browser."""
        return {
            "element": self.element.to_json(),
            "axes": list(self.axes),
            "uses": [
                use
                and {
                    "local": use.local.to_json(),
                    "index": _plain(use.index),
                    "over": _plain(use.over),
                }
                for use in self.uses
            ],
        }


# --- placing: from "any element" to "this one" ------------------------------------------------


@dataclass(frozen=True, slots=True)
class Place:
    """Where a formula is placed: the ids and shapes around one step.

    ``whole`` gives the integer at a flat index of an input, for ops that look up by index.
    """

    formula: Formula
    inputs: tuple[int, ...]
    input_shapes: tuple[tuple[int, ...], ...]
    output: int
    output_shape: tuple[int, ...]
    params: Mapping[str, Any]
    whole: Callable[[int, int], int]


def place(where: Place, at: Index) -> Expr:
    """Return the placed tree of the output element at index ``at``."""
    return _place(where.formula.element, where, at, _axis_names(where.formula, at))


def place_local(where: Place, argument: int, at: Index) -> list[tuple[Index, Expr]]:
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


def _place(node: Expr, where: Place, at: Index, names: Mapping[str, Any]) -> Expr:
    head, args = node.head, node.args
    if head == "number":
        return node
    if head == "in":
        argument: int = args[0]
        index = _map(args[1], where, argument, at, names)
        if index is None:
            return Expr("number", (0.0,))
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
    if head == "piece":
        argument, index = _piece(where, at)
        return _leaf(where.inputs[argument], index, where.input_shapes[argument])
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
        terms = tuple(
            _place(body, where, at, {**names, variable: item})
            for item in _range(over, where, at, names)
        )
        if len(terms) == 1:
            return terms[0]
        if head == "largest":
            return Expr("max", terms)
        return Expr("terms", terms) if terms else Expr("number", (0.0,))
    placed = tuple(_place(a, where, at, names) for a in args)
    if head == "div" and args[1].head == "count" and placed[1].args == (1.0,):
        return placed[0]  # a mean over one is that one
    return Expr(head, placed)


def _uniform(where: Place, turn: int, at: Index) -> float:
    """Return the number that decides a coin toss: the step's own, of this turn."""
    stream = f"{where.params['stream']}/{where.whole(turn, 0)}"
    position = flat(at, where.output_shape)
    return float(uniform(where.params["seed"], stream, position + 1)[position])


def _wins(node: Expr, where: Place, at: Index, names: Mapping[str, Any]) -> Expr:
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


def _factors(where: Place, at: Index, names: Mapping[str, Any], every: bool) -> Expr:
    """Return the product of what meets in an einsum: of all inputs, or of all but one."""
    leaves = [
        _leaf(where.inputs[n], _lettered(where, n, at, names["r"]), where.input_shapes[n])
        for n in range(len(where.inputs))
        if every or n != names["argument"]
    ]
    return functools.reduce(lambda a, b: a * b, leaves) if leaves else expr(1.0)


def _lettered(where: Place, argument: int, at: Index, summed: Index) -> Index:
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
    index_map: IndexMap, where: Place, argument: int, at: Index, names: Mapping[str, Any]
) -> Index | None:
    """Return the index that an index map names, or None if it falls outside."""
    shape = where.output_shape if argument < 0 else where.input_shapes[argument]
    if index_map[0] == "joined":
        found, index = _piece(where, at)
        return index if found == argument else None
    if index_map[0] == "letters":
        return _lettered(where, argument, at, names[index_map[1]])
    return _apply_map(index_map, where, shape, at, names)


def _apply_map(
    index_map: IndexMap, where: Place, shape: tuple[int, ...], at: Index, names: Mapping[str, Any]
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
    if kind == "drop":
        axes = _axes(where.params, len(at))
        kept = [0 if i in axes else at[i] for i in range(len(at))]
        return (
            tuple(kept) if rank == len(at) else tuple(i for n, i in enumerate(at) if n not in axes)
        )
    if kind == "replace":
        axis = _axis(where, len(at))
        walked: int = names[rest[0]]
        return (*at[:axis], walked, *at[axis + 1 :])
    if kind == "permute":
        index = [0] * rank
        for position, axis in enumerate(where.params["axes"]):
            index[axis % rank] = at[position]
        return tuple(index)
    if kind == "flat":
        return unflat(flat(at, where.output_shape), shape)
    if kind == "getitem":
        return _getitem(where.params["index"], at, shape)
    if kind == "select":
        axis = _axis(where, rank)
        looked_up: int = rest[0]
        index_shape = where.input_shapes[looked_up]
        end = axis + len(index_shape)
        picked = where.whole(looked_up, flat(at[axis:end], index_shape))
        return (*at[:axis], picked % shape[axis], *at[end:])
    if kind == "gather":
        axis = _axis(where, rank)
        index_of: int = rest[0]
        picked = where.whole(index_of, flat(at, where.input_shapes[index_of]))
        return (*at[:axis], picked % shape[axis], *at[axis + 1 :])
    if kind == "tap":
        return names[rest[0]][rest[1]]
    if kind == "shift":
        pads = where.params["pads"]
        before = [0] * (len(at) - len(pads)) + [pair[0] for pair in pads]
        return tuple(i + b for i, b in zip(at, before, strict=True))
    if kind == "part":
        axis = _axis(where, rank)
        before = sum(joined[axis] for joined in where.input_shapes[1 : 1 + where.params["part"]])
        return (*at[:axis], at[axis] + before, *at[axis + 1 :])
    raise AssertionError(f"unknown index map {kind}")


def _axis(where: Place, rank: int) -> int:
    axis: int = where.params["axis"]
    return axis % rank


def _axes(params: Mapping[str, Any], rank: int) -> set[int]:
    return {axis % rank for axis in params["axes"]} if rank else set()


def _merge(at: Index, reduced: Index, params: Mapping[str, Any], rank: int) -> Index:
    axes = _axes(params, rank)
    kept = iter([i for n, i in enumerate(at) if not (params.get("keepdims") and n in axes)])
    gone = iter(reduced)
    return tuple(next(gone) if i in axes else next(kept) for i in range(rank))


def _getitem(items: Sequence[Any], at: Index, shape: tuple[int, ...]) -> Index:
    """Follow basic indexing: an int fixes an axis, ``[start, stop, step]`` walks one."""
    rest = iter(at)
    index: list[int] = []
    for item, size in zip(items, shape, strict=True):
        if isinstance(item, int):
            index.append(item % size)
        else:
            start, _, step = slice(*item).indices(size)
            index.append(start + step * next(rest))
    return tuple(index)


def _piece(where: Place, at: Index) -> tuple[int, Index]:
    """Find which joined input the output index falls in, and where."""
    axis = _axis(where, len(at))
    position = at[axis]
    for argument, shape in enumerate(where.input_shapes):
        if position < shape[axis]:
            return argument, (*at[:axis], position, *at[axis + 1 :])
        position -= shape[axis]
    raise AssertionError("an output index outside the joined inputs")


def _range(over: Range, where: Place, at: Index, names: Mapping[str, Any]) -> Iterator[Any]:
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
    elif kind == "spread":
        offset = len(shape) - len(at)
        yield from itertools.product(
            *(
                range(size)
                if i < offset or where.output_shape[i - offset] == 1
                else (at[i - offset],)
                for i, size in enumerate(shape)
            )
        )
    elif kind == "preimage":  # the elements of the input that a map sends to this output
        for index in itertools.product(*map(range, shape)):
            if _apply_map(tuple(rest), where, where.output_shape, index, names) == at:
                yield index
    else:
        raise AssertionError(f"unknown range {kind}")


# --- reading placed trees ---------------------------------------------------------------------

Get = Callable[[int, int], float]


def choose(node: Expr, get: Get) -> Expr:
    """Take the branch of every ``cases`` that the numbers choose."""
    if node.head in ("number", "leaf"):
        return node
    if node.head == "cases":
        test, then, otherwise = node.args
        return choose(then if evaluate(test, get) else otherwise, get)
    return Expr(node.head, tuple(choose(a, get) for a in node.args))


def evaluate(node: Expr, get: Get) -> float:
    """Return the number a placed tree stands for, as NumPy would (inf and nan, no errors)."""
    head, args = node.head, node.args
    if head == "number":
        return args[0]
    if head == "leaf":
        return get(args[0], args[1])
    if head == "cases":
        return evaluate(args[1] if evaluate(args[0], get) else args[2], get)
    return _apply(head, [evaluate(a, get) for a in args])


def _apply(head: str, numbers: Sequence[float]) -> float:
    if head == "terms":
        return math.fsum(numbers) if all(map(math.isfinite, numbers)) else sum(numbers)
    return _FUNCTIONS[head](*numbers)


def settled(node: Expr, get: Get) -> Expr:
    """Put numbers where Python's arithmetic refuses and NumPy's does not, in a chosen tree.

    ``1 / (1 + exp(-x))`` is 0 at x = -1000, but ``math.exp(1000)`` raises OverflowError.
    """
    return _settled(node, get)[0] if _may_be_refused(node) else node


def _may_be_refused(node: Expr) -> bool:
    if node.head in ("number", "leaf"):
        return False
    return node.head in _REFUSED or any(map(_may_be_refused, node.args))


def _settled(node: Expr, get: Get) -> tuple[Expr, float]:
    if node.head in ("number", "leaf"):
        return node, evaluate(node, get)
    parts = [_settled(a, get) for a in node.args]
    number = _apply(node.head, [number for _, number in parts])
    if node.head in _REFUSED and not math.isfinite(number):
        return Expr("number", (number,)), number
    return Expr(node.head, tuple(tree for tree, _ in parts)), number


_REFUSED = {"div", "pow", "exp", "log", "sqrt", "max", "min"}


def leaves(node: Expr) -> Iterator[tuple[int, int]]:
    """Yield the ``(value id, flat index)`` of every leaf, left to right."""
    if node.head == "leaf":
        yield (node.args[0], node.args[1])
    elif node.head != "number":
        for a in node.args:
            yield from leaves(a)


def _divide(a: float, b: float) -> float:
    if b == 0:
        return (
            math.nan
            if a == 0 or math.isnan(a)
            else math.copysign(math.inf, a) * math.copysign(1, b)
        )
    return a / b


def _power(a: float, b: float) -> float:
    try:
        return math.pow(a, b)
    except ValueError:
        if a == 0:
            return math.copysign(math.inf, a) if b % 2 == 1 else math.inf
        return math.nan
    except OverflowError:
        return -math.inf if a < 0 and b % 2 == 1 else math.inf


def _exp(a: float) -> float:
    try:
        return math.exp(a)
    except OverflowError:
        return math.inf


def _log(a: float) -> float:
    if a > 0:
        return math.log(a)
    return -math.inf if a == 0 else math.nan


def _sqrt(a: float) -> float:
    return math.sqrt(a) if a >= 0 else math.nan


def _largest(*numbers: float) -> float:
    return math.nan if any(map(math.isnan, numbers)) else max(numbers)


def _smallest(*numbers: float) -> float:
    return math.nan if any(map(math.isnan, numbers)) else min(numbers)


_OF_ONE: dict[str, Callable[[float], float]] = {
    "neg": lambda a: -a,
    "exp": _exp,
    "log": _log,
    "sqrt": _sqrt,
    "tanh": math.tanh,
    "erf": math.erf,
    "abs": math.fabs,
}
_OF_TWO: dict[str, Callable[[float, float], float]] = {
    "add": lambda a, b: a + b,
    "sub": lambda a, b: a - b,
    "mul": lambda a, b: a * b,
    "div": _divide,
    "pow": _power,
    "gt": lambda a, b: a > b,
    "ge": lambda a, b: a >= b,
    "eq": lambda a, b: a == b,
}
_OF_MANY: dict[str, Callable[..., float]] = {"max": _largest, "min": _smallest}
_FUNCTIONS: dict[str, Callable[..., float]] = {**_OF_ONE, **_OF_TWO, **_OF_MANY}


# --- writing placed trees ---------------------------------------------------------------------

_BINDING = {"add": 1, "sub": 1, "terms": 1, "mul": 2, "div": 2, "neg": 3, "pow": 4}
_ATOM = 5
_LONGEST_SUM = 500


def to_python(node: Expr, write: Callable[[int, int], str]) -> str:
    """Write a chosen tree as plain arithmetic in Python syntax.

    ``write`` gives the text of a leaf; a text that starts with a minus is put in parentheses
    wherever it would follow an operator. Uses exp, log, sqrt, tanh, erf, max and min only.
    """
    return _python(node, write)[0]


def _python(node: Expr, write: Callable[[int, int], str]) -> tuple[str, int]:
    head, args = node.head, node.args
    if head in ("leaf", "number"):
        text = write(args[0], args[1]) if head == "leaf" else number_text(args[0])
        return text, _BINDING["neg"] if text.startswith("-") else _ATOM
    if head == "abs":
        inner = _python(args[0], write)[0]
        return f"max({inner}, -({inner}))", _ATOM
    if head not in _BINDING:
        return f"{head}({', '.join(_python(a, write)[0] for a in args)})", _ATOM
    binding = _BINDING[head]
    if head == "neg":
        return f"-{_wrapped(args[0], write, _ATOM)}", binding
    if head == "terms":
        first, *rest = args
        parts = [_wrapped(first, write, 1), *(_wrapped(a, write, 2, follows=True) for a in rest)]
        while len(parts) > _LONGEST_SUM:  # Python's parser has its limits
            groups = [parts[n : n + _LONGEST_SUM] for n in range(0, len(parts), _LONGEST_SUM)]
            parts = [f"({' + '.join(group)})" for group in groups]
        return " + ".join(parts), binding
    left_floor = _ATOM if head == "pow" else binding
    right_floor = binding if head in ("add", "mul", "pow") else binding + 1
    symbol = {"add": "+", "sub": "-", "mul": "*", "div": "/", "pow": "**"}[head]
    left = _wrapped(args[0], write, left_floor)
    right = _wrapped(args[1], write, right_floor, follows=True)
    return f"{left} {symbol} {right}", binding


def _wrapped(
    node: Expr, write: Callable[[int, int], str], floor: int, follows: bool = False
) -> str:
    text, binding = _python(node, write)
    if binding < floor or (follows and text.startswith("-")):
        return f"({text})"
    return text


def number_text(value: float) -> str:
    """Write a number exactly, without a needless ``.0``, as Python reads it.

    Infinity is written 1e999, and what is not a number (1e999 - 1e999).
    """
    if math.isnan(value):
        return "(1e999 - 1e999)"
    if math.isinf(value):
        return "1e999" if value > 0 else "-1e999"
    if abs(value) < 1e15 and value == int(value):
        return "-0.0" if value == 0 and math.copysign(1, value) < 0 else str(int(value))
    return repr(float(value))
