"""A model of sequences is asked for the very tokens it is given.

Why: the answer stands in the input at the same place, so copying it is all there is to learn. The
loss falls to nothing, and nothing is known of the next token.

Seen: inputs and targets are whole numbers of one shape, and at least 95 % of the targets are the
input at the same place, while the inputs are not all alike.

Example: `model(x)` against `x` for `x[:, 1:]`.
"""

from __future__ import annotations

from whygrad.doctor.cause import Cause, NoneBecause, use
from whygrad.doctor.derived import percent
from whygrad.doctor.finding import Finding
from whygrad.doctor.measurements import Measurements

SAME = 0.95


def check(m: Measurements) -> Finding | None:
    """Return the finding, if it is there."""
    s = m.sequence
    if s is None or s.same < SAME:
        return None
    return Finding(
        "", 0.93, "serious",
        f"{percent(s.same)} of the targets are the token that is given at the same place: copying "
        "the input answers it.",
        {"same": s.same, "next": s.next}, "targets", None,
        {"healthy": "a loss near 0 is what copying gives, too"},
    )  # fmt: skip


CAUSE = Cause(
    code="D10",
    name="labels_not_shifted",
    page=__doc__,
    check=check,
    group=NoneBecause("it is in the rows before any training"),
    explains=("overfitting",),
    remedies=(
        use(
            "shift_labels",
            why="the token that is asked for is then not among those that are given",
            predicts="targets are the input one place on",
        ),
    ),
    masks=NoneBecause("the loss is low already; nothing is left to hide"),
    demo=NoneBecause("whygrad's presets have no sequences of tokens"),
    in_training=False,
)
