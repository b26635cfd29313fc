"""ReLUs are shut for every row, and stay so.

Why: where z ≤ 0 the derivative is 0. A unit that is shut for all rows gets no gradient and
cannot open again (Lu et al. 2019, "Dying ReLU and Initialization").

Seen: at least half of a layer's units are 0 on every probe row, and the run has not learned. A
unit that is 0 on most rows is sparse, not dead.

Example: a step far too large; biases of −4.
"""

from __future__ import annotations

from whygrad.doctor.cause import LEARNS, Cause, Group, below, use
from whygrad.doctor.derived import hidden, percent, sick
from whygrad.doctor.finding import Finding
from whygrad.doctor.measurements import Measurements

SHUT = 0.5
BOTTLENECK = 2
EXPECTED = (below("dead", 0.5),)
PREDICTED = "few units are 0 on all rows"


def check(m: Measurements) -> Finding | None:
    """Return the finding, if it is there."""
    if not sick(m, 0.3):
        return None
    now, before = hidden(m.last, ("relu",)), hidden(m.first, ("relu",))
    seen = now or before
    worst = max(seen, key=lambda layer: layer.dead or 0.0, default=None)
    if worst is None or (worst.dead or 0.0) < SHUT or worst.width <= BOTTLENECK:
        return None  # of a layer so narrow, the width is the fault
    at_start = max((layer.dead or 0.0 for layer in before if layer.name == worst.name), default=0.0)
    born = at_start >= SHUT
    when = "from the start" if born else f"{percent(at_start)} at the start"
    return Finding(
        "", 0.8, "serious",
        f"{percent(worst.dead or 0.0)} of the units of {worst.name or 'a layer'} are 0 on every "
        f"probe row ({when}); their ReLU's derivative is 0 there, so nothing can open them.",
        {"dead": worst.dead or 0.0, "dead_at_start": at_start}, worst.name, 1 if born else None,
        {"vanishing_gradient": "the gradient is exactly 0, not merely small"},
    )  # fmt: skip


CAUSE = Cause(
    code="F03",
    name="dead_relu",
    page=__doc__,
    check=check,
    group=Group.STATE,
    explains=("underfitting",),
    remedies=(
        use(
            "lr_down_10", why="units are then not thrown shut", predicts=PREDICTED, expects=EXPECTED
        ),
        use(
            "lr_down_100",
            why="units are then not thrown shut",
            predicts=PREDICTED,
            expects=EXPECTED,
        ),
        use(
            "fresh_weights",
            why="no unit is then shut from the start",
            predicts=PREDICTED,
            expects=EXPECTED,
        ),
        use(
            "leaky_relu",
            why="its slope is not 0 below 0, so units can come back",
            predicts="no unit is shut",
            expects=(below("dead", 0.5), *LEARNS),
        ),
    ),
    masks=("Leaky ReLU without lowering the rate that shut the units",),
    demo=("whygrad whatif flow --set b1=-4", "whygrad why xor 'dL/dz1[0,0]'"),
)
