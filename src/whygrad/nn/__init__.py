"""Layers, in PyTorch's words.

One difference, for reading: a ``Linear`` keeps its weight as (in, out) and computes ``x @ W + b``,
so that ``W[i, j]`` leads from input i to unit j. PyTorch keeps the transpose.
"""

from whygrad.nn import functional
from whygrad.nn.activation import LeakyReLU, ReLU, Sigmoid, Softmax, Softplus, Tanh
from whygrad.nn.container import Residual, Sequential
from whygrad.nn.linear import Linear
from whygrad.nn.loss import BCELoss, BCEWithLogitsLoss, CrossEntropyLoss, MSELoss
from whygrad.nn.module import Module, buffer, carrying, parameter

__all__ = [
    "BCELoss",
    "BCEWithLogitsLoss",
    "CrossEntropyLoss",
    "LeakyReLU",
    "Linear",
    "MSELoss",
    "Module",
    "ReLU",
    "Residual",
    "Sequential",
    "Sigmoid",
    "Softmax",
    "Softplus",
    "Tanh",
    "buffer",
    "carrying",
    "functional",
    "parameter",
]
