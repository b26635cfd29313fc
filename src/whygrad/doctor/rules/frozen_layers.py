"""Layers are frozen, and the run is worse for it.

Why: with `requires_grad` off, ∂L/∂W is not worked out and W stays where it began. What is
trained behind it can only make the best of those features.

Seen: weights of layers are not trainable and the training rows are learned clearly less well
than nearest neighbours or a linear fit would. Freezing on purpose that does no harm is no
fault.

Example: a backbone with random weights, frozen as if it had been trained before.
"""

from __future__ import annotations

from whygrad.doctor.cause import LEARNS, SYMPTOMS, Cause, Group, NoneBecause, above, use
from whygrad.doctor.derived import WITH_WEIGHTS, percent, sick
from whygrad.doctor.finding import Finding
from whygrad.doctor.measurements import Measurements


def check(m: Measurements) -> Finding | None:
    """Return the finding, if it is there."""
    layers = [p for p in m.parameters if p.kind.startswith(WITH_WEIGHTS) and p.size > p.fan_in]
    still = [p for p in layers if not p.trainable]
    if not still or not sick(m, 0.08):
        return None
    share = sum(p.size for p in still) / sum(p.size for p in layers)
    return Finding(
        "", 0.6 + 0.35 * share, "serious",
        f"{len(still)} of {len(layers)} layers' weights are frozen ({percent(share)} of the "
        "numbers), so they keep their first values; the rest cannot make up for it: "
        f"{percent(m.shortfall or 0)} of what can be learned is missing.",
        {"frozen": len(still), "layers": len(layers), "share": share}, still[0].name, 1,
        {"underfitting": "the network is large enough; most of it does not take part"},
    )  # fmt: skip


CAUSE = Cause(
    code="L05",
    name="frozen_layers",
    page=__doc__,
    check=check,
    group=Group.SETUP,
    explains=SYMPTOMS,
    remedies=(
        use(
            "unfreeze",
            why="their ∂L/∂W is then worked out and used",
            predicts="all layers' weights are trained, and training improves",
            expects=(above("trained", 0.99), *LEARNS),
        ),
    ),
    masks=NoneBecause(
        "a larger trained part may help in earnest, and what is frozen is then no fault"
    ),
    demo=("whygrad whatif xor --mistake leave_biases",),
)
