"""Batch normalisation over a batch of a few rows.

Why: with two rows the normalised activation is +1 or −1: only the sign of a difference is left,
and mean and variance are guesses that change with every batch.

Seen: batch normalisation, batches of at most 4 rows, and a run that learns badly. Wu & He
(2018, "Group Normalization") show the error rising as batches shrink below 16; 4 is where
theirs was clearly worse.

Example: `BatchNorm1d` with `batch_size=2`.
"""

from __future__ import annotations

from whygrad.doctor.cause import ANYTHING, LEARNS, Cause, NoneBecause, use
from whygrad.doctor.derived import FEW_ROWS, cured, percent, sick
from whygrad.doctor.finding import Finding
from whygrad.doctor.measurements import Measurements


def check(m: Measurements) -> Finding | None:
    """Return the finding, if it is there."""
    batch = m.loop.batch
    if not m.batch_norm or batch is None or batch > FEW_ROWS or not sick(m, 0.08):
        return None
    better = cured(m, "larger_batch")
    helped = "" if better is None else (
        f" Replayed with batches of 32, it regains {percent(max(0.0, better))} of what is missing."
    )  # fmt: skip
    return Finding(
        "", 0.9 if better is None or better > 0.2 else 0.6, "serious",
        f"mean and variance come from {batch} rows, so a normalised activation says little more "
        f"than which row was larger.{helped}",
        {"batch": batch}, "batch normalisation", 1,
        {"oscillating_loss": "the noise is in the forward pass, not only in the step"},
    )  # fmt: skip


CAUSE = Cause(
    code="L10",
    name="batchnorm_small_batch",
    page=__doc__,
    check=check,
    group=NoneBecause("it is a fault of the loop itself, which nothing else brings about"),
    explains=(*ANYTHING, "train_mode_at_evaluation"),
    remedies=(
        use(
            "larger_batch",
            why="means and variances then come from enough rows",
            predicts="training rows are learned",
            expects=LEARNS,
        ),
        use(
            "layer_norm",
            why="it does not look at other rows",
            predicts="training rows are learned with small batches, too",
            expects=LEARNS,
        ),
    ),
    masks=NoneBecause("what helps here, larger batches or other norms, does away with the cause"),
    demo=NoneBecause("whygrad's presets have no batch normalisation"),
)
