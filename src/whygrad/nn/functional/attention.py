"""Looking things up: in a table by number, and among others by likeness."""

from __future__ import annotations

from typing import Any

from whygrad.engine.dims import show_shape
from whygrad.engine.functional import as_tensor, where
from whygrad.engine.given import number
from whygrad.engine.tensor import Tensor, apply, tensor, whole_numbers
from whygrad.errors import ShapeError
from whygrad.nn.functional.parts import composite
from whygrad.nn.scope import name

# What is added to a score so that its share is exactly 0. Not -inf: a step that makes an infinity
# out of finite numbers is a fault to be found.
_NEVER = {"float64": -1e300, "float32": -1e30}


def embedding(input: Any, weight: Tensor) -> Tensor:
    """Return the rows of ``weight`` that whole numbers name.

    Args:
        input: whole numbers from 0 to rows - 1, any shape.
        weight: shape (rows, features).

    Returns:
        Shape (*input, features).

    Raises:
        ShapeError: a number is outside the table.
    """
    if weight.ndim != 2:
        raise ShapeError(f"embedding: the table {show_shape(weight.shape)} must have two axes")
    rows = whole_numbers(input, weight.shape[0])
    return name(apply("index_select", weight, rows, axis=-2), "embedding")


@composite("attention")
def scaled_dot_product_attention(
    query: Any,
    key: Any,
    value: Any,
    attn_mask: Any = None,
    is_causal: bool = False,
    scale: float | Tensor | None = None,
) -> Tensor:
    """Return, for each query, the values' mean weighted by how well their keys match it.

    Args:
        query: shape (..., queries, features).
        key: shape (..., positions, features).
        value: shape (..., positions, outputs).
        attn_mask: booleans, true where a query may look at a position; or numbers to add to the
            scores. Its shape broadcasts to (..., queries, positions). A query that may look
            nowhere looks everywhere alike (in PyTorch its result is NaN).
        is_causal: whether query i may look only at positions 0 to i.
        scale: what scores are multiplied by; by default 1 / sqrt(features).

    Raises:
        ShapeError: the shapes do not fit, or both a mask and ``is_causal`` are given.
    """
    q, k, v = as_tensor(query), as_tensor(key), as_tensor(value)
    if min(q.ndim, k.ndim, v.ndim) < 2 or q.shape[-1] != k.shape[-1] or k.shape[-2] != v.shape[-2]:
        raise ShapeError(
            f"attention: query {show_shape(q.shape)}, key {show_shape(k.shape)} and value "
            f"{show_shape(v.shape)} do not fit: query and key need as many features, key and "
            f"value as many positions"
        )
    if is_causal and attn_mask is not None:
        raise ShapeError("attention: give attn_mask or is_causal, not both")
    if isinstance(scale, Tensor):
        factor = scale
    elif scale is None:
        factor = q.constant(1.0).apply("divide_by_count", q, axes=(-1,)).sqrt()
    else:
        factor = q.constant(number("attention", "scale", scale))
    scores = name(name(q @ k.mT, "scores") * factor, "scaled")
    never = scores.constant(_NEVER[scores.dtype.name])
    if is_causal:
        scores = name(where(apply("causal_mask", scores), scores, never), "masked")
    elif attn_mask is not None:
        mask = as_tensor(attn_mask)
        if mask.dtype.kind == "b":
            scores = name(where(mask, scores, never), "masked")
        else:
            added = mask if isinstance(attn_mask, Tensor) else tensor(mask.data, dtype=scores.dtype)
            scores = name(scores + added, "masked")
    weights = name(apply("softmax", scores, axis=-1), "weights")
    return weights @ v
