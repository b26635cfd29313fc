"""Training labels do not belong to the inputs they stand beside.

Why: if inputs were shuffled or shifted without their labels, there is nothing to learn but the
rows one by one.

Seen: training rows predict nothing, neither each other's labels nor validation's, while
validation rows do predict each other's.

Example: `X = X[order]` without `y = y[order]`.
"""

from __future__ import annotations

from whygrad.doctor.cause import ANYTHING, Cause, NoneBecause, below, use
from whygrad.doctor.derived import percent
from whygrad.doctor.finding import Finding
from whygrad.doctor.measurements import Measurements
from whygrad.doctor.rules.class_imbalance import RARE


def check(m: Measurements) -> Finding | None:
    """Return the finding, if it is there."""
    s, t = m.scores, m.targets
    if s is None or t is None or t.task == "numbers":
        return None
    inside, outside, own = s.neighbours_train, s.neighbours_validation, s.within_validation
    if inside is None or outside is None or own is None:
        return None
    if t.rarest is not None and t.rarest * (t.classes or 2) <= 2 * RARE:
        return None  # neighbours miss a rare class, whatever its labels
    chance = s.baseline + 0.25 * (1 - s.baseline)
    if inside > chance or outside > chance or own < s.baseline + 0.35 * (1 - s.baseline):
        return None
    return Finding(
        "", 0.88, "fatal",
        f"validation rows predict {percent(own)} of each other's labels, training rows only "
        f"{percent(inside)} of theirs and {percent(outside)} of validation's: training labels are "
        "not in line with their inputs.",
        {"within_validation": own, "within_training": inside, "training_to_validation": outside},
        "training labels", None,
        {"label_noise": "with some wrong labels, the others would still predict validation"},
    )  # fmt: skip


CAUSE = Cause(
    code="D07",
    name="labels_out_of_line",
    page=__doc__,
    check=check,
    group=NoneBecause("it is in the rows before any training"),
    explains=(*ANYTHING, "label_noise"),
    remedies=(
        use(
            "align_labels",
            why="each row is then taught its own label",
            predicts="training rows predict each other's labels",
            expects=(below("label_noise", 0.15),),
        ),
    ),
    masks=NoneBecause("no training setting puts labels back beside their rows"),
    demo=NoneBecause("whygrad's presets keep rows and labels together"),
)
