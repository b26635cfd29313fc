"""From the spec of a formula to a recorded iteration."""

from __future__ import annotations

import ast
import math
from collections.abc import Callable, Mapping, Set
from typing import Any

from whygrad.engine import functional
from whygrad.engine.tensor import Tensor, annotate, recording, tensor
from whygrad.errors import ShapeError, SpecError
from whygrad.nn.registry import ACTIVATIONS, LOSSES
from whygrad.option import quoted
from whygrad.spec import Spec
from whygrad.spec.expression import parse_expression
from whygrad.training.iteration import Iteration
from whygrad.training.parts import optimizer_of, schedule_of, without_sources
from whygrad.training.trace import record_iteration

_FUNCTIONS: Mapping[str, Callable[..., Tensor]] = {
    "exp": functional.exp,
    "log": functional.log,
    "sqrt": functional.sqrt,
    "abs": functional.abs,
    "maximum": functional.maximum,
    "minimum": functional.minimum,
    "matmul": functional.matmul,
    "sum": functional.sum,
    "mean": functional.mean,
    "max": functional.amax,
    "where": functional.where,
    **{name: row.function for name, row in ACTIVATIONS.items()},
    **{name: row.function for name, row in LOSSES.items() if row.in_formula},
}
_OPERATORS: Mapping[type[ast.operator], tuple[str, Callable[[Any, Any], Any]]] = {
    ast.Add: ("+", lambda a, b: a + b),
    ast.Sub: ("-", lambda a, b: a - b),
    ast.Mult: ("*", lambda a, b: a * b),
    ast.Div: ("/", lambda a, b: a / b),
    ast.Pow: ("**", lambda a, b: a**b),
    ast.MatMult: ("@", functional.matmul),
}
_KEYWORDS = {"axis": "dim", "keepdims": "keepdim"}


@recording()
def formula_iteration(spec: Spec) -> Iteration:
    """Record an iteration of a resolved spec's formula; its last statement is the loss.

    Raises:
        SpecError: shapes do not fit, or the last statement is not one number.
    """
    formula = spec.formula
    assert formula is not None
    known: dict[str, Any] = {
        **{n: tensor(x, name=n, role="parameter") for n, x in formula.parameters.items()},
        **{n: tensor(x, name=n, role="input") for n, x in spec.data.inputs.items()},
    }
    parameters = [known[name] for name in formula.parameters]
    inputs = [known[name] for name in spec.data.inputs]
    traced = _Formula(known, {*known, *(statement.name for statement in formula.statements)})
    for position, statement in enumerate(formula.statements):
        phase = "loss" if position == len(formula.statements) - 1 else "forward"
        with annotate(phase=phase):
            known[statement.name] = traced.statement(statement.name, statement.text)
    loss = known[formula.statements[-1].name]
    if loss.array.size != 1:
        raise SpecError(
            f"the last statement, {formula.statements[-1].name}, is what is differentiated and "
            f"must be one number, but has shape {tuple(map(int, loss.shape))}; use sum(...) or "
            "mean(...)",
            source=spec.source or None,
            line=spec.lines.get(f"formula.{formula.statements[-1].name}"),
        )
    tape, run, kept = record_iteration(
        loss, parameters or inputs, optimizer_of(spec, parameters) if parameters else None, {}
    )
    return Iteration(*without_sources(tape, run), kept=kept, schedule=schedule_of(spec))


class _Formula:
    """Walks the syntax tree of a statement, recording; every intermediate gets a name."""

    def __init__(self, known: Mapping[str, Any], taken: Set[str]) -> None:
        self.known = known
        self.taken = taken
        self.count = 0

    def statement(self, name: str, text: str) -> Tensor:
        try:
            made = self.node(parse_expression(text))
        except (ShapeError, SpecError) as error:
            raise SpecError(f"{name} = {quoted(text)}: {error}") from None
        except TypeError as error:
            raise SpecError(
                f"{name} = {quoted(text)}: a function has the wrong arguments: {error}"
            ) from None
        if not isinstance(made, Tensor):
            made = tensor(made, role="constant")
        if made.op is None or made.name:
            made = made.apply("identity")  # another name for the same number is a step of its own
        return made.named(name)

    def part(self, node: ast.expr) -> Any:
        """Return an inner expression's value, under a name of its own if a step made it."""
        made = self.node(node)
        if isinstance(made, Tensor) and made.op is not None and not made.name:
            self.count += 1
            while f"u{self.count}" in self.taken:
                self.count += 1
            return made.named(f"u{self.count}")
        return made

    def node(self, node: ast.expr) -> Any:
        match node:
            case ast.Constant(value=value):
                return value
            case ast.Name(id=name):
                return self.known[name]
            case ast.BinOp(left=left, op=kind, right=right):
                return _arithmetic(type(kind), self.part(left), self.part(right))
            case ast.UnaryOp(operand=operand):
                return -self.part(operand)
            case ast.Subscript(value=value, slice=index):
                return self.part(value)[ast.literal_eval(index)]
            case _:
                assert isinstance(node, ast.Call)  # the parser lets nothing else through
                assert isinstance(node.func, ast.Name)
                given = {
                    _KEYWORDS.get(k.arg or "", k.arg or ""): ast.literal_eval(k.value)
                    for k in node.keywords
                }
                return _FUNCTIONS[node.func.id](*(self.part(a) for a in node.args), **given)


def _arithmetic(kind: type[ast.operator], left: Any, right: Any) -> Any:
    """Apply an operator; two plain numbers are reckoned with as floats, which takes no time.

    Raises:
        SpecError: two numbers have no finite real result.
    """
    sign, function = _OPERATORS[kind]
    if isinstance(left, Tensor) or isinstance(right, Tensor) or kind is ast.MatMult:
        return function(left, right)
    try:
        made = function(float(left), float(right))
    except ArithmeticError:
        made = math.nan
    if isinstance(made, complex) or not math.isfinite(made):
        raise SpecError(f"{left:g}{sign}{right:g} is no finite real number")
    return made
