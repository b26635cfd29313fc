"""The loss compares every output with every target.

Why: outputs of shape (n, 1) less targets of shape (n,) make n × n differences. Each output is
then pulled to all targets, so all of them to the targets' mean.

Seen: outputs and targets have as many numbers and other shapes, and the reported loss is that
of all pairs.

Example: `((model(x) - y) ** 2).mean()` where y has one dimension.
"""

from __future__ import annotations

from whygrad.doctor.cause import ANYTHING, Cause, NoneBecause, below, use
from whygrad.doctor.finding import Finding
from whygrad.doctor.measurements import Measurements


def check(m: Measurements) -> Finding | None:
    """Return the finding, if it is there."""
    if not m.broadcast:
        return None
    return Finding(
        "", 0.96, "serious",
        "the reported loss is the mean over all pairs of an output and a target, not over "
        "rows: each "
        "output is pulled to the mean of the targets.",
        {}, "the loss", 1,
        {"underfitting": "the best constant answer is the best there is for this loss"},
    )  # fmt: skip


CAUSE = Cause(
    code="O08",
    name="wrong_dimension",
    page=__doc__,
    check=check,
    group=NoneBecause("it is written into the program, and nothing else brings it about"),
    explains=ANYTHING,
    remedies=(
        use(
            "same_shape",
            why="each output is then compared with its own target",
            predicts=(
                "as many differences as rows, and a loss that can fall below a constant answer's"
            ),
            expects=(below("all_pairs", 0.5),),
        ),
    ),
    masks=NoneBecause("the best constant answer stays the best, whatever else is changed"),
    demo=NoneBecause("whygrad refuses outputs and targets of different shapes"),
)
