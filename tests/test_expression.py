"""Expressions are parsed into a few safe kinds of node, and never run."""

from __future__ import annotations

import ast
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from whygrad.errors import SpecError
from whygrad.spec import expression
from whygrad.spec.expression import names_in, parse_expression


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("x", ("x",)),
        ("x * (x + 1)", ("x",)),
        ("(y - a)**2", ("y", "a")),
        ("-w*x + b / 2.5e-3", ("w", "x", "b")),
        ("W @ x", ("W", "x")),
        ("relu(w*x\n  + b)", ("w", "x", "b")),
        ("sum(exp(a), axis=0)", ("a",)),
        ("sum(a, axis=(0, -1), keepdims=True) + mean(b, axis=[1])", ("a", "b")),
        ("leaky_relu(x, slope=-.1)", ("x",)),
        ("x[0] + x[-1] + y[0, 1]", ("x", "y")),
        ("max(sum, mean)", ("sum", "mean")),
        ("1 + 2", ()),
    ],
)
def test_what_a_formula_may_hold(text: str, names: tuple[str, ...]) -> None:
    assert names_in(parse_expression(text)) == names


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "empty; write an expression"),
        ("  ", "empty; write an expression"),
        ("x +", "cannot read 'x +'"),
        ("x x", "cannot read 'x x'"),
        ("(x", "cannot read '(x'"),
        ("x = 3", "cannot read 'x = 3'"),
        ("x^2", "'^' is not allowed in a formula; write **. Allowed: names"),
        ("2 × x", "'×' is not allowed in a formula; write *"),
        ("x²", "'²' is not allowed in a formula; write **2"),
        ("x; y", "';' is not allowed in a formula. Allowed: names"),
        ("'text'", '"\'" is not allowed'),
        ("x.shape", "cannot read what follows at '.shape'"),
        ("2x", "cannot read what follows at '2x'"),
        ("1.2.3", "cannot read what follows at '1.2.3'"),
        ("0x10", "cannot read what follows at '0x10'"),
        ("012", "cannot read '012'"),
        ("1j", "cannot read what follows at '1j'"),
        ("1e999", "'1e999' is too large"),
        ("9" * 400, "is too large"),
        ("x // y", "'x // y' is not allowed in a formula"),
        ("+x", "'+x' is not allowed in a formula"),
        ("not x", "'not x' is not allowed in a formula"),
        ("x and y", "'x and y' is not allowed in a formula"),
        ("x if y else z", "'x if y else z' is not allowed in a formula"),
        ("(yield)", "is not allowed in a formula"),
        ("None", "'None' is not allowed in a formula"),
        ("True", "'True' is not allowed in a formula"),
        ("x, y", "'x, y' is not allowed in a formula"),
        ("[x]", "'[x]' is not allowed in a formula"),
        ("relu(*x)", "'*x' is not allowed in a formula"),
        ("relu(x for x in y)", "is not allowed in a formula"),
        ("relu(x)(y)", "'relu(x)(y)' is not allowed in a formula"),
        ("relv(x)", "unknown function 'relv': did you mean 'relu'?"),
        ("eval(x)", "unknown function 'eval'"),
        ("sum(x, **y)", "an option's value is a number, True, False or a list"),
        ("sum(x, axis=y)", "an option's value is a number, True, False or a list"),
        ("sum(x, axis=None)", "an option's value is a number, True, False or a list"),
        ("sum(x, axis=(0, 1.5))", "an option's value is a number, True, False or a list"),
        ("sum(x, axis=())", "an option's value is a number, True, False or a list"),
        ("sum(x, slope=1e999)", "an option's value is a number, True, False or a list"),
        ("sum(x, axis=0, axis=1)", "an option is given twice"),
        ("sum(x, keepdims=-True)", "an option's value is a number, True, False or a list"),
        ("x[i]", "'x[i]': an index is a whole number, as in x[0] or x[0, 1]"),
        ("x[1.5]", "an index is a whole number"),
        ("x[True]", "an index is a whole number"),
        ("x[()]", "an index is a whole number"),
        ("(" * 51 + "x" + ")" * 51, "brackets are nested more than 50 deep"),
        ("-" * 60 + "x", "more than 50 operations inside each other"),
        ("x" + "+x" * 60, "more than 50 operations inside each other"),
        ("x" * 2001, "2,001 characters; an expression may have 2,000"),
    ],
)
def test_what_it_may_not_hold(text: str, message: str) -> None:
    with pytest.raises(SpecError) as refused:
        parse_expression(text)
    assert message in str(refused.value)
    assert "\n" not in str(refused.value)


def test_fifty_terms_and_fifty_brackets_are_possible() -> None:
    parse_expression("x" + "+x" * 49)
    parse_expression("(" * 50 + "x" + ")" * 50)


@pytest.mark.parametrize("fault", [RecursionError, MemoryError, ValueError])
def test_a_parser_that_gives_up_is_a_whygrad_error(
    monkeypatch: pytest.MonkeyPatch, fault: type[Exception]
) -> None:
    def gives_up(*_: Any, **__: Any) -> None:
        raise fault

    monkeypatch.setattr(expression.ast, "parse", gives_up)
    with pytest.raises(SpecError, match="nested too deeply"):
        parse_expression("x")


WORDS = ["x", "y", "1", "2.5", "1e3", "relu", "sum", "axis", "not", "if", "else", "lambda", "True"]
tokens = st.sampled_from([*WORDS, *"+-*/@()[],=.:^"])


@given(st.one_of(st.text(max_size=80), st.lists(tokens, max_size=25).map(" ".join)))
def test_any_text_is_a_safe_tree_or_a_spec_error(text: str) -> None:
    try:
        tree = parse_expression(text)
    except SpecError:
        return
    safe = (
        ast.Name | ast.Constant | ast.BinOp | ast.UnaryOp | ast.Call | ast.Subscript | ast.Tuple
        | ast.List | ast.keyword | ast.operator | ast.USub | ast.Load
    )  # fmt: skip
    assert all(isinstance(node, safe) for node in ast.walk(tree))


@st.composite
def formulas(draw: st.DrawFn, depth: int = 4) -> str:
    if depth == 0 or draw(st.booleans()):
        return draw(st.sampled_from(["x", "y", "w_1", "2", "0.5", "1e-3"]))
    inner = formulas(depth=depth - 1)
    match draw(st.integers(0, 3)):
        case 0:
            operator = draw(st.sampled_from(["+", "-", "*", "/", "**", "@"]))
            return f"({draw(inner)} {operator} {draw(inner)})"
        case 1:
            return f"-{draw(inner)}"
        case 2:
            return f"{draw(st.sampled_from(expression.FORMULA_FUNCTIONS))}({draw(inner)})"
        case _:
            return f"({draw(inner)})[0, -1]"


@given(formulas())
def test_every_formula_of_the_grammar_is_read(text: str) -> None:
    assert set(names_in(parse_expression(text))) <= {"x", "y", "w_1"}
