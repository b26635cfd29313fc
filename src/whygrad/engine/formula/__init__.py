"""Formulas as data: one element of an op's output, and its local derivatives.

An op declares how one element of its output comes from elements of its inputs as a small
expression tree. Everything that speaks of the arithmetic reads that tree: the plain arithmetic
with the numbers put in, the LaTeX, which elements contribute, and the check that the tree agrees
with the kernel. The browser reads the same trees as JSON, where ``Expr("add", (a, b))`` is
``["add", a, b]``.

Two stages, one node type:

* **declared** trees speak of ``in`` and ``out`` elements by index maps, of ``sum`` over a range;
* **placed** trees speak of ``leaf`` elements (value id, flat index) and ``terms``, for one element.

The heads and the index maps are listed in ``docs/tape-format.md``.
"""

from whygrad.engine.formula.placing import StepContext, flat, place, place_local, unflat
from whygrad.engine.formula.reading import Get, choose, evaluate, leaves, settled
from whygrad.engine.formula.tree import (
    MOVES,
    Expr,
    Formula,
    Index,
    Use,
    arg,
    call,
    cases,
    compare,
    count,
    delta,
    expr,
    moved,
    out,
    param,
    total,
)
from whygrad.engine.formula.writing import number_text, to_python

__all__ = [
    "MOVES",
    "Expr",
    "Formula",
    "Get",
    "Index",
    "StepContext",
    "Use",
    "arg",
    "call",
    "cases",
    "choose",
    "compare",
    "count",
    "delta",
    "evaluate",
    "expr",
    "flat",
    "leaves",
    "moved",
    "number_text",
    "out",
    "param",
    "place",
    "place_local",
    "settled",
    "to_python",
    "total",
    "unflat",
]
