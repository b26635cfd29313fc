"""The gradient swells on its way through the layers.

Why: with factors above 1 per layer, the product grows with depth, in both passes.

Seen: at the start, the forward signal or ∂L/∂h grows more than a hundredfold over the hidden
layers, and the run breaks or does not learn.

Example: six layers with weights of standard deviation 1.
"""

from __future__ import annotations

from whygrad.doctor.cause import Cause, Group, below, use
from whygrad.doctor.derived import hidden, sick
from whygrad.doctor.finding import Finding
from whygrad.doctor.measurements import Measurements
from whygrad.explain.display import number

SWOLLEN = 100.0


def check(m: Measurements) -> Finding | None:
    """Return the finding, if it is there."""
    layers = hidden(m.first)
    if len(layers) < 3 or not sick(m, 0.3):
        return None
    forward = layers[-1].rms / max(layers[0].rms, 1e-300)
    back = layers[0].gradient / layers[-1].gradient if layers[-1].gradient > 0 else 0.0
    if max(forward, back) < SWOLLEN:
        return None
    return Finding(
        "", 0.85, "serious",
        f"over {len(layers)} hidden layers the signal grows {number(forward)}-fold forward and "
        f"the gradient {number(back)}-fold backward.",
        {"forward": forward, "backward": back, "layers": len(layers)}, layers[0].name, 1,
        {"learning_rate_too_high": "the growth is there before the first step"},
    )  # fmt: skip


CAUSE = Cause(
    code="F02",
    name="exploding_gradient",
    page=__doc__,
    check=check,
    group=Group.STATE,
    explains=("learning_rate_too_high", "underfitting"),
    remedies=(
        use(
            "fresh_weights",
            why="factors per layer are then near 1",
            predicts="∂L/∂h is of one size over the layers",
            expects=(below("growth", 100),),
        ),
    ),
    masks=("gradient clipping alone",),
    demo=("whygrad whatif flow --set w2=1000", "whygrad why flow dL/dw1"),
)
