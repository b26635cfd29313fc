"""The output cannot reach the targets.

Why: beyond the end of its range the activation is flat, so just where the error is largest the
derivative is 0.

Seen: the last activation's range leaves out a good part of the targets.

Example: ReLU at the end and targets below 0; sigmoid and targets up to 100.
"""

from __future__ import annotations

import math

from whygrad.doctor.cause import ANYTHING, Cause, NoneBecause, below, use
from whygrad.doctor.derived import last_op, sick
from whygrad.doctor.finding import Finding
from whygrad.doctor.measurements import Measurements
from whygrad.explain.display import number

RANGES = {
    "sigmoid": (0.0, 1.0),
    "softmax": (0.0, 1.0),
    "tanh": (-1.0, 1.0),
    "relu": (0.0, math.inf),
}


def check(m: Measurements) -> Finding | None:
    """Return the finding, if it is there."""
    t, end = m.targets, last_op(m)
    if t is None or t.task != "numbers" or end not in RANGES or m.outputs is None:
        return None
    low, high = RANGES[end]
    beyond = max(low - t.low, t.high - high, 0.0)
    if beyond < 0.3 * max(t.std, 1e-12) or not sick(m, 0.05):
        return None
    return Finding(
        "", 0.94, "serious",
        f"{end} gives {number(low)} to {number(high)}; targets go from {number(t.low)} to "
        f"{number(t.high)}. For those out of reach the best output is the end of the range, where "
        "its derivative is 0.",
        {"target_low": t.low, "target_high": t.high, "beyond": beyond}, "the output", 1,
        {"unscaled_targets": "scaling would have to fit the range, a linear output need not",
         "saturated_activation": "it saturates because the targets lie beyond its end"},
    )  # fmt: skip


CAUSE = Cause(
    code="O03",
    name="output_activation_range_mismatch",
    page=__doc__,
    check=check,
    group=NoneBecause("it is written into the program, and nothing else brings it about"),
    explains=ANYTHING,
    remedies=(
        use(
            "linear_output",
            why="any target can then be reached, with derivative 1",
            predicts="outputs cover the targets' range",
            expects=(below("beyond", 1),),
        ),
    ),
    masks=NoneBecause("targets out of reach stay so at any rate"),
    demo=("whygrad whatif flow --set b1=-4", "whygrad why xor 'dL/dz1[0,0]'"),
)
