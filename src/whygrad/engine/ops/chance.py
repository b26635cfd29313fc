"""Randomness on a tape: a step with a key, so that playing it again gives the same numbers."""

from __future__ import annotations

import numpy as np

from whygrad.engine.dims import Shape, show_shape
from whygrad.engine.formula import Expr, Formula, cases, compare, param
from whygrad.engine.op import Array, Example, Kernel, Op, each_reason
from whygrad.engine.random import checked_seed, uniform
from whygrad.errors import ShapeError, WhygradError

_GRID = [[0.0, 0.0, 0.0], [0.0, 0.0, 0.0]]


def _tossed(like: Shape, turn: Shape, seed: int, stream: str, p: float) -> Shape:
    if turn:
        raise ShapeError(f"bernoulli: the turn must be one number, but is {show_shape(turn)}")
    checked_seed(seed)
    if not 0.0 <= p <= 1.0:
        raise WhygradError(f"bernoulli: p is {p!r}; a chance is from 0 to 1")
    return like


def _bernoulli(like: Array, turn: Array, out: Array, seed: int, stream: str, p: float) -> Kernel:
    def compute() -> None:
        np.copyto(out, uniform(seed, f"{stream}/{int(turn)}", out.shape) < p)

    return compute


bernoulli = Op(
    name="bernoulli",
    shape=_tossed,
    forward=_bernoulli,
    pullbacks=(None, None),
    formula=Formula(
        cases(compare("gt", param("p"), Expr("uniform", (1,))), 1.0, 0.0), (None, None)
    ),
    examples=(
        Example((_GRID, 0.0), {"seed": 7, "stream": "dropout", "p": 0.5}),
        Example((_GRID, 3.0), {"seed": 7, "stream": "dropout", "p": 0.9}),
        Example((0.0, 1.0), {"seed": 8, "stream": "dropout", "p": 0.25}),
    ),
    title="coin toss",
    reads="1 or 0 by chance, for each element of {0}",
    purpose="It decides by chance what to keep; the same seed decides the same again.",
    reasons=each_reason(None, None),
)

OPS = (bernoulli,)
