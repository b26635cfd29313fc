"""Weight decay or dropout outweighs the data.

Why: decay pulls each weight to 0 by ηλw; where that exceeds what the data's gradient gives, the
weights shrink to nothing. Dropout of p at several layers leaves (1 − p)ᵏ of the paths, scaled
up as much, so the gradient is mostly noise.

Seen: the run has not learned; decay's share of the gradient is large, or dropout is 0.7 and
more; and (where replays were made) the run without it does much better.

Example: `weight_decay=0.5`; `nn.Dropout(0.95)` twice.
"""

from __future__ import annotations

from whygrad.doctor.cause import LEARNS, Cause, Group, NoneBecause, below, use
from whygrad.doctor.derived import cured, percent, sick
from whygrad.doctor.finding import Finding
from whygrad.doctor.measurements import Measurements
from whygrad.explain.display import number


def check(m: Measurements) -> Finding | None:
    """Return the finding, if it is there."""
    if not sick(m, 0.25):
        return None
    pull = max((a.decay for a in m.audits), default=0.0)
    if m.optimizer.decay > 0 and pull > 0.3:
        better = cured(m, "no_decay")
        plain = cured(m, "control") or 0.0
        if better is None or better > max(0.4, plain + 0.2):
            helped = "" if better is None else f" Without it, {percent(better)} is regained."
            return Finding(
                "", 0.72 if better is None else 0.92, "serious",
                f"weight decay of {number(m.optimizer.decay)} pulls {number(pull)} times as "
                f"hard as the data's gradient.{helped}",
                {"decay": m.optimizer.decay, "pull": pull}, "optimizer.weight_decay", None,
                {"learning_rate_too_low": "weights do move: towards 0"},
            )  # fmt: skip
    if m.dropout >= 0.7:
        better = cured(m, "no_dropout")
        if better is None or better > 0.3:
            helped = "" if better is None else f" Without it, {percent(better)} is regained."
            return Finding(
                "", 0.75 if better is None else 0.92, "serious",
                f"dropout of {number(m.dropout)} leaves {percent(1 - m.dropout)} of a "
                f"layer's units, scaled {number(1 / max(1 - m.dropout, 1e-6))}-fold.{helped}",
                {"dropout": m.dropout}, "dropout", 1,
                {"underfitting": "the network is larger than what dropout leaves of it"},
            )  # fmt: skip
    return None


CAUSE = Cause(
    code="P04",
    name="over_regularisation",
    page=__doc__,
    check=check,
    group=Group.SETUP,
    explains=(Group.STATE, Group.STEP),
    remedies=(
        use(
            "no_decay",
            why="the data's gradient then outweighs it",
            predicts="weights stop shrinking and training improves",
            expects=(below("pull", 0.3), *LEARNS),
        ),
        use(
            "less_dropout",
            why="enough paths are left for a gradient",
            predicts="training rows are learned",
            expects=(below("dropout", 0.7), *LEARNS),
        ),
    ),
    masks=NoneBecause("longer training ends where decay and gradient balance, and shows the cause"),
    demo=NoneBecause("no preset has weight decay or dropout strong enough to show it"),
)
