"""Weights that are used and trainable are not the optimizer's.

Why: an optimizer moves the tensors it was given. A model that was copied, or a layer that was
put in afterwards, has others.

Seen: a trainable tensor gets a gradient and is in none of the optimizer's parameter groups.

Example: `optimizer = Adam(model.parameters()); model = copy.deepcopy(model)`.
"""

from __future__ import annotations

from whygrad.doctor.cause import ANYTHING, Cause, NoneBecause, above, use
from whygrad.doctor.derived import percent
from whygrad.doctor.finding import Finding
from whygrad.doctor.measurements import Measurements


def check(m: Measurements) -> Finding | None:
    """Return the finding, if it is there."""
    apart = [p for p in m.parameters if p.trainable and p.got_gradient and not p.owned]
    apart = [p for p in apart if not p.idle]
    if not apart:
        return None
    used = [p for p in m.parameters if p.trainable and p.got_gradient]
    share = sum(p.size for p in apart) / sum(p.size for p in used)
    return Finding(
        "", 0.95 if share > 0.5 else 0.8, "fatal" if share == 1 else "serious",
        f"{len(apart)} of {len(used)} trainable tensors get gradients and belong to no parameter "
        f"group ({percent(share)} of the numbers); step() moves other tensors. First: "
        f"{apart[0].name}.",
        {"apart": len(apart), "trainable": len(used), "share": share}, apart[0].name, 1,
        {"missing_optimizer_step": f"step() was called {m.loop.steps} times"},
    )  # fmt: skip


CAUSE = Cause(
    code="L04",
    name="optimizer_parameter_mismatch",
    page=__doc__,
    check=check,
    group=NoneBecause("it is a fault of the loop itself, which nothing else brings about"),
    explains=(*ANYTHING, "missing_optimizer_step", "missing_zero_grad"),
    remedies=(
        use(
            "own_parameters",
            why="it then moves the tensors that are in the graph",
            predicts=("every tensor that gets a gradient belongs to a parameter group and moves"),
            expects=(above("owned", 0.99), above("moved", 0)),
        ),
    ),
    masks=NoneBecause("weights that are not the optimizer's stay, whatever else is changed"),
    demo=NoneBecause("a spec's optimizer always holds all of its network's weights"),
)
