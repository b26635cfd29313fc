"""A row's answer depends on the rows it is batched with.

Why: an operation along the batch's dimension couples rows: ∂outputᵢ/∂xⱼ is not 0. Judged alone,
a row gets another answer.

Seen: in evaluation mode, rows one at a time give other outputs than the same rows in a batch.

Example: `softmax(dim=0)`; a mean over the batch inside the network.
"""

from __future__ import annotations

from whygrad.doctor.cause import ANYTHING, Cause, NoneBecause, below, use
from whygrad.doctor.derived import percent
from whygrad.doctor.finding import Finding
from whygrad.doctor.measurements import Measurements

COUPLED = 0.02


def check(m: Measurements) -> Finding | None:
    """Return the finding, if it is there."""
    o = m.outputs
    if o is None or o.batch_gap is None or o.batch_gap < COUPLED or not o.finite:
        return None
    if o.random_gap > COUPLED:
        return None  # it differs from itself, too
    return Finding(
        "", 0.95, "serious",
        f"in evaluation mode a row alone gets another answer than in its batch: they differ by "
        f"{percent(o.batch_gap)} of the outputs' spread.",
        {"gap": o.batch_gap}, "the output", 1,
        {"train_mode_at_evaluation": "this is in evaluation mode",
         "overfitting": "the gap is between the same row and itself"},
    )  # fmt: skip


CAUSE = Cause(
    code="O06",
    name="batch_dependence",
    page=__doc__,
    check=check,
    group=NoneBecause("it is written into the program, and nothing else brings it about"),
    explains=(*ANYTHING, "train_mode_at_evaluation", "train_val_preprocessing_mismatch"),
    remedies=(
        use(
            "over_features",
            why="rows are then answered by themselves",
            predicts="a row alone gets the answer it gets in a batch",
            expects=(below("batch_gap", 0.02),),
        ),
    ),
    masks=("always judging in large batches",),
    demo=NoneBecause("no layer of a spec looks at other rows"),
    in_training=False,
)
