"""Dropout: random numbers that a seed fixes."""

from __future__ import annotations

from typing import Any

from whygrad.engine.functional import as_tensor
from whygrad.engine.given import number
from whygrad.engine.tensor import Tensor, apply
from whygrad.errors import WhygradError
from whygrad.nn.functional.parts import composite
from whygrad.nn.scope import name


@composite("dropout")
def dropout(
    input: Any,
    p: float = 0.5,
    training: bool = True,
    *,
    turn: float | Tensor = 0.0,
    seed: int = 0,
    stream: str = "dropout",
) -> Tensor:
    """Set each element to 0 with chance ``p``, and divide the others by 1 - p.

    Args:
        input: any numbers.
        p: the chance to drop an element, from 0 to below 1 (at 1 everything is 0).
        training: if false, nothing is dropped.
        turn: which draw; another number draws another mask. On a tape, a value that is carried
            from one iteration to the next plus 1 (``nn.Dropout`` does that).
        seed: which random numbers; the same seed, stream and turn draw the same mask everywhere.
        stream: the name under which they are drawn.

    Raises:
        WhygradError: ``p`` is not from 0 to 1.
    """
    x = as_tensor(input)
    p = number("dropout", "p", p)
    if not 0.0 <= p <= 1.0:
        raise WhygradError(f"dropout: p is {p!r}; a chance is from 0 to 1")
    if not training or p == 0.0:
        return x
    if p == 1.0:
        return x * 0.0
    which = turn if isinstance(turn, Tensor) else x.constant(turn)
    kept = name(apply("bernoulli", x, which, seed=seed, stream=stream, p=1.0 - p), "kept")
    return x * kept / (1.0 - p)
