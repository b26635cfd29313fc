"""Understanding backpropagation, one step at a time.

A training iteration is one tape of recorded steps; everything else reads, edits or replays it.
"""

from typing import TYPE_CHECKING, Any

from whygrad import nn, optim
from whygrad.engine.functional import (
    abs,
    add,
    amax,
    cat,
    clamp,
    cumsum,
    div,
    einsum,
    erf,
    exp,
    flatten,
    flip,
    gather,
    index_select,
    log,
    logsumexp,
    masked_fill,
    matmul,
    maximum,
    mean,
    minimum,
    mul,
    neg,
    pad,
    permute,
    pow,
    reshape,
    split,
    sqrt,
    square,
    squeeze,
    stack,
    sub,
    sum,
    transpose,
    unsqueeze,
    var,
    where,
)
from whygrad.engine.gradcheck import gradcheck
from whygrad.engine.jacobian import hessian, hvp, jacobian, jvp, vjp
from whygrad.engine.tensor import Tensor, tensor
from whygrad.engine.transform import grad, value_and_grad
from whygrad.errors import WhygradError
from whygrad.nn.functional import log_softmax, relu, sigmoid, softmax, tanh
from whygrad.tape.player import Player
from whygrad.tape.run import Run
from whygrad.tape.tape import Tape
from whygrad.training.iteration import Iteration
from whygrad.training.trace import trace

if TYPE_CHECKING:
    from whygrad.training.network import Network

max = amax

__all__ = [
    "Iteration",
    "Network",
    "Player",
    "Run",
    "Tape",
    "Tensor",
    "WhygradError",
    "abs",
    "add",
    "amax",
    "cat",
    "clamp",
    "cumsum",
    "div",
    "einsum",
    "erf",
    "exp",
    "flatten",
    "flip",
    "gather",
    "grad",
    "gradcheck",
    "hessian",
    "hvp",
    "index_select",
    "jacobian",
    "jvp",
    "log",
    "log_softmax",
    "logsumexp",
    "masked_fill",
    "matmul",
    "max",
    "maximum",
    "mean",
    "minimum",
    "mul",
    "neg",
    "nn",
    "optim",
    "pad",
    "permute",
    "pow",
    "relu",
    "reshape",
    "sigmoid",
    "softmax",
    "split",
    "sqrt",
    "square",
    "squeeze",
    "stack",
    "sub",
    "sum",
    "tanh",
    "tensor",
    "trace",
    "transpose",
    "unsqueeze",
    "value_and_grad",
    "var",
    "vjp",
    "where",
]


def __getattr__(name: str) -> Any:
    """Import ``Network`` when it is asked for: with it come specs and data, rarely needed."""
    if name == "Network":
        from whygrad.training.network import Network

        return Network
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
