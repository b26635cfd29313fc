"""Layers or weights are used that the module does not know of.

Why: a module registers the modules and parameters that are its attributes, not those in a
plain list or dict, nor plain tensors. `parameters()` does not give them to the optimizer, so
step() never moves them; `state_dict()`, `to()` and `eval()` pass them by, too.

Seen: a tensor that is reached from the module's attributes got a gradient, is not among the
module's parameters and is not the optimizer's.

Example: `self.layers = [nn.Linear(8, 8), nn.Linear(8, 8)]` for `nn.ModuleList([...])`.
"""

from __future__ import annotations

from whygrad.doctor.cause import LEARNS, SYMPTOMS, Cause, NoneBecause, use
from whygrad.doctor.derived import percent
from whygrad.doctor.finding import Finding
from whygrad.doctor.measurements import Measurements


def check(m: Measurements) -> Finding | None:
    """Return the finding, if it is there."""
    if not m.outside:
        return None
    first, size = m.outside[0][0], sum(numbers for _, numbers in m.outside)
    share = size / (size + sum(p.size for p in m.parameters))
    return Finding(
        "", 0.94, "serious",
        f"{first} got a gradient and is not one of the module's parameters, so no optimizer that "
        f"was given parameters() moves it: {len(m.outside)} tensors, {percent(share)} of the "
        "numbers, keep their first values.",
        {"tensors": len(m.outside), "share": share}, first, 1,
        {"frozen_layers": "these tensors are trainable and get gradients",
         "optimizer_parameter_mismatch": "parameters() does not hold them at all"},
    )  # fmt: skip


CAUSE = Cause(
    code="L12",
    name="parameters_outside_module",
    page=__doc__,
    check=check,
    group=NoneBecause("it is a fault of the loop itself, which nothing else brings about"),
    explains=(*SYMPTOMS, "missing_activation"),
    remedies=(
        use(
            "register_layers",
            why="parameters() then gives them to the optimizer",
            predicts="every tensor that gets a gradient moves",
            expects=LEARNS,
        ),
    ),
    masks=NoneBecause("weights that no optimizer holds stay, whatever else is changed"),
    demo=NoneBecause("a spec's network has no parameters outside itself"),
)
