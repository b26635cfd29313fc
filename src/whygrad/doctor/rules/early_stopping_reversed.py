"""The weights that are kept are not those that did best on held-out rows.

Why: where the comparison is the wrong way round (a loss is kept when it is higher, a score when it
is lower), stopping keeps the worst moment, most often the first, and ends the run when it gets
better.

Seen: when the run ended, weights of an earlier evaluation had been put back, and the validation
loss at that evaluation was more than a tenth above the lowest, and nearer to the highest.

Example: `if val_loss > best: save(model)`.
"""

from __future__ import annotations

from whygrad.doctor.cause import Cause, Group, NoneBecause, use
from whygrad.doctor.finding import Finding
from whygrad.doctor.measurements import Measurements
from whygrad.explain.display import number

WORSE = 1.1


def check(m: Measurements) -> Finding | None:
    """Return the finding, if it is there."""
    kept, best, losses = m.restored, m.best_validation, m.validation_losses
    if kept is None or best is None or not 1 <= kept <= len(losses):
        return None
    there, highest = losses[kept - 1], max(losses)
    if there <= WORSE * best[1] or there - best[1] < highest - there:
        return None
    return Finding(
        "", 0.95, "serious",
        f"the weights of evaluation {kept} were put back when the run ended: the validation loss "
        f"there was {number(there)}, and at evaluation {best[0]} it was {number(best[1])}, the "
        "lowest.",
        {"kept": kept, "there": there, "best": best[0], "lowest": best[1]},
        "early stopping", None,
        {"underfitting": "later weights of the same run did better"},
    )  # fmt: skip


CAUSE = Cause(
    code="G03",
    name="early_stopping_reversed",
    page=__doc__,
    check=check,
    group=NoneBecause("it is a fault of what is done with the weights, not of learning"),
    explains=(Group.OUTCOME, Group.STEP),
    remedies=(
        use(
            "keep_lowest",
            why="the weights that did best are then those that are kept",
            predicts="the weights that are put back are those of the lowest validation loss",
        ),
    ),
    masks=("a longer patience: the worst weights are then kept later",),
    demo=NoneBecause("whygrad's loops keep the last weights"),
    in_training=False,
)
