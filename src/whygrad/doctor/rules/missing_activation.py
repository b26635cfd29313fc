"""Several layers without anything between them that bends.

Why: W₃W₂W₁x is one linear map; more layers add nothing.

Seen: two or more linear layers, no activation among the ops that were seen, and outputs that
are affine in the input: f(a + b) = (f(2a) + f(2b)) / 2; and training rows are learned worse
than they can be.

Example: `nn.Linear, nn.Linear, nn.Linear`.
"""

from __future__ import annotations

from whygrad.doctor.cause import Cause, Group, NoneBecause, above, use
from whygrad.doctor.derived import LINEAR, hidden, sick
from whygrad.doctor.finding import Finding
from whygrad.doctor.measurements import Measurements
from whygrad.explain.display import number


def check(m: Measurements) -> Finding | None:
    """Return the finding, if it is there."""
    probe, o = m.first, m.outputs
    if probe is None or o is None or not sick(m, 0.1):
        return None
    linear = [layer for layer in probe.layers if layer.op in LINEAR]
    bends = hidden(probe)
    if len(linear) < 2 or bends or o.affine_gap is None or o.affine_gap > 1e-3:
        return None
    return Finding(
        "", 0.95, "serious",
        f"{len(linear)} linear layers and nothing that bends between them: "
        f"f(a + b) differs from (f(2a) + f(2b)) / 2 by {number(o.affine_gap)} of the spread, "
        "so the "
        "network is one linear map.",
        {"linear_layers": len(linear), "bend": o.affine_gap}, linear[0].name, 1,
        {"underfitting": "more layers or units would still be one linear map",
         "learning_rate_too_low": "the best linear map is no better"},
    )  # fmt: skip


CAUSE = Cause(
    code="F06",
    name="missing_activation",
    page=__doc__,
    check=check,
    group=NoneBecause("it is written into the network, and nothing else brings it about"),
    explains=(Group.STEP, "underfitting", "unnormalised_inputs"),
    remedies=(
        use(
            "add_relu",
            why="the network can then bend",
            predicts="f(a + b) is no longer (f(2a) + f(2b)) / 2",
            expects=(above("bend", 0.001),),
        ),
    ),
    masks=NoneBecause("more linear layers are still one linear map"),
    demo=("whygrad whatif xor --swap relu=linear",),
)
