"""One class is so rare that leaving it out costs next to nothing.

Why: each row has the same say in the mean gradient, so the common class has almost all of it;
the bias alone brings the loss near the entropy of the classes' frequencies.

Seen: a class with less than a tenth of the rows, of which fewer than 3 in 10 are recognised. A
rare class that is recognised is no fault.

Example: 2 % positives, unweighted, and an accuracy of 98 %.
"""

from __future__ import annotations

from whygrad.doctor.cause import Cause, Group, NoneBecause, above, use
from whygrad.doctor.derived import percent
from whygrad.doctor.finding import Finding
from whygrad.doctor.measurements import Measurements

RARE = 0.1
MISSED = 0.3


def check(m: Measurements) -> Finding | None:
    """Return the finding, if it is there."""
    s, t = m.scores, m.targets
    if s is None or t is None or t.rarest is None or s.recall is None:
        return None
    if t.task == "numbers" or t.rarest * (t.classes or 2) > 2 * RARE or s.recall > MISSED:
        return None
    return Finding(
        "", 0.85, "serious",
        f"the rarest class has {percent(t.rarest)} of the rows, so {percent(t.rarest)} of the say "
        f"in the gradient; {percent(s.recall)} of its rows are recognised.",
        {"rarest": t.rarest, "recall": s.recall, "balanced_accuracy": s.train}, "targets", None,
        {"underfitting": f"balanced accuracy is {percent(s.train)}: the common class is learned"},
    )  # fmt: skip


CAUSE = Cause(
    code="D06",
    name="class_imbalance",
    page=__doc__,
    check=check,
    group=Group.STATE,
    explains=("overfitting", "underfitting"),
    remedies=(
        use(
            "class_weights",
            why="it then has as much say in the gradient",
            predicts="the rare class's recall rises above ⅓",
            expects=(above("recall", 0.33),),
        ),
    ),
    masks=("more epochs, judged by accuracy",),
    demo=NoneBecause("whygrad's presets have classes of about one size"),
)
