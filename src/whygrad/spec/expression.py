"""Expressions of a formula: text to a small, safe syntax tree. Nothing is ever run as code."""

from __future__ import annotations

import ast
import math
import re

from whygrad.errors import SpecError, WhygradError, unknown
from whygrad.nn.registry import ACTIVATIONS, LOSSES
from whygrad.option import Option, quoted

MAX_LENGTH = 2_000
MAX_DEPTH = 50

FORMULA_FUNCTIONS = (
    *("exp", "log", "sqrt", "abs", "maximum", "minimum", "matmul", "sum", "mean", "max", "where"),
    *ACTIVATIONS,
    *(name for name, row in LOSSES.items() if row.in_formula),
)
"""The functions a formula may call."""

_TOKEN = re.compile(
    r" |(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?(?![\w.])|[A-Za-z_]\w*|[-+*/@(),=\[\]]", re.ASCII
)
_INSTEAD = {"^": "**", "×": "*", "·": "*", "−": "-", "÷": "/", "²": "**2", "³": "**3", "√": "sqrt"}
_OPERATORS = (ast.Add, ast.Sub, ast.Mult, ast.Div, ast.Pow, ast.MatMult)
_ALLOWED = "names, numbers, + - * / ** @, brackets, x[0], and functions"


def parse_expression(text: str) -> ast.expr:
    """A formula's expression as a syntax tree of a few safe kinds of node, never run.

    Allowed: names; numbers; + - * / ** @ and a leading minus; brackets; x[0] and x[0, 1] with
    whole numbers; calls of FORMULA_FUNCTIONS with expressions, and keywords whose value is a
    number, true, false or a list of whole numbers, as in sum(x, axis=0). The tree holds only
    ast.Name, Constant, BinOp, UnaryOp, Call, Subscript, and Tuple or List inside these last two.

    Raises SpecError that says what is not allowed, and for more than 2,000 characters or 50
    levels of nesting.
    """
    if len(text) > MAX_LENGTH:
        raise SpecError(
            f"{len(text):,} characters; an expression may have {MAX_LENGTH:,}. "
            "Split it into several statements"
        )
    plain = " ".join(text.split())
    if not plain:
        raise SpecError("empty; write an expression, as in x * (x + 1)")
    _check_characters(plain)
    try:
        tree = ast.parse(plain, mode="eval").body
    except SyntaxError as fault:
        raise SpecError(f"cannot read {quoted(plain)}: {fault.msg}") from None
    except (ValueError, MemoryError, RecursionError):
        raise SpecError("nested too deeply; split it into several statements") from None
    _check_node(tree, plain, MAX_DEPTH)
    return tree


def names_in(expression: ast.expr) -> tuple[str, ...]:
    """The names that an expression reads, each once, in order; functions are not among them."""
    called = {id(node.func) for node in ast.walk(expression) if isinstance(node, ast.Call)}
    names = (
        node
        for node in ast.walk(expression)
        if isinstance(node, ast.Name) and id(node) not in called
    )
    in_order = sorted(names, key=lambda node: (node.lineno, node.col_offset))
    return tuple(dict.fromkeys(node.id for node in in_order))


def _check_characters(text: str) -> None:
    """Refuses what no formula needs, before Python's parser sees it, and deep brackets."""
    position = depth = 0
    while position < len(text):
        token = _TOKEN.match(text, position)
        if token is None:
            mark = text[position]
            if mark.isascii() and (mark.isalnum() or mark == "."):
                raise SpecError(
                    f"cannot read what follows at {quoted(text[position : position + 12])}"
                )
            instead = f"; write {_INSTEAD[mark]}" if mark in _INSTEAD else ""
            raise SpecError(f"{mark!r} is not allowed in a formula{instead}. Allowed: {_ALLOWED}")
        depth += {"(": 1, "[": 1, ")": -1, "]": -1}.get(token[0], 0)
        if depth > MAX_DEPTH:
            raise SpecError(f"brackets are nested more than {MAX_DEPTH} deep")
        position = token.end()


def _check_node(node: ast.expr, text: str, depth: int) -> None:
    def shown() -> str:
        return quoted(ast.get_source_segment(text, node) or text)

    if depth == 0:
        raise SpecError(
            f"more than {MAX_DEPTH} operations inside each other; split it into several statements"
        )
    match node:
        case ast.Name():
            pass
        case ast.Constant():
            _check_number(node.value, shown())
        case ast.BinOp(left=left, op=op, right=right) if isinstance(op, _OPERATORS):
            _check_node(left, text, depth - 1)
            _check_node(right, text, depth - 1)
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            _check_node(operand, text, depth - 1)
        case ast.Subscript(value=value, slice=index):
            _check_node(value, text, depth - 1)
            if not _whole_numbers(index):
                raise SpecError(f"{shown()}: an index is a whole number, as in x[0] or x[0, 1]")
        case ast.Call(func=ast.Name(id=name), args=arguments, keywords=keywords):
            if name not in FORMULA_FUNCTIONS:
                raise SpecError(unknown("function", name, FORMULA_FUNCTIONS))
            for argument in arguments:
                _check_node(argument, text, depth - 1)
            names = [given.arg for given in keywords]
            if len(set(names)) < len(names):
                raise SpecError(f"{shown()}: an option is given twice")
            for given in keywords:
                if given.arg is None or not _option_value(given.value):
                    raise SpecError(
                        f"{shown()}: an option's value is a number, True, False or a list of "
                        "whole numbers, as in sum(x, axis=0)"
                    )
        case _:
            raise SpecError(f"{shown()} is not allowed in a formula. Allowed: {_ALLOWED}")


def _check_number(value: object, shown: str) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise SpecError(f"{shown} is not allowed in a formula. Allowed: {_ALLOWED}")
    try:
        Option(0.0).checked("", value)
    except WhygradError:
        raise SpecError(f"{shown} is too large for a number") from None


def _unsigned(node: ast.expr) -> ast.expr:
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return node.operand
    return node


def _is_whole(node: ast.expr) -> bool:
    inner = _unsigned(node)
    return isinstance(inner, ast.Constant) and type(inner.value) is int


def _whole_numbers(node: ast.expr) -> bool:
    items = node.elts if isinstance(node, ast.Tuple | ast.List) else [node]
    return bool(items) and all(_is_whole(item) for item in items)


def _option_value(node: ast.expr) -> bool:
    value = inner.value if isinstance(inner := _unsigned(node), ast.Constant) else None
    if isinstance(value, bool):
        return inner is node
    return (isinstance(value, float) and math.isfinite(value)) or _whole_numbers(node)
