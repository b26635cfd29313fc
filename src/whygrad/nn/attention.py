"""Attention as a layer: many heads, each looking in its own way."""

from __future__ import annotations

from typing import Any

from whygrad.engine.dims import show_shape
from whygrad.engine.tensor import Tensor
from whygrad.errors import ShapeError
from whygrad.nn import functional
from whygrad.nn.linear import Linear
from whygrad.nn.module import Module
from whygrad.nn.norm import Dropout, LayerNorm
from whygrad.nn.scope import called, name


class MultiheadAttention(Module):
    """Queries look at keys, head by head, and gather values (Vaswani et al., 2017).

    The batch is the first axis (in PyTorch only with ``batch_first``), and the three projections
    are layers of their own (in PyTorch one matrix, ``in_proj_weight``, holds their transposes).

    Args:
        embed_dim: how many features the input and the output have.
        num_heads: how many heads share them.
        bias: whether the projections add a bias.
        init: name of the weights' initialisation.
        seed: which random numbers.
        stream: which weights of the network these are.
    """

    letter = "h"
    output = "output"

    def __init__(
        self,
        embed_dim: int,
        num_heads: int,
        bias: bool = True,
        *,
        init: str = "xavier",
        seed: int = 0,
        stream: str = "W",
    ) -> None:
        if num_heads < 1 or embed_dim % num_heads:
            raise ShapeError(
                f"attention: {int(embed_dim)} features do not divide into {num_heads} heads"
            )
        self.num_heads = num_heads

        def project(name: str) -> Linear:
            return Linear(
                embed_dim, embed_dim, bias, init=init, seed=seed, stream=f"{stream}/{name}"
            )

        self.query, self.key = project("query"), project("key")
        self.value, self.out = project("value"), project("out")

    @property
    def title(self) -> str:
        """What explanations call this part."""
        return "multi-head attention"

    def forward(self, *inputs: Any, is_causal: bool = False, attn_mask: Any = None) -> Tensor:
        """Return what each query gathers.

        Args:
            inputs: query, key and value, each (batch, positions, embed_dim); or one for all.
            is_causal: whether position i may look only at positions 0 to i.
            attn_mask: see ``functional.scaled_dot_product_attention``.

        Raises:
            ShapeError: there are two inputs, or one has other axes.
        """
        if len(inputs) not in (1, 3):
            raise ShapeError(
                f"{self.title}: give one input, or query, key and value; not {len(inputs)}"
            )
        for x in inputs:
            if x.ndim != 3:
                raise ShapeError(
                    f"{self.title}: {show_shape(x.shape)} must be (batch, positions, features)"
                )
        q, k, v = inputs * 3 if len(inputs) == 1 else inputs
        heads = functional.scaled_dot_product_attention(
            name(self._split(self.query, q), "q"),
            name(self._split(self.key, k), "k"),
            name(self._split(self.value, v), "v"),
            is_causal=is_causal,
            attn_mask=attn_mask,
        )
        together = name(heads, "heads").transpose(-3, -2)
        return self.out(together.reshape(*together.shape[:2], -1))

    def _split(self, project: Linear, x: Tensor) -> Tensor:
        """Project, and give each head its share of the features: (batch, heads, positions, ...)."""
        with called(""):  # it is q, k or v that has a name, in which each head has its own
            made = project(x)
        return made.reshape(*made.shape[:2], self.num_heads, -1).transpose(-3, -2)


class TransformerBlock(Module):
    """Attention, then two layers at each position, each with a way around it.

    The inputs of both are normalised (``norm_first`` in PyTorch's ``TransformerEncoderLayer``).

    Args:
        embed_dim: how many features the input and the output have.
        num_heads: how many heads share them.
        hidden: how many units the first of the two layers has; by default 4 times ``embed_dim``.
        is_causal: whether position i may look only at positions 0 to i.
        dropout: the chance to drop what either part adds.
        seed: which random numbers.
        stream: which weights of the network these are.
    """

    letter = "h"

    def __init__(
        self,
        embed_dim: int,
        num_heads: int,
        hidden: int | None = None,
        *,
        is_causal: bool = False,
        dropout: float = 0.0,
        seed: int = 0,
        stream: str = "W",
    ) -> None:
        wide = 4 * embed_dim if hidden is None else hidden
        self.is_causal = is_causal
        self.norm1 = LayerNorm(embed_dim)
        self.attention = MultiheadAttention(
            embed_dim, num_heads, seed=seed, stream=f"{stream}/attention"
        )
        self.dropout1 = Dropout(dropout, seed=seed)
        self.norm2 = LayerNorm(embed_dim)
        self.linear1 = Linear(embed_dim, wide, seed=seed, stream=f"{stream}/1")
        self.linear2 = Linear(wide, embed_dim, seed=seed, stream=f"{stream}/2")
        self.dropout2 = Dropout(dropout, seed=seed)

    @property
    def title(self) -> str:
        """What explanations call this part."""
        return "transformer block"

    def forward(self, *inputs: Any) -> Tensor:
        """Return x (batch, positions, embed_dim) with what both parts add."""
        (x,) = inputs
        looked = self.attention(self.norm1(x), is_causal=self.is_causal)
        x = name(x + self.dropout1(looked), "residual")
        thought = self.linear2(functional.gelu(self.linear1(self.norm2(x))))
        return x + self.dropout2(thought)
