"""The table of ops: one row each, complete or refused at import."""

from whygrad.op import table
from whygrad.ops import activation, arithmetic, curves, loss, reduce, shapes

OPS = table(*arithmetic.OPS, *reduce.OPS, *shapes.OPS, *activation.OPS, *curves.OPS, *loss.OPS)
