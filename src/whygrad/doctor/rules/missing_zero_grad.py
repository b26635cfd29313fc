"""Gradients are not set to zero between updates, so they add up.

Why: backward adds to what is there. Without zero_grad() the update uses the sum of all
gradients since the beginning: momentum that never fades.

Seen: when backward begins, the gradient still holds what a step has already used. Adding up
over several small batches before one step is not that, and is not reported.

Example: a loop without `optimizer.zero_grad()`.
"""

from __future__ import annotations

from whygrad.doctor.cause import ANYTHING, Cause, NoneBecause, below, use
from whygrad.doctor.finding import Finding
from whygrad.doctor.measurements import Measurements
from whygrad.explain.display import number


def check(m: Measurements) -> Finding | None:
    """Return the finding, if it is there."""
    stale = [a for a in m.audits if a.stale]
    if not stale:
        return None
    last = stale[-1]
    used = f" At iteration {last.step} the update used a gradient of norm "
    compared = "" if last.applied is None else (
        f"{used}{number(last.applied)} where this batch's is {number(last.arrived)}."
    )  # fmt: skip
    return Finding(
        "", 0.97, "serious",
        "backward adds to gradients that a step has already used: the update follows the sum of "
        f"all earlier batches.{compared}",
        {"stale_audits": len(stale), "audits": len(m.audits),
         "arrived": last.arrived, "applied": last.applied or 0.0},
        "the loop", stale[0].step,
        {"learning_rate_too_high": "the rate acts on a sum that keeps growing",
         "gradient_accumulation": "a step lay between the additions"},
    )  # fmt: skip


CAUSE = Cause(
    code="L06",
    name="missing_zero_grad",
    page=__doc__,
    check=check,
    group=NoneBecause("it is a fault of the loop itself, which nothing else brings about"),
    explains=ANYTHING,
    remedies=(
        use(
            "zero_grad",
            why="each update then follows its own batch",
            predicts="the gradient is empty when backward() begins",
            expects=(below("stale", 0.01),),
        ),
    ),
    masks=("Adam or gradient clipping: the direction is still that of the sum",),
    demo=(
        "whygrad whatif xor --mistake keep_old_gradients --iterations 50",
        "whygrad why fanout dL/dx",
    ),
)
