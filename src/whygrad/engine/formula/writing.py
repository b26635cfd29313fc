"""Writing placed trees as plain arithmetic."""

from __future__ import annotations

import math
from collections.abc import Callable

from whygrad.engine.formula.tree import Expr

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
