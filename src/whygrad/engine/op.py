"""What an op is: one row of the table, complete or refused.

An op is a primitive. Its row says how to compute it (``forward`` or ``view``), which shape comes
out, how a gradient passes back through it (``pullbacks``, written in recorded ops), what one
element of it is (``formula``), how it reads aloud, and examples that every check runs on.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, cast, get_args

import numpy as np

from whygrad.engine.dims import Shape
from whygrad.engine.formula import Expr, Formula
from whygrad.errors import UnknownName, WhygradError, unknown

if TYPE_CHECKING:
    from whygrad.engine.tensor import Tensor

Array = np.ndarray[Any, np.dtype[Any]]
Dtype = Literal["float64", "float32", "int64", "int32", "bool"]
DTYPES: tuple[Dtype, ...] = get_args(Dtype)
Kind = Literal["float", "bool", "like"]
Params = Mapping[str, Any]
Kernel = Callable[[], object]


@dataclass(frozen=True, slots=True)
class PullbackContext:
    """What a pullback reads: the step being reversed, and which of its inputs is asked about."""

    inputs: tuple[Tensor, ...]
    output: Tensor
    params: Params
    argument: int


@dataclass(frozen=True, slots=True)
class LocalDerivative:
    """A pullback given as a local derivative, for an op that works element by element.

    The backward walk multiplies the upstream gradient by it: contribution = upstream x local.
    """

    derivative: Callable[[PullbackContext], Tensor]


@dataclass(frozen=True, slots=True)
class VJP:
    """A pullback given as a vector-Jacobian product: from the upstream to the contribution.

    For an op whose local derivative is not one number per element.
    """

    contribution: Callable[[Tensor, PullbackContext], Tensor]


Pullback = LocalDerivative | VJP


@dataclass(frozen=True, slots=True)
class Reason:
    """Why an output moves as it does when one input moves: a sentence with slots for numbers.

    Slots: ``{x}`` the input in question, ``{y}`` the output, ``{other}`` the one other element the
    local derivative consists of (in an op that works on two inputs element by element: the other
    input), ``{local}`` the local derivative, ``{0}``, ``{1}`` ... the inputs of an op that works
    element by element. A slot alone gives the name, ``{x#}`` the number,
    ``{x=}`` both.

    Attributes:
        says: the sentence.
        principle: the named principle it rests on (``explain/principles.py``).
        when: a test on numbers in slots; of several reasons, the first whose test holds is given.
    """

    says: str
    principle: str
    when: Expr | None = None


@dataclass(frozen=True, slots=True)
class Example:
    """Inputs (nested lists of numbers) and params on which an op is checked."""

    inputs: tuple[Any, ...]
    params: Params = field(default_factory=dict[str, Any])
    kink: bool = False  # at a point without a derivative: shown, but not compared with differences


BRANCHES = Expr("branches")
"""The side of a corner where the derivative is constant between corners: the branches it takes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Op:
    """A row of the table.

    A row has the mathematics first, then the facts that players need, then the words.

    Attributes:
        name: PyTorch's name, where it has one.
        shape: from the input shapes (and params) to the output's; raises ShapeError.
        forward: ``forward(*arrays, out, **params)`` returns a function that computes ``out`` from
            the arrays each time it is called: what can be prepared is prepared once. None for a
            view.
        view: ``view(first, shape, **params)`` returns another look at the first input's memory.
        pullbacks: one per input; None where there is none, on purpose. The last serves all
            further inputs of an op that takes any number of them.
        formula: one element of the output and its local derivatives.
        side: the test that says on which side of its corner an element is, so that a move across
            one can be told: in an op that works element by element a formula of its inputs; or
            ``BRANCHES``. None where there is no corner, or no other side to cross to.
        kinks: where the derivative does not exist and which value is used there.
        kind: "float" for arithmetic, "bool" for tests (their output is 0 or 1 as booleans),
            "like" for a result of the second input's precision.
        aligned: inputs broadcast against each other, element by element.
        variadic: takes any number of inputs.
        expects: what an input must hold where it is not any number: "int" for one that indexes,
            "bool" for one that is a test; by position.
        in_place: the kernel is one NumPy call that reads each element before it writes it, so that
            ``out`` may be the memory of an input.
        leading: the kernel takes one more axis in front, of runs, as more of the same: it works
            element by element, or along axes counted from the end.
        silent: it passes numbers on as they are, so that another op on the way has more to say.
        examples: never empty.
        title: the name as a person would say it.
        reads: how one application reads aloud; ``{0}`` and ``{1}`` stand for the inputs.
        purpose: what it is for in a network.
        reasons: for each input, why the local derivative is what it is; in the order of
            ``pullbacks``, None where there is no derivative.
    """

    name: str
    shape: Callable[..., Shape]
    forward: Callable[..., Kernel] | None = None
    view: Callable[..., Array] | None = None
    pullbacks: tuple[Pullback | None, ...] = ()
    formula: Formula
    side: Expr | None = None
    kinks: str = ""
    kind: Kind = "float"
    aligned: bool = False
    variadic: bool = False
    expects: Mapping[int, str] = field(default_factory=dict[int, str])
    in_place: bool = False
    leading: bool = False
    silent: bool = False
    examples: tuple[Example, ...]
    title: str
    reads: str
    purpose: str = ""
    reasons: tuple[tuple[Reason, ...] | None, ...] = ()

    def pullback(self, argument: int) -> Pullback | None:
        """Return the pullback for an input."""
        return self.pullbacks[min(argument, len(self.pullbacks) - 1)]


# NumPy's reductions take their arguments by position here, the fastest way to call them:
# (array, axes, dtype, out, keepdims). Its type stubs do not know that form.
add_up: Callable[..., Array] = np.add.reduce
take_largest: Callable[..., Array] = np.maximum.reduce


def first_shape(shape: Shape, *_: Shape, **__: object) -> Shape:
    """Return the first input's shape: the shape rule of an op that changes only the numbers."""
    return shape


def ufunc(function: Callable[..., object]) -> Callable[..., Kernel]:
    """Return the forward rule of a NumPy function that takes ``out`` last."""
    return partial(partial, function)


def scalar(number: float, like: Array) -> Array:
    """Return a number as an array of ``like``'s dtype, which NumPy takes faster than a float."""
    return np.array(number, like.dtype)


def dtype_name(dtype: np.dtype[Any]) -> Dtype:
    """Return the name of a tensor's dtype, which is one of ``DTYPES``."""
    return cast("Dtype", dtype.name)


def slot(name: str) -> Expr:
    """Return the number in a slot, for a reason's ``when``."""
    return Expr("slot", (name,))


def each_reason(
    *reasons: tuple[Reason, ...] | Reason | None,
) -> tuple[tuple[Reason, ...] | None, ...]:
    """Return reasons as a row keeps them, a single one standing for itself."""
    return tuple((r,) if isinstance(r, Reason) else r for r in reasons)


def table(*rows: Op) -> dict[str, Op]:
    """Gather rows into a table by name.

    Raises:
        WhygradError: a row is incomplete, or two rows share a name.
    """
    ops: dict[str, Op] = {}
    for op in rows:
        fault = _fault(op)
        if op.name in ops:
            fault = "its name is taken"
        if fault:
            raise WhygradError(f"op {op.name!r} is refused: {fault}")
        ops[op.name] = op
    return ops


def _fault(op: Op) -> str:
    if (op.forward is None) == (op.view is None):
        return "it needs a forward rule, or a view, and not both"
    if not op.examples:
        return "it has no examples to check it on"
    if not op.title or not op.reads:
        return "it does not say how it reads aloud"
    if op.side is not None and not op.kinks:
        return "it has sides of a corner and does not say which derivative is used there"
    if op.view is not None and op.in_place:
        return "it is a view, which has no memory of its own to write over"
    if op.forward is None and op.leading:
        return "it is a view, and is given a leading axis with its shape"
    arity = len(op.pullbacks) if op.variadic else len(op.examples[0].inputs)
    if len(op.pullbacks) != arity:
        return f"it takes {arity} inputs and has {len(op.pullbacks)} pullbacks (None is allowed)"
    if len(op.formula.uses) != arity:
        return f"it takes {arity} inputs and its formula has {len(op.formula.uses)} uses"
    for position, (pullback, use) in enumerate(zip(op.pullbacks, op.formula.uses, strict=True)):
        if (pullback is None) != (use is None):
            return f"input {position} has a pullback without a local derivative, or the reverse"
    return ""


def find(ops: Mapping[str, Op], name: str) -> Op:
    """Return the op called ``name``.

    Raises:
        WhygradError: there is none; names the nearest and lists all.
    """
    if name not in ops:
        raise UnknownName(unknown("op", name, ops))
    return ops[name]
