"""Reasons that several rows share, by name."""

from __future__ import annotations

from whygrad.engine.formula import compare
from whygrad.engine.op import Reason, slot

MOVED = Reason("{y} is {x}, only in another place: one for one.", "rate")
COPY_ADDED = Reason("{x} is one of the uses added up in {y}: one for one.", "used by all")
TERM = Reason(
    "{x} stands in {y} as it is: raise {x} by 0.01 and {y} rises by 0.01, one for one.", "rate"
)
FACTOR = (
    Reason(
        "{other} = 0 multiplies {x}, so {y} does not depend on {x} at all: however {x} moves, {y} "
        "stays.",
        "the other factor",
        compare("eq", slot("other"), 0.0),
    ),
    Reason(
        "{x} reaches {y} multiplied by {other=}: raise {x} by 0.01 and {y} moves by "
        "0.01 × {other#}.",
        "the other factor",
    ),
)
ABOVE_ZERO = Reason(
    "{x=} is above 0, where {y} is {x} itself: one for one.", "gate", compare("gt", slot("x"), 0.0)
)
_EITHER = Reason(
    "Both are {x#}: which one {y} follows is undecided, and each is given half.",
    "gate",
    compare("eq", slot("x"), slot("other")),
)
LARGER_PASSES = (
    Reason(
        "{x=} is the larger, so {y} is it: one for one.",
        "gate",
        compare("gt", slot("x"), slot("other")),
    ),
    _EITHER,
    Reason("{x=} is the smaller; {y} follows the other and does not depend on this one.", "gate"),
)
SMALLER_PASSES = (
    Reason(
        "{x=} is the smaller, so {y} is it: one for one.",
        "gate",
        compare("gt", slot("other"), slot("x")),
    ),
    _EITHER,
    Reason("{x=} is the larger; {y} follows the other and does not depend on this one.", "gate"),
)
