"""The model is judged in training mode.

Why: in training mode dropout drops units and batch normalisation uses the batch at hand, so the
same row gets another answer each time, and one that depends on its neighbours.

Seen: forward passes without gradients were made in training mode and none in evaluation mode,
and the validation loss that was reported is not the one these weights have in evaluation mode.

Example: a validation loop without `model.eval()`.
"""

from __future__ import annotations

from whygrad.doctor.cause import Cause, NoneBecause, below, use
from whygrad.doctor.finding import Finding
from whygrad.doctor.measurements import Measurements
from whygrad.explain.display import number


def check(m: Measurements) -> Finding | None:
    """Return the finding, if it is there."""
    s = m.scores
    if m.loop.judged_in_train_mode == 0 or m.loop.judged_in_eval_mode > 0:
        return None
    told = m.reported_validation
    own = None if s is None else s.validation_loss
    if told is None or own is None:
        return None
    if abs(told - own) < 0.1 * max(abs(told), abs(own)):
        return None
    return Finding(
        "", 0.93, "serious",
        f"validation was judged {m.loop.judged_in_train_mode} times in training mode and never "
        f"in evaluation mode: it reported a loss of {number(told)} where these weights have "
        f"{number(own)} in evaluation mode.",
        {"reported": told, "in_evaluation_mode": own,
         "in_training_mode": m.loop.judged_in_train_mode},
        "the validation loop", None,
        {"overfitting": "the weights do well on the same rows in evaluation mode"},
    )  # fmt: skip


CAUSE = Cause(
    code="L09",
    name="train_mode_at_evaluation",
    page=__doc__,
    check=check,
    group=NoneBecause("it is a fault of the loop itself, which nothing else brings about"),
    explains=NoneBecause("it changes what is reported, not what is learned"),
    remedies=(
        use(
            "eval_mode",
            why="dropout rests and batch normalisation uses its running means",
            predicts="the validation loss is that of these weights in evaluation mode",
            expects=(below("judged_apart", 0.05),),
        ),
    ),
    masks=NoneBecause("the reported number is wrong until the mode is right"),
    demo=NoneBecause("whygrad's presets have neither dropout nor batch normalisation"),
    in_training=False,
)
