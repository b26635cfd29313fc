"""A softmax before a loss that has one of its own.

Why: the second softmax sees numbers between 0 and 1, so it cannot get surer than e/(e + K − 1).
The loss has a floor, and the gradient passes through p(1 − p) of the first one, which fades as
the network gets surer.

Seen: outputs are probabilities that add up to 1, and the loss is cross-entropy of logits.

Example: `nn.Softmax(dim=1)` at the end, and `nn.CrossEntropyLoss`.
"""

from __future__ import annotations

import math

from whygrad.doctor.cause import ANYTHING, Cause, NoneBecause, below, use
from whygrad.doctor.finding import Finding
from whygrad.doctor.measurements import Measurements
from whygrad.explain.display import number


def check(m: Measurements) -> Finding | None:
    """Return the finding, if it is there."""
    o = m.outputs
    if o is None or m.loss_name != "cross_entropy" or not o.sums_to_one or o.width < 2:
        return None
    floor = math.log(math.e + o.width - 1) - 1
    return Finding(
        "", 0.96, "serious",
        f"outputs add up to 1 for every row, and cross-entropy applies softmax again: with "
        f"{o.width} classes the loss cannot fall below {number(floor)}.",
        {"floor": floor, "classes": o.width}, "the output", 1,
        {"learning_rate_too_low": "the floor stays at any rate"},
    )  # fmt: skip


CAUSE = Cause(
    code="O01",
    name="double_softmax",
    page=__doc__,
    check=check,
    group=NoneBecause("it is written into the program, and nothing else brings it about"),
    explains=ANYTHING,
    remedies=(
        use(
            "remove_softmax",
            why="its derivative is then p − y",
            predicts="the loss falls below its former floor",
            expects=(below("over_floor", 1),),
        ),
    ),
    masks=("a higher rate, Adam, or normalisation: floor and probabilities stay wrong",),
    demo=("whygrad whatif spirals --mistake softmax_twice",),
)
