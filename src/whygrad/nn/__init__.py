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
from whygrad.nn.attention import MultiheadAttention, TransformerBlock
from whygrad.nn.container import Residual, Sequential
from whygrad.nn.conv import AvgPool1d, AvgPool2d, Conv1d, Conv2d, Flatten, MaxPool1d, MaxPool2d
from whygrad.nn.linear import Embedding, Linear
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
from whygrad.nn.norm import BatchNorm1d, BatchNorm2d, Dropout, LayerNorm, RMSNorm
from whygrad.nn.recurrent import RNN, GRUCell, RNNCell
from whygrad.nn.scope import name, naming

__all__ = [
    "ELU",
    "GELU",
    "RNN",
    "AvgPool1d",
    "AvgPool2d",
    "BCELoss",
    "BCEWithLogitsLoss",
    "BatchNorm1d",
    "BatchNorm2d",
    "Conv1d",
    "Conv2d",
    "CrossEntropyLoss",
    "Dropout",
    "Embedding",
    "Flatten",
    "GRUCell",
    "Hardtanh",
    "HingeLoss",
    "HuberLoss",
    "KLDivLoss",
    "L1Loss",
    "LayerNorm",
    "LeakyReLU",
    "Linear",
    "MSELoss",
    "MaxPool1d",
    "MaxPool2d",
    "Module",
    "MultiheadAttention",
    "RMSNorm",
    "RNNCell",
    "ReLU",
    "Residual",
    "Sequential",
    "SiLU",
    "Sigmoid",
    "Softmax",
    "Softplus",
    "Tanh",
    "TransformerBlock",
    "buffer",
    "carrying",
    "functional",
    "name",
    "naming",
    "parameter",
]
