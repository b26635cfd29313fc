"""Sigmoids or tanhs are at their flat ends.

Why: σ′ = σ(1 − σ) and tanh′ = 1 − tanh² are nearly 0 there, so next to nothing passes back.

Seen: at the start or now, more than half of a hidden layer's outputs lie within 0.01 of the
ends (σ beyond 0.01 or 0.99, |tanh| above 0.99), and the run has not learned. Saturation need
not mean that gradients vanish: with large weights the few open units carry very large ones.

Example: raw inputs in the thousands into a sigmoid layer.
"""

from __future__ import annotations

from whygrad.doctor.cause import Cause, Group, NoneBecause, below, use
from whygrad.doctor.derived import hidden, percent, sick
from whygrad.doctor.finding import Finding
from whygrad.doctor.measurements import Measurements

FLAT = 0.5
EXPECTED = (below("flat", 0.5),)
PREDICTED = "few outputs lie at the ends"


def check(m: Measurements) -> Finding | None:
    """Return the finding, if it is there."""
    if not sick(m, 0.3):
        return None
    ends = ("sigmoid", "tanh")
    seen = [*hidden(m.first, ends), *hidden(m.last, ends)]
    worst = max(seen, key=lambda layer: layer.saturated or 0.0, default=None)
    if worst is None or (worst.saturated or 0.0) < FLAT:
        return None
    return Finding(
        "", 0.78, "serious",
        f"{percent(worst.saturated or 0.0)} of the outputs of {worst.name or 'a layer'} lie at the "
        f"flat ends of {worst.op}, where its slope is below "
        f"{'0.01' if worst.op == 'sigmoid' else '0.02'}.",
        {"saturated": worst.saturated or 0.0}, worst.name, None,
        {"vanishing_gradient": "it is the slope of single units, not a product over depth"},
    )  # fmt: skip


CAUSE = Cause(
    code="F04",
    name="saturated_activation",
    page=__doc__,
    check=check,
    group=Group.STATE,
    explains=("vanishing_gradient", "underfitting"),
    remedies=(
        use(
            "standard_inputs",
            why="the slope is largest near 0",
            predicts=PREDICTED,
            expects=EXPECTED,
        ),
        use(
            "fresh_weights",
            why="what enters the layer is then of size 1",
            predicts=PREDICTED,
            expects=EXPECTED,
        ),
    ),
    masks=NoneBecause("what moves inputs off the flat ends does away with the cause"),
    demo=("whygrad whatif moons --mistake forget_squash_slope", "whygrad why moons 'dL/dz1[0,0]'"),
)
