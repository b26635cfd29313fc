"""A gradient's formula read as it is taught: upstream x local, added up over the uses."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from whygrad.engine.formula import Expr, evaluate, expr
from whygrad.tape.run import Run
from whygrad.tape.tape import Tape

ONE = expr(1.0)


@dataclass(frozen=True, slots=True)
class Contribution:
    """What one use of a value contributes to its gradient.

    Attributes:
        upstream: ``(value id, flat index)`` of the gradient that arrives.
        local: the local derivative, as a placed formula.
        arrives: the number at ``upstream``.
        rate: the number ``local`` comes to.
    """

    upstream: tuple[int, int]
    local: Expr
    arrives: float
    rate: float

    @property
    def product(self) -> float:
        """What this use contributes."""
        return self.arrives * self.rate


def contributions(run: Run, tree: Expr) -> tuple[Contribution, ...]:
    """Return what each use contributes to one element of a gradient, in the order they are added.

    Args:
        run: the numbers.
        tree: the element's formula (``worked.formula``).
    """
    tape = run.tape
    found = _split(tree, lambda value: is_gradient(tape, value))
    return tuple(
        Contribution(leaf, local, run.number(*leaf), evaluate(local, run.number))
        for leaf, local in found
    )


def is_gradient(tape: Tape, value: int) -> bool:
    """Say whether a value is a complete gradient."""
    return tape.values[value].role == "gradient"


def _split(node: Expr, gradient: Callable[[int], bool]) -> list[tuple[tuple[int, int], Expr]]:
    """Return ``(leaf, coefficient)`` for each gradient leaf: the formula is linear in them."""
    head, args = node.head, node.args
    if head == "number":
        return []
    if head == "leaf":
        return [((args[0], args[1]), ONE)] if gradient(args[0]) else []
    parts = [_split(a, gradient) for a in args]
    if head in ("add", "terms"):
        return [term for part in parts for term in part]
    if head == "sub":
        return parts[0] + [(leaf, _negated(local)) for leaf, local in parts[1]]
    if head == "neg":
        return [(leaf, _negated(local)) for leaf, local in parts[0]]
    if head == "mul" and parts[0]:
        return [(leaf, _product(local, args[1])) for leaf, local in parts[0]]
    if head == "mul":
        return [(leaf, _product(args[0], local)) for leaf, local in parts[1]]
    if head == "div":
        return [(leaf, Expr("div", (local, args[1]))) for leaf, local in parts[0]]
    return []


def _negated(local: Expr) -> Expr:
    if local.head == "number":
        return expr(-local.args[0])
    return local.args[0] if local.head == "neg" else Expr("neg", (local,))


def _product(a: Expr, b: Expr) -> Expr:
    if a == ONE:
        return b
    return a if b == ONE else Expr("mul", (a, b))
