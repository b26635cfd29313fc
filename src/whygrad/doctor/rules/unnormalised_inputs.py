"""Inputs are far from the size of 1, or of very different sizes.

Why: ∂L/∂W = xᵀδ: a column that is a thousand times larger gets steps a thousand times larger
and a curvature a million times larger. Sigmoids and tanhs are pushed to their flat ends.

Seen: a feature of size above 20, or none above 0.02, or spreads that differ more than a
thousandfold; the run learns badly; and a replay with standardised inputs does clearly better
(LeCun et al. 1998, "Efficient BackProp", section 4.3). Raw inputs that do no harm are no fault.

Example: areas in mm² beside ratios, fed as they are.
"""

from __future__ import annotations

from whygrad.doctor.cause import LEARNS, Cause, Group, NoneBecause, below, use
from whygrad.doctor.derived import cured, percent, sick
from whygrad.doctor.finding import Finding
from whygrad.doctor.measurements import Measurements
from whygrad.explain.display import number

LARGE = 20.0  # size of a feature that should be near 1
SMALL = 0.02
UNLIKE = 1000.0  # between the largest and the smallest spread


def check(m: Measurements) -> Finding | None:
    """Return the finding, if it is there."""
    f = m.features
    if f is None or f.bad_cell is not None:
        return None
    if SMALL < f.largest < LARGE and f.ratio < UNLIKE:
        return None
    if not sick(m, 0.15):
        return None
    better = cured(m, "standard_inputs")
    plain = cured(m, "control") or 0.0
    if better is not None and better < max(0.4, plain + 0.1):
        return None
    helped = "" if better is None else (
        f" Replayed with standardised inputs, the run regains {percent(better)} of what is missing."
    )  # fmt: skip
    return Finding(
        "", 0.7 if better is None else 0.9, "serious",
        f"the largest feature has a size of {number(f.largest)}, and their spreads differ by "
        "a factor of "
        f"{number(f.ratio)}: ∂L/∂W = xᵀδ is as uneven.{helped}",
        {"largest": f.largest, "ratio_of_spreads": f.ratio}, "inputs", 1,
        {"learning_rate_too_high": "a rate that suits the largest column does not move the others",
         "bad_initialisation": "the weights have the usual size; the inputs have not"},
    )  # fmt: skip


CAUSE = Cause(
    code="D02",
    name="unnormalised_inputs",
    page=__doc__,
    check=check,
    group=Group.DATA,
    explains=(Group.STATE, Group.STEP),
    remedies=(
        use(
            "standard_inputs",
            why="xᵀδ is then of one size in all columns",
            predicts="all columns have one spread, and training improves at the same rate",
            expects=(below("spreads", 10), *LEARNS),
        ),
    ),
    masks=NoneBecause("whatever makes up for the scale of every column does away with the cause"),
    demo=("whygrad whatif flow --set x=1000", "whygrad why flow dL/dw1"),
)
