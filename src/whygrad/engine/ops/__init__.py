"""The table of ops: one row each, complete or refused at import."""

from whygrad.engine.op import table
from whygrad.engine.ops import (
    activation,
    along,
    arithmetic,
    chance,
    conv,
    curves,
    einsum,
    loss,
    pool,
    reduce,
    shapes,
)

OPS = table(
    *arithmetic.OPS,
    *reduce.OPS,
    *shapes.OPS,
    *along.OPS,
    *einsum.OPS,
    *conv.OPS,
    *pool.OPS,
    *activation.OPS,
    *curves.OPS,
    *chance.OPS,
    *loss.OPS,
)
