"""Many training labels are wrong.

Why: right labels pull in one direction and are learned first; wrong ones are learned one by
one, later, by memorising them, and that is what costs accuracy on other rows (Arpit et al.
2017).

Seen: nearest training rows predict validation labels much better than they predict training
labels that were left out. If the task were hard, both would be low. Of numbers the ranks are
predicted, so that a few large ones do not decide it. At least 150 rows are asked for: of fewer,
chance makes as much of a difference.

Example: labels drawn at random for almost half of the rows.
"""

from __future__ import annotations

from whygrad.doctor.cause import Cause, NoneBecause, below, use
from whygrad.doctor.derived import percent
from whygrad.doctor.finding import Finding
from whygrad.doctor.measurements import Measurements
from whygrad.doctor.rules.data_leakage import SHARED

NOISE = 0.15
NOISE_OF_NUMBERS = 0.2
TOLD = 0.4
MANY = 150


def check(m: Measurements) -> Finding | None:
    """Return the finding, if it is there."""
    s, t = m.scores, m.targets
    if s is None or t is None:
        return None
    inside, outside = s.neighbours_train, s.neighbours_validation
    numbers = t.task == "numbers"
    least = NOISE_OF_NUMBERS if numbers else NOISE
    if inside is None or outside is None or outside - inside < least:
        return None
    if m.features is None or m.features.rows < MANY or (numbers and outside < TOLD):
        return None
    if (m.features.shared or 0.0) > SHARED:
        return None  # its own rows predict validation: that says nothing
    what = "how the ranks vary of" if numbers else "the"
    return Finding(
        "", 0.88, "serious",
        f"nearest neighbours predict {percent(outside)} of {what} validation labels but only "
        f"{percent(inside)} of {what} training labels: about {percent(outside - inside)} of "
        "what training labels say contradicts the rows around them.",
        {"of_validation": outside, "of_training": inside}, "training labels", None,
        {"overfitting": "clean labels would be predicted as well as validation's",
         "underfitting": "the same rows do predict validation"},
    )  # fmt: skip


CAUSE = Cause(
    code="D05",
    name="label_noise",
    page=__doc__,
    check=check,
    group=NoneBecause("it is in the rows before any training"),
    explains=("overfitting", "underfitting"),
    remedies=(
        use(
            "drop_contradicted",
            why="what is left pulls in one direction",
            predicts="training labels are predicted like validation's",
            expects=(below("label_noise", 0.15),),
        ),
    ),
    masks=("stopping early: it keeps the score, and the labels stay wrong",),
    demo=("whygrad train xor",),
    in_training=False,
)
