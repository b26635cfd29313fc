"""Reading placed trees: which branches the numbers choose, which leaves, what comes out."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence

from whygrad.engine.formula.tree import Expr

Get = Callable[[int, int], float]


def choose(node: Expr, get: Get) -> Expr:
    """Take the branch of every ``cases`` that the numbers choose."""
    if node.head in ("number", "leaf"):
        return node
    if node.head == "cases":
        test, then, otherwise = node.args
        return choose(then if evaluate(test, get) else otherwise, get)
    return node.over(tuple([choose(a, get) for a in node.args]))


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
