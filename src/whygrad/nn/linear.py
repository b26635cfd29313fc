"""Weighted sums of the inputs, and rows looked up in a table."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from whygrad.engine.dims import show_shape
from whygrad.engine.tensor import Tensor
from whygrad.errors import ShapeError
from whygrad.nn import functional
from whygrad.nn.init import initialise
from whygrad.nn.module import Module, parameter
from whygrad.option import mapping, truth, whole


class Linear(Module):
    """A weighted sum of the inputs, and a bias: ``x @ weight + bias``.

    Args:
        in_features: how many inputs.
        out_features: how many units.
        bias: whether to add a bias.
        init: name of the weights' initialisation (``whygrad.nn.init``); biases start at 0.
        init_options: that initialisation's options, such as ``gain``.
        seed: which random numbers; with ``stream``, they are the same everywhere.
        stream: which weights of the network these are.

    Attributes:
        weight: shape (in_features, out_features).
        bias: shape (out_features,), or None.
    """

    weighted = True
    letter = "z"

    def __init__(
        self,
        in_features: int,
        out_features: int,
        bias: bool = True,
        *,
        init: str = "he",
        init_options: Mapping[str, float] = MappingProxyType({}),
        seed: int = 0,
        stream: str = "W",
    ) -> None:
        in_features = whole("Linear", "in_features", in_features, least=0)
        out_features = whole("Linear", "out_features", out_features, least=0)
        bias = truth("Linear", "bias", bias)
        init_options = mapping("Linear", "init_options", init_options)
        shape = (in_features, out_features)
        self.in_features, self.out_features = shape
        self.weight = parameter(
            initialise(init, (int(in_features), int(out_features)), seed, stream, **init_options),
            shape=shape,
            kind="weight",
        )
        self.bias = (
            parameter([0.0] * out_features, shape=(out_features,), kind="bias") if bias else None
        )

    def forward(self, *inputs: Any) -> Tensor:
        """Return ``x @ weight + bias``, for x of shape (..., in_features).

        Raises:
            ShapeError: x has another number of features; both shapes are named.
        """
        (x,) = self.taken(inputs)
        if not x.shape or x.shape[-1] != self.weight.shape[0]:
            raise ShapeError(
                f"{self.title}: its input has shape {show_shape(x.shape)}, but its weight "
                f"{show_shape(self.weight.shape)} takes {int(self.weight.shape[0])} features"
            )
        z = x @ self.weight
        return z if self.bias is None else z + self.bias


class Embedding(Module):
    """A table with a row of numbers for each word, looked up by whole numbers.

    Args:
        num_embeddings: how many rows.
        embedding_dim: how many numbers in each.
        init: name of the table's initialisation (``whygrad.nn.init``).
        init_options: that initialisation's options.
        seed: which random numbers; with ``stream``, they are the same everywhere.
        stream: which weights of the network these are.

    Attributes:
        weight: shape (num_embeddings, embedding_dim).
    """

    letter = "h"

    def __init__(
        self,
        num_embeddings: int,
        embedding_dim: int,
        *,
        init: str = "normal",
        init_options: Mapping[str, float] = MappingProxyType({}),
        seed: int = 0,
        stream: str = "E",
    ) -> None:
        num_embeddings = whole("Embedding", "num_embeddings", num_embeddings, least=1)
        embedding_dim = whole("Embedding", "embedding_dim", embedding_dim, least=1)
        init_options = mapping("Embedding", "init_options", init_options)
        sizes = (int(num_embeddings), int(embedding_dim))
        self.weight = parameter(
            initialise(init, sizes, seed, stream, **init_options),
            shape=(num_embeddings, embedding_dim),
            kind="embedding",
        )

    def forward(self, *inputs: Any) -> Tensor:
        """Return shape (*input, embedding_dim), for whole numbers below ``num_embeddings``."""
        (index,) = self.taken(inputs)
        return functional.embedding(index, self.weight)
