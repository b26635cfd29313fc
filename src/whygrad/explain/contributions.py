"""A gradient's formula read as it is taught: upstream x local, added up over the uses."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from whygrad.engine.formula import Expr, evaluate, expr
from whygrad.tape.run import Run
from whygrad.tape.tape import Tape

ONE = expr(1.0)
Leaf = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Part:
    """One of the ways in which a value moves another inside a step.

    Attributes:
        local: what this way adds to the local derivative, as a placed formula.
        rate: the number ``local`` comes to.
        summed: whether the way goes through a sum in which several gradients meet.
    """

    local: Expr
    rate: float
    summed: bool


@dataclass(frozen=True, slots=True)
class Contribution:
    """What an element contributes to a gradient through one other element.

    Attributes:
        upstream: ``(value id, flat index)`` of the gradient that arrives.
        local: the local derivative, as a placed formula: all ways between the two together.
        arrives: the number at ``upstream``.
        rate: the number ``local`` comes to.
        parts: the ways one by one, in the order they are added.
    """

    upstream: Leaf
    local: Expr
    arrives: float
    rate: float
    parts: tuple[Part, ...]

    @property
    def product(self) -> float:
        """What this use contributes."""
        return self.arrives * self.rate


def contributions(run: Run, tree: Expr) -> tuple[Contribution, ...]:
    """Return what arrives through each other element, in the order they are added.

    Args:
        run: the numbers.
        tree: the element's formula (``worked.formula``).
    """
    tape = run.tape
    ways: dict[Leaf, list[_Way]] = {}
    for way in _split(tree, lambda value: is_gradient(tape, value)):
        ways.setdefault(way.leaf, []).append(way)
    return tuple(_contribution(run, leaf, found) for leaf, found in ways.items())


def _contribution(run: Run, leaf: Leaf, ways: list[_Way]) -> Contribution:
    parts = tuple(Part(way.local, evaluate(way.local, run.number), way.summed) for way in ways)
    local = parts[0].local if len(parts) == 1 else Expr("terms", tuple(p.local for p in parts))
    return Contribution(leaf, local, run.number(*leaf), evaluate(local, run.number), parts)


def is_gradient(tape: Tape, value: int) -> bool:
    """Say whether a value is a complete gradient."""
    return tape.values[value].role == "gradient"


@dataclass(frozen=True, slots=True)
class _Way:
    leaf: Leaf
    local: Expr
    summed: bool = False


def _split(node: Expr, gradient: Callable[[int], bool]) -> list[_Way]:
    """Return each gradient leaf with its coefficient: the formula is linear in them."""
    head, args = node.head, node.args
    if head == "number":
        return []
    if head == "leaf":
        return [_Way((args[0], args[1]), ONE)] if gradient(args[0]) else []
    parts = [_split(a, gradient) for a in args]
    if head == "terms" and len({way.leaf for part in parts for way in part}) > 1:
        return [_Way(way.leaf, way.local, True) for part in parts for way in part]
    if head in ("add", "terms"):
        return [way for part in parts for way in part]
    if head == "sub":
        return parts[0] + _scaled(parts[1], _negated)
    if head == "neg":
        return _scaled(parts[0], _negated)
    if head == "mul" and parts[0]:
        return _scaled(parts[0], lambda local: _product(local, args[1]))
    if head == "mul":
        return _scaled(parts[1], lambda local: _product(args[0], local))
    if head == "div":
        return _scaled(parts[0], lambda local: Expr("div", (local, args[1])))
    return []


def _scaled(ways: list[_Way], by: Callable[[Expr], Expr]) -> list[_Way]:
    return [_Way(way.leaf, by(way.local), way.summed) for way in ways]


def _negated(local: Expr) -> Expr:
    if local.head == "number":
        return expr(-local.args[0])
    return local.args[0] if local.head == "neg" else Expr("neg", (local,))


def _product(a: Expr, b: Expr) -> Expr:
    if a == ONE:
        return b
    return a if b == ONE else Expr("mul", (a, b))
