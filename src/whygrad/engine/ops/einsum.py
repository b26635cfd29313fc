"""Products of several arrays, added up over axes that letters name: Einstein's summation."""

from __future__ import annotations

import math
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from whygrad.engine.dims import Shape, same_size, show_shape
from whygrad.engine.equation import Equation, parse
from whygrad.engine.formula import Expr, Formula, Use, total
from whygrad.engine.op import VJP, Array, Example, Kernel, Op, PullbackContext, Reason, each_reason
from whygrad.errors import ShapeError

if TYPE_CHECKING:
    from whygrad.engine.tensor import Tensor

_GRID = [[1.0, -2.0, 0.5], [3.0, 4.0, -0.25]]
_SUMMED = ("letters",)


def _contracted(*shapes: Shape, equation: str) -> Shape:
    read = parse(equation)
    if len(shapes) != len(read.terms):
        raise ShapeError(
            f"einsum: {equation!r} is for {len(read.terms)} inputs, but there are {len(shapes)}"
        )
    sizes: dict[str, tuple[int, Shape]] = {}
    for term, shape in zip(read.terms, shapes, strict=True):
        if len(term) != len(shape):
            raise ShapeError(
                f"einsum: {term!r} in {equation!r} names {len(term)} axes, "
                f"but the input is {show_shape(shape)}"
            )
        for letter, size in zip(term, shape, strict=True):
            before, where = sizes.setdefault(letter, (size, shape))
            if not same_size(before, size):
                raise ShapeError(
                    f"einsum: {letter!r} in {equation!r} is {int(before)} in {show_shape(where)} "
                    f"and {int(size)} in {show_shape(shape)}"
                )
    return tuple(sizes[letter][0] for letter in read.result)


def _einsum(*arrays: Array, equation: str) -> Kernel:
    *inputs, out = arrays
    read = parse(equation)
    if len(inputs) == 2:
        product = _as_matmul(read, inputs[0], inputs[1], out)
        if product is not None:
            return product
    path = np.einsum_path(equation, *inputs, optimize=True)[0] if len(inputs) > 2 else False
    return partial(np.einsum, equation, *inputs, out=out, optimize=path)


def _as_matmul(read: Equation, a: Array, b: Array, out: Array) -> Kernel | None:
    """Return the product as one of matrices, which is much faster, if it is one."""
    first, second = read.terms
    each = [x for x in read.result if x in first and x in second]
    inner = [x for x in read.summed if x in first and x in second]
    rows = [x for x in read.result if x not in second]
    columns = [x for x in read.result if x not in first]
    if len(inner) != len(read.summed) or not inner:
        return None  # something is added up in one input alone
    sizes = read.sizes((a.shape, b.shape))

    def order(term: str, letters: list[str]) -> list[int]:
        return [term.index(letter) for letter in letters]

    def shape(*groups: list[str]) -> tuple[int, ...]:
        batch = (sizes[x] for x in each)
        return (*batch, *(math.prod(sizes[x] for x in group) for group in groups))

    left = a.transpose(order(first, [*each, *rows, *inner]))
    right = b.transpose(order(second, [*each, *inner, *columns]))
    result = np.empty(shape(rows, columns), out.dtype)
    made = [*each, *rows, *columns]
    whole = result.reshape([sizes[x] for x in made])
    turned = whole.transpose(order("".join(made), list(read.result)))
    left_shape, right_shape = shape(rows, inner), shape(inner, columns)

    def compute() -> None:
        np.matmul(left.reshape(left_shape), right.reshape(right_shape), result)
        np.copyto(out, turned)

    return compute


def _passed_back(g: Tensor, context: PullbackContext) -> Tensor:
    """Meet what arrives with all other inputs; what only this one added up, spread again."""
    read = parse(context.params["equation"])
    wanted = read.terms[context.argument]
    others = [n for n in range(len(read.terms)) if n != context.argument]
    known = set(read.result).union(*(read.terms[n] for n in others))
    kept = "".join(letter for letter in wanted if letter in known)
    terms = [read.result, *(read.terms[n] for n in others)]
    back = g.apply(
        "einsum", *(context.inputs[n] for n in others), equation=f"{','.join(terms)}->{kept}"
    )
    if kept == wanted:
        return back
    rank = len(wanted)
    alone = tuple(i - rank for i, letter in enumerate(wanted) if letter not in known)
    return back.apply("expand_like", context.inputs[context.argument], axes=alone, keepdims=False)


einsum = Op(
    name="einsum",
    shape=_contracted,
    forward=_einsum,
    pullbacks=(VJP(_passed_back),),
    formula=Formula(
        total("r", _SUMMED, Expr("factors", ("r",))),
        (Use(Expr("other_factors", ("r",)), ("letters", "r"), (("r", _SUMMED),)),),
    ),
    variadic=True,
    examples=(
        Example((_GRID, [[1.0, 2.0], [0.5, -1.0], [3.0, 0.0]]), {"equation": "ij,jk->ki"}),
        Example((_GRID,), {"equation": "ij->j"}),
        Example((_GRID, _GRID), {"equation": "ij,ij->"}),
        Example(([_GRID, _GRID], [[1.0, 2.0, -1.0]] * 2), {"equation": "bij,bj->bi"}),
        Example(([1.0, 2.0], [0.5, -1.0], [3.0, 2.0, 1.0]), {"equation": "i,i,j->ji"}),
        Example((_GRID, [2.0, 3.0]), {"equation": "ij,k->ki"}),
    ),
    title="sum of products",
    reads="products of the inputs, added up as the equation says",
    purpose="It writes sums of products in one line: which axes meet, and which are added up.",
    reasons=each_reason(
        Reason(
            "{x} enters {y} multiplied by what it meets: raise {x} by 0.01 and {y} moves by "
            "0.01 × {local#}.",
            "the other factor",
        )
    ),
)

OPS = (einsum,)
