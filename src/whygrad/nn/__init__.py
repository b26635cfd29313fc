"""Layers, in PyTorch's words.

One difference, for reading: a ``Linear`` keeps its weight as (in, out) and computes ``x @ W + b``,
so that ``W[i, j]`` leads from input i to unit j. PyTorch keeps the transpose.
"""

from whygrad.nn import functional
from whygrad.nn.activation import (
    ELU,
    GELU,
    Hardtanh,
    LeakyReLU,
    ReLU,
    Sigmoid,
    SiLU,
    Softmax,
    Softplus,
    Tanh,
)
from whygrad.nn.container import Residual, Sequential
from whygrad.nn.linear import Linear
from whygrad.nn.loss import (
    BCELoss,
    BCEWithLogitsLoss,
    CrossEntropyLoss,
    HingeLoss,
    HuberLoss,
    KLDivLoss,
    L1Loss,
    MSELoss,
)
from whygrad.nn.module import Module, buffer, carrying, parameter

__all__ = [
    "ELU",
    "GELU",
    "BCELoss",
    "BCEWithLogitsLoss",
    "CrossEntropyLoss",
    "Hardtanh",
    "HingeLoss",
    "HuberLoss",
    "KLDivLoss",
    "L1Loss",
    "LeakyReLU",
    "Linear",
    "MSELoss",
    "Module",
    "ReLU",
    "Residual",
    "Sequential",
    "SiLU",
    "Sigmoid",
    "Softmax",
    "Softplus",
    "Tanh",
    "buffer",
    "carrying",
    "functional",
    "parameter",
]
