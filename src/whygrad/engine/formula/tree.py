"""Formulas as an op declares them: for any element of its output."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

Index = tuple[int, ...]
IndexMap = tuple[Any, ...]
Range = tuple[Any, ...]
Json = Any


@dataclass(frozen=True, slots=True)
class Expr:
    """A node of a formula: a head and what it is applied to."""

    head: str
    args: tuple[Any, ...] = ()

    def over(self, args: tuple[Any, ...]) -> Expr:
        """Return the node with other arguments: itself, if they are its own."""
        for mine, other in zip(self.args, args, strict=True):
            if mine is not other:
                return Expr(self.head, args)
        return self

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


def moved(otherwise: Expr | float = 0.0) -> Expr:
    """Return the input's element that stands here, where an op only moves numbers.

    ``otherwise`` is what stands where no input's element does.
    """
    return Expr("moved", (expr(otherwise),))


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


MOVES = Use(expr(1.0), ("moved",))
"""The use of an input whose elements an op only moves."""


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
