"""Targets are so large that the weights cannot get there.

Why: outputs begin near 0 and grow by little with each step, above all with Adam, whose step is
about the learning rate whatever the error. Targets of 10⁸ are not reached; the error hardly
changes.

Seen: numbers as targets, of size above 20; the loss neither falls much nor explodes; a replay
with standardised targets does clearly better and smaller learning rates do not.

Example: prices in cents, with a linear output and Adam at 0.01.
"""

from __future__ import annotations

from whygrad.doctor.cause import LEARNS, Cause, Group, below, use
from whygrad.doctor.derived import cured, percent, sick
from whygrad.doctor.finding import Finding
from whygrad.doctor.measurements import Measurements
from whygrad.doctor.rules.unnormalised_inputs import LARGE
from whygrad.explain.display import number

EXPECTED = (below("largest_target", 20), *LEARNS)
PREDICTED = "targets are of the size of 1, and training improves"


def check(m: Measurements) -> Finding | None:
    """Return the finding, if it is there."""
    t = m.targets
    if t is None or t.task != "numbers" or m.broke is not None:
        return None
    size = max(abs(t.low), abs(t.high))
    if size < LARGE or not sick(m, 0.3):
        return None
    better, slower = cured(m, "standard_targets"), cured(m, "lr_down_10", "lr_down_100")
    if better is not None and (better < 0.4 or (slower or 0.0) > 0.5 * better):
        return None
    helped = "" if better is None else (
        f" Replayed with standardised targets, {percent(better)} of what is missing is regained; "
        f"with smaller rates, {percent(max(slower or 0.0, 0.0))}."
    )  # fmt: skip
    return Finding(
        "", 0.6 if better is None else 0.88, "serious",
        f"targets reach {number(size)} and outputs begin near 0; a step moves weights by "
        f"{number(m.audits[-1].moved if m.audits else 0.0)} of their size.{helped}",
        {"largest_target": size, "spread": t.std}, "targets", 1,
        {"learning_rate_too_high": "the loss does not explode"},
    )  # fmt: skip


CAUSE = Cause(
    code="D03",
    name="unscaled_targets",
    page=__doc__,
    check=check,
    group=Group.DATA,
    explains=(Group.STATE, Group.STEP),
    remedies=(
        use(
            "standard_targets",
            why="outputs that begin near 0 are then near the targets",
            predicts=PREDICTED,
            expects=EXPECTED,
        ),
        use(
            "standard_both",
            why="outputs then begin near the targets, and no activation at its flat end",
            predicts=PREDICTED,
            expects=EXPECTED,
        ),
    ),
    masks=("a huge learning rate that happens to fit",),
    demo=("whygrad whatif flow --set t=1e8", "whygrad why flow dL/dyhat"),
)
