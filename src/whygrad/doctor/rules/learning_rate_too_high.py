"""Steps are too long for the loss's curvature.

Why: along a direction of curvature h, a step of η leaves 1 − ηh of the distance; beyond ηh = 2
each step overshoots by more than the last (2(1 + β) with momentum β). A summed loss multiplies
the gradient by the batch's size, and does the same.

Seen: the loss breaks, or rises to several times where it began, or the first steps move weights
by a tenth of their size and more, and the run has not learned; and (where replays were made)
the same run with a tenth or a hundredth of the rate does much better.

Example: Adam at 0.3; SGD at 2 with momentum; `reduction="sum"` with the rate for a mean.
"""

from __future__ import annotations

from whygrad.doctor.cause import Cause, Group, below, use
from whygrad.doctor.derived import CURES, cured, percent, rose, sick
from whygrad.doctor.finding import Finding
from whygrad.doctor.measurements import Measurements
from whygrad.explain.display import number

LARGE_MOVE = 0.1
ROSE = 3.0
GREW = 10.0
EXPECTED = (below("fell", 1),)
PREDICTED = "the loss stays finite and falls"


def check(m: Measurements) -> Finding | None:
    """Return the finding, if it is there."""
    if not sick(m, 0.25):
        return None
    moves = [a.moved for a in m.audits[:4]]
    move = max(moves, default=0.0)
    up = rose(m)
    signs = m.broke is not None or up > ROSE or move > LARGE_MOVE
    better, plain = cured(m, "lr_down_10", "lr_down_100"), cured(m, "control") or 0.0
    # Where the loss grew until it broke, it is enough that a lower rate does not break.
    slower = [m.trials.get(change, -1.0) for change in ("lr_down_10", "lr_down_100")]
    grew = m.broke is not None and m.broke.growth > GREW and max(slower) != -1.0
    if not signs or (better is not None and better < max(CURES, plain + 0.2) and not grew):
        return None
    o = m.optimizer
    summed = " The loss adds up over the batch, which multiplies the gradient by its size."
    ended = "broke" if m.broke is not None else f"rose to {number(up)} times its first value"
    helped = "" if better is None else (
        " Replayed with a tenth or a hundredth of the rate, it stays finite and regains "
        f"{percent(max(better, 0.0))} of what is missing."
    )  # fmt: skip
    return Finding(
        "", 0.7 if better is None else 0.9, "serious",
        f"at {o.name}'s rate of {number(o.lr_top)} a first step moves the weights by "
        f"{number(move)} of their size, and the loss "
        f"{ended}.{summed if m.summed else ''}{helped}",
        {"rate": o.lr_top, "moved": move, "rose": up, "summed": float(m.summed)},
        "optimizer.lr" if not m.summed else "the loss's reduction",
        None if m.broke is None else m.broke.step,
        {"bad_initialisation": "the same first weights do well at a lower rate",
         "underfitting": "the same network does well at a lower rate"} if better else {},
    )  # fmt: skip


CAUSE = Cause(
    code="P01",
    name="learning_rate_too_high",
    page=__doc__,
    check=check,
    group=Group.STEP,
    explains=(Group.STATE, "oscillating_loss"),
    unexplained=("exploding_gradient",),
    remedies=(
        use(
            "mean_loss",
            why="the gradient is then not multiplied by the batch's size",
            predicts=PREDICTED,
            expects=EXPECTED,
        ),
        use(
            "lr_down_10",
            why="each step then overshoots less than 2/h",
            predicts=PREDICTED,
            expects=EXPECTED,
        ),
        use(
            "lr_down_100",
            why="each step is then shorter still",
            predicts=PREDICTED,
            expects=EXPECTED,
        ),
        use(
            "lr_down_1000",
            why="each step is then shorter still",
            predicts=PREDICTED,
            expects=EXPECTED,
        ),
    ),
    masks=("gradient clipping for good",),
    demo=("whygrad whatif xor --learning-rate 5", "whygrad why flow w1_new"),
)
