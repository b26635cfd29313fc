"""The network memorises its training rows.

Why: with more freedom than evidence it can fit what is chance in these rows too. Training
residuals go to 0, and their gradients with them, while other rows' residuals grow.

Seen: the validation loss is at least 1.5 times its best, which lies well back; the training
loss is a fraction of it; and the scores are apart.

Example: 130 000 weights for 40 noisy points.
"""

from __future__ import annotations

from whygrad.doctor.cause import Cause, Group, NoneBecause, below, use
from whygrad.doctor.finding import Finding
from whygrad.doctor.measurements import Measurements
from whygrad.explain.display import number

ROSE = 1.5
APART = 0.08


def check(m: Measurements) -> Finding | None:
    """Return the finding, if it is there."""
    s = m.scores
    if s is None or s.validation is None or s.train_loss is None or s.validation_loss is None:
        return None
    if m.broke is not None:
        return None
    if m.best_validation is None or not m.validation_losses:
        return None
    epoch, best = m.best_validation
    last, epochs = m.validation_losses[-1], len(m.validation_losses)
    if epoch > 0.7 * epochs or last < ROSE * best or s.train - s.validation < APART:
        return None
    if s.train_loss > 0.4 * s.validation_loss:
        return None
    return Finding(
        "", 0.85, "serious",
        f"the validation loss was best in epoch {epoch} of {epochs} ({number(best)}) and is now "
        f"{number(last)}, while the training loss is {number(s.train_loss)}; scores are "
        f"{number(s.train)} on training rows and {number(s.validation)} on others.",
        {"best_epoch": epoch, "best": best, "now": last, "training_loss": s.train_loss},
        "the gap between training and validation", epoch,
        {"vanishing_gradient": "gradients are small because the training residuals are"},
    )  # fmt: skip


CAUSE = Cause(
    code="G01",
    name="overfitting",
    page=__doc__,
    check=check,
    group=Group.OUTCOME,
    explains=NoneBecause("it is how a run ends, and what others bring about"),
    remedies=(
        use(
            "early_stop",
            why="the rest of the training learned chance",
            predicts="the validation loss stays at its best",
            expects=(below("past_best", 1.2),),
        ),
    ),
    masks=("whatever makes gradients larger",),
    demo=NoneBecause(
        "it shows on rows held out over long training, and no single command does that"
    ),
    in_training=False,
)
