"""The step is too long for so small a batch.

Why: the gradient of a batch of B rows strays from the mean's by about 1/√B. With momentum β
each row's noise acts for 1/(1 − β) steps, so weights never settle (Smith & Le 2018: the noise
scale goes as η / (B (1 − β))).

Seen: batches of at most 8 rows, a loss that neither settles nor breaks, and a replay with
larger batches or a smaller rate that does clearly better. A noisy loss that learns is no fault.

Example: batches of 1 with a rate of 0.01 and momentum 0.9.
"""

from __future__ import annotations

from whygrad.doctor.cause import LEARNS, Cause, Group, NoneBecause, use
from whygrad.doctor.derived import CURES, cured, percent, sick
from whygrad.doctor.finding import Finding
from whygrad.doctor.measurements import Measurements
from whygrad.explain.display import number

SMALL_BATCH = 8
PREDICTED = "training rows are learned"


def check(m: Measurements) -> Finding | None:
    """Return the finding, if it is there."""
    batch, rows = m.loop.batch, m.features.rows if m.features else 0
    if batch is None or batch > SMALL_BATCH or rows <= 4 * batch or not sick(m, 0.15):
        return None
    if m.broke is not None:
        return None
    better = cured(m, "larger_batch", "lr_down_10", "lr_down_100")
    if better is not None and better < CURES:
        return None
    values = [value for _, value in m.losses[len(m.losses) // 2 :]]
    middle = sum(values) / len(values) if values else 0.0
    swing = (sum((v - middle) ** 2 for v in values) / max(len(values), 1)) ** 0.5
    o = m.optimizer
    helped = "" if better is None else (
        f" Replayed with batches of 32 or smaller steps, {percent(better)} of what is missing is "
        "regained."
    )  # fmt: skip
    return Finding(
        "", 0.6 if better is None else 0.86, "serious",
        f"with batches of {batch} and momentum {number(o.momentum)}, a row's noise acts with "
        f"{number(o.lr_top / max(1 - o.momentum, 1e-6) / batch)} (η / (B (1 − β))); over the "
        "second "
        f"half the loss swings by {number(swing)} around {number(middle)}.{helped}",
        {"batch": batch, "swing": swing, "mean": middle}, "the batch's size", None,
        {"underfitting": "larger batches do better with the same network"},
    )  # fmt: skip


CAUSE = Cause(
    code="P03",
    name="oscillating_loss",
    page=__doc__,
    check=check,
    group=Group.STEP,
    explains=("underfitting",),
    remedies=(
        use(
            "larger_batch",
            why="the gradient's noise falls as 1/√B",
            predicts=PREDICTED,
            expects=LEARNS,
        ),
        use(
            "lr_down_10",
            why="noise then acts through shorter steps",
            predicts=PREDICTED,
            expects=LEARNS,
        ),
    ),
    masks=NoneBecause("what averages the noise away does away with the cause"),
    demo=("whygrad whatif xor --learning-rate 5 --iterations 50",),
)
