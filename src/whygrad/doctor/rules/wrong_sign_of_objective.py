"""The update goes uphill.

Why: with the sign of the loss turned, backward brings minus the gradient, and the step against
it is a step up.

Seen: the gradient that arrives is opposite to that of the loss worked out anew on the same
batch (cosine below −0.5), or the loss is one that cannot be negative and is.

Example: `(-loss).backward()`; a reward taken for a loss; `maximize=True`.
"""

from __future__ import annotations

from whygrad.doctor.cause import ANYTHING, Cause, NoneBecause, above, use
from whygrad.doctor.finding import Finding
from whygrad.doctor.measurements import Measurements
from whygrad.explain.display import number

AGAINST = -0.5  # cosine: what arrived points away from the loss's gradient


def check(m: Measurements) -> Finding | None:
    """Return the finding, if it is there."""
    known = [a.agreement for a in m.audits if a.agreement is not None]
    against = [a for a in known if a < AGAINST]
    negative = m.loss_name != "" and m.losses and max(v for _, v in m.losses) < 0
    opposite = len(against) >= 2 and len(against) > len(known) / 2
    if not (opposite or negative or m.optimizer.maximize):
        return None
    text = (
        f"what backward brings is opposite to the loss's gradient (cosine {number(against[0])}): "
        "each step raises the loss it should lower."
        if against
        else "the objective is the loss with its sign turned, or is maximised: each step raises it."
    )
    evidence = {"cosine": against[0]} if against else {"losses": len(m.losses)}
    return Finding(
        "", 0.95, "fatal", text, evidence, "the loss", 1,
        {"learning_rate_too_high": "the direction is wrong at the very first step, at any rate"},
    )  # fmt: skip


CAUSE = Cause(
    code="L07",
    name="wrong_sign_of_objective",
    page=__doc__,
    check=check,
    group=NoneBecause("it is a fault of the loop itself, which nothing else brings about"),
    explains=ANYTHING,
    remedies=(
        use(
            "minimise",
            why="a step against the gradient then goes downhill",
            predicts="the gradient that arrives is the loss's (cosine 1)",
            expects=(above("agreement", 0.9),),
        ),
    ),
    masks=NoneBecause("each change of rate or optimizer only goes uphill at another speed"),
    demo=("whygrad whatif flow --mistake add_the_gradient", "whygrad why flow w1_new"),
)
