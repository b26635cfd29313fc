"""`optimizer.step()` is never called.

Why: backward only says how the loss moves with each weight; the step is what moves the weights.

Seen: gradients arrive, the optimizer is never asked to step, and the weights stay as they were.

Example: `loss.backward()` with nothing after it.
"""

from __future__ import annotations

from whygrad.doctor.cause import ANYTHING, Cause, NoneBecause, above, use
from whygrad.doctor.finding import Finding
from whygrad.doctor.measurements import Measurements
from whygrad.explain.display import number


def check(m: Measurements) -> Finding | None:
    """Return the finding, if it is there."""
    idle = [p for p in m.parameters if p.trainable and p.got_gradient and p.idle]
    if idle and m.loop.steps:
        return Finding(
            "", 0.95, "fatal",
            f"{len(idle)} tensors that get gradients belong to an optimizer whose step() was never "
            f"called, while another's was {m.loop.steps} times. First: {idle[0].name}.",
            {"idle": len(idle), "steps": m.loop.steps}, idle[0].name, 1,
            {"optimizer_parameter_mismatch": "they do belong to an optimizer"},
        )  # fmt: skip
    arrived = [a for a in m.audits if a.arrived > 0]
    if m.loop.steps or len(arrived) < 2 or any(a.moved > 0 for a in arrived):
        return None
    norm = number(arrived[0].arrived)
    return Finding(
        "", 0.97, "fatal",
        f"gradients arrive (norm {norm}), but step() was never called in {m.loop.iterations} "
        "iterations, and no weight has moved.",
        {"iterations": m.loop.iterations, "steps": 0, "gradient_norm": arrived[0].arrived},
        "the loop", 1,
        {"learning_rate_too_low": "a small rate still moves weights; here nothing moves",
         "vanishing_gradient": f"the gradient's norm is {norm}"},
    )  # fmt: skip


CAUSE = Cause(
    code="L03",
    name="missing_optimizer_step",
    page=__doc__,
    check=check,
    group=NoneBecause("it is a fault of the loop itself, which nothing else brings about"),
    explains=(*ANYTHING, "missing_zero_grad"),
    remedies=(
        use(
            "call_step",
            why="it is what moves the weights",
            predicts="weights differ after the first iteration",
            expects=(above("moved", 0),),
        ),
    ),
    masks=("a higher learning rate",),
    demo=("whygrad whatif xor --learning-rate 0", "whygrad why flow w1_new"),
)
