"""Validation rows were prepared differently from training rows.

Why: the network is asked about inputs it has never seen the like of; that it fails there says
nothing about what it learned.

Seen: for the median feature, validation's mean is more than 1.5 training standard deviations
away, or its spread differs by more than a factor of 2.5.

Example: a scaler applied to the training rows alone.
"""

from __future__ import annotations

from whygrad.doctor.cause import Cause, NoneBecause, below, use
from whygrad.doctor.finding import Finding
from whygrad.doctor.measurements import Measurements
from whygrad.explain.display import number

SHIFT = 1.5
STRETCH = 2.5


def check(m: Measurements) -> Finding | None:
    """Return the finding, if it is there."""
    f = m.features
    if f is None or f.shift is None or f.stretch is None:
        return None
    if f.shift < SHIFT and f.stretch < STRETCH:
        return None
    return Finding(
        "", 0.95, "serious",
        f"for the median feature, validation's mean lies {number(f.shift)} training standard "
        f"deviations away, and its spread differs by a factor of {number(f.stretch)}.",
        {"shift": f.shift, "stretch": f.stretch}, "validation inputs", None,
        {"overfitting": "the rows differ before any network sees them"},
    )  # fmt: skip


CAUSE = Cause(
    code="D04",
    name="train_val_preprocessing_mismatch",
    page=__doc__,
    check=check,
    group=NoneBecause("it is in the rows before any training"),
    explains=("overfitting", "label_noise"),
    remedies=(
        use(
            "same_scaler",
            why="the network is then asked what it was taught",
            predicts=(
                "means and spreads agree, and the validation score comes near the training score"
            ),
            expects=(below("shift", 1.5), below("stretch", 2.5), below("generalisation_gap", 0.15)),
        ),
    ),
    masks=("regularisation: this is not overfitting",),
    demo=NoneBecause("whygrad's presets prepare all rows alike"),
    in_training=False,
)
