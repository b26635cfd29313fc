"""Batches come in the order of their labels.

Why: the gradient of a batch of one class pulls all answers towards that class, and the next
class's undoes it. The network ends up where the last batches pulled it.

Seen: within a batch the targets vary far less than over batches (more than half of the variance
lies between batches), and the run learns badly.

Example: a data set sorted by class with `shuffle=False`.
"""

from __future__ import annotations

from whygrad.doctor.cause import ANYTHING, Cause, NoneBecause, below, use
from whygrad.doctor.derived import percent, sick
from whygrad.doctor.finding import Finding
from whygrad.doctor.measurements import Measurements

ONE_SIDED = 0.5


def check(m: Measurements) -> Finding | None:
    """Return the finding, if it is there."""
    run = m.loop.class_run
    if run is None or run < ONE_SIDED or not sick(m, 0.1):
        return None
    return Finding(
        "", 0.92, "serious",
        f"{percent(run)} of the targets' variance lies between batches (0 when shuffled): each "
        "batch teaches one answer and unteaches the others.",
        {"variance_between_batches": run}, "the order of the batches", 1,
        {"learning_rate_too_high": "the gradients disagree from batch to batch, at any rate"},
    )  # fmt: skip


CAUSE = Cause(
    code="L08",
    name="no_shuffling",
    page=__doc__,
    check=check,
    group=NoneBecause("it is a fault of the loop itself, which nothing else brings about"),
    explains=ANYTHING,
    remedies=(
        use(
            "shuffle",
            why="each batch then speaks for all classes",
            predicts="targets vary within a batch as much as over batches",
            expects=(below("one_sided", 0.1),),
        ),
    ),
    masks=NoneBecause("a lower rate makes the swings smaller and is offered where it is enough"),
    demo=NoneBecause("whygrad's own runs shuffle by themselves"),
)
