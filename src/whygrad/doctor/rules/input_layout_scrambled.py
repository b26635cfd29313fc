"""Pixels are not where the convolution thinks they are.

Why: reshaping does not move values. Channels-last images reshaped to channels-first hold
colours of one pixel where neighbours should be, and a convolution has nothing local to find.

Seen: what the first convolution is given is much less smooth than the same numbers read as
channels-last.

Example: `x.reshape(n, 3, h, w)` for `x.permute(0, 3, 1, 2)`.
"""

from __future__ import annotations

from whygrad.doctor.cause import ANYTHING, Cause, NoneBecause, below, use
from whygrad.doctor.derived import percent
from whygrad.doctor.finding import Finding
from whygrad.doctor.measurements import Measurements

SMOOTHER = 0.25


def check(m: Measurements) -> Finding | None:
    """Return the finding, if it is there."""
    look = m.layout
    if look is None or look.put_right - look.as_seen < SMOOTHER:
        return None
    return Finding(
        "", 0.92, "serious",
        f"neighbouring pixels share {percent(max(look.as_seen, 0.0))} of their variance as the "
        f"first convolution sees them, and {percent(look.put_right)} when the same numbers "
        "are read "
        "channels last.",
        {"as_seen": look.as_seen, "channels_last": look.put_right}, "the first convolution", 1,
        {"underfitting": "the loss falls; what is missing is what only neighbours can tell"},
    )  # fmt: skip


CAUSE = Cause(
    code="D09",
    name="input_layout_scrambled",
    page=__doc__,
    check=check,
    group=NoneBecause("it is in the rows before any training"),
    explains=ANYTHING,
    remedies=(
        use(
            "permute",
            why="neighbours in the image are then neighbours in the tensor",
            predicts="neighbouring pixels share most of their variance",
            expects=(below("smoother", 0.25),),
        ),
    ),
    masks=NoneBecause("no training setting puts pixels beside their neighbours"),
    demo=NoneBecause("whygrad's presets have no images"),
)
