"""One optimizer follows two losses that want opposite things of the same weights.

Why: what one loss's step gains, the other's takes back. Of a generator and a discriminator under
one optimizer, each step for the one moves the other too, against what it has just learned.

Seen: an optimizer steps on different losses in turn, and on the weights that they share their
gradients point against each other each time (cosine below −0.3).

Example: `Adam([*G.parameters(), *D.parameters()])` in a GAN.
"""

from __future__ import annotations

from statistics import median

from whygrad.doctor.cause import Cause, Group, NoneBecause, use
from whygrad.doctor.finding import Finding
from whygrad.doctor.measurements import Measurements
from whygrad.explain.display import number

FEWEST = 2
AGAINST = -0.3


def check(m: Measurements) -> Finding | None:
    """Return the finding, if it is there."""
    if len(m.opposed) < FEWEST or max(m.opposed) > AGAINST:
        return None
    middle = median(m.opposed)
    return Finding(
        "", 0.85, "serious",
        f"one optimizer steps on different losses in turn, and on the weights that they share "
        f"their gradients point against each other (cosine {number(middle)} in the middle of "
        f"{len(m.opposed)} looks): each step undoes the other's.",
        {"cosine": middle, "looks": len(m.opposed)}, "the optimizer", 1,
        {"oscillating_loss": "it is not noise: the losses want opposite things"},
    )  # fmt: skip


CAUSE = Cause(
    code="L15",
    name="opposed_losses",
    page=__doc__,
    check=check,
    group=NoneBecause("it is a fault of the loop itself, which nothing else brings about"),
    explains=(Group.STEP, Group.OUTCOME),
    remedies=(
        use(
            "own_optimizers",
            why="a side's step then moves its own weights alone",
            predicts="weights that both losses reach are moved by one of them",
        ),
    ),
    masks=("a lower learning rate: each step then undoes a little less",),
    demo=NoneBecause("whygrad's presets have one loss each"),
    in_training=False,
)
