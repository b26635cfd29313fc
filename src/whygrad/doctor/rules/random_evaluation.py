"""In evaluation mode the same rows get another answer each time.

Why: something random does not know of evaluation mode, most often dropout called as a function,
which is on unless it is told otherwise.

Seen: in evaluation mode, two passes over the same rows with other random numbers differ; and
no numbers are drawn on purpose, as a variational autoencoder does.

Example: `F.dropout(x, 0.5)` without `training=self.training`.
"""

from __future__ import annotations

from whygrad.doctor.cause import Cause, NoneBecause, below, use
from whygrad.doctor.derived import percent
from whygrad.doctor.finding import Finding
from whygrad.doctor.measurements import Measurements

COUPLED = 0.02


def check(m: Measurements) -> Finding | None:
    """Return the finding, if it is there."""
    o = m.outputs
    if o is None or o.random_gap < COUPLED or not o.finite:
        return None
    if o.draws:
        return None  # as in a variational autoencoder: it is the model's own noise
    return Finding(
        "", 0.95, "serious",
        f"in evaluation mode, two answers to the same rows differ by {percent(o.random_gap)} "
        "of the "
        "outputs' spread.",
        {"gap": o.random_gap}, "the output", 1,
        {"batch_dependence": "the batch was the same both times"},
    )  # fmt: skip


CAUSE = Cause(
    code="O07",
    name="random_evaluation",
    page=__doc__,
    check=check,
    group=NoneBecause("it is written into the program, and nothing else brings it about"),
    explains=("train_mode_at_evaluation", "underfitting"),
    remedies=(
        use(
            "module_dropout",
            why="it then rests in evaluation mode",
            predicts="the same rows get the same answer",
            expects=(below("random_gap", 0.02),),
        ),
    ),
    masks=NoneBecause("averaging answers needs the cause to go on"),
    demo=NoneBecause("nothing in a preset's network is random"),
    in_training=False,
)
