"""Gradients are set to zero between `backward()` and `step()`.

Why: the update is made of what `.grad` holds when `step()` is called. Set to zero just before, it
moves nothing (or, with momentum and decay, moves weights by what was left of earlier steps).

Seen: in every iteration that was looked at closely a gradient arrived, and the optimizer was
given none, or zeros.

Example: `loss.backward(); optimizer.zero_grad(); optimizer.step()`.
"""

from __future__ import annotations

from whygrad.doctor.cause import ANYTHING, Cause, NoneBecause, above, use
from whygrad.doctor.finding import Finding
from whygrad.doctor.measurements import Measurements
from whygrad.explain.display import number

FEWEST = 2  # iterations looked at: one may be odd


def check(m: Measurements) -> Finding | None:
    """Return the finding, if it is there."""
    # Where gradients are added up, not every iteration has a step.
    arrived = [a for a in m.audits if a.arrived > 0 and a.applied is not None]
    if len(arrived) < FEWEST or m.loop.steps == 0 or any(a.applied for a in arrived):
        return None
    return Finding(
        "", 0.96, "fatal",
        f"in all {len(arrived)} iterations that were looked at closely a gradient arrived (its "
        f"norm was {number(arrived[-1].arrived)} in the last), and the optimizer was given none: "
        "it is set to zero before step().",
        {"looked": len(arrived), "arrived": arrived[-1].arrived}, "the loop", arrived[0].step,
        {"missing_backward": "gradients do arrive",
         "missing_optimizer_step": f"step() was called {m.loop.steps} times"},
    )  # fmt: skip


CAUSE = Cause(
    code="L13",
    name="gradient_erased",
    page=__doc__,
    check=check,
    group=NoneBecause("it is a fault of the loop itself, which nothing else brings about"),
    explains=ANYTHING,
    remedies=(
        use(
            "zero_after_step",
            why="the update is then made of this batch's gradient",
            predicts="the optimizer is given most of the gradient",
            expects=(above("kept", 0.5),),
        ),
    ),
    masks=NoneBecause("without a gradient nothing that is changed elsewhere moves the weights"),
    demo=NoneBecause("whygrad's own loops set gradients to zero before backward"),
)
