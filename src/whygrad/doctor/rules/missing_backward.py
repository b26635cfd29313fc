"""`backward()` is never called.

Why: gradients are worked out only when they are asked for.

Seen: the loss has a graph, and no gradient reaches any parameter in several iterations.

Example: a loop with `optimizer.step()` and no `loss.backward()`.
"""

from __future__ import annotations

from whygrad.doctor.cause import ANYTHING, Cause, NoneBecause, above, use
from whygrad.doctor.finding import Finding
from whygrad.doctor.measurements import Measurements


def check(m: Measurements) -> Finding | None:
    """Return the finding, if it is there."""
    looked = [p for p in m.parameters if p.trainable and p.got_gradient is not None]
    if len(m.audits) < 2 or not looked or any(p.got_gradient for p in looked):
        return None
    if m.loop.loss_has_graph is not True:
        return None
    return Finding(
        "", 0.9, "fatal",
        f"the loss has a graph, and in {len(m.audits)} iterations that were watched no "
        "gradient "
        f"reached any of {len(looked)} trainable tensors: backward() is not called on it.",
        {"watched": len(m.audits), "trainable": len(looked)}, "the loop", 1,
    )  # fmt: skip


CAUSE = Cause(
    code="L02",
    name="missing_backward",
    page=__doc__,
    check=check,
    group=NoneBecause("it is a fault of the loop itself, which nothing else brings about"),
    explains=(*ANYTHING, "missing_optimizer_step"),
    remedies=(
        use(
            "call_backward",
            why="it is what works the gradients out",
            predicts="every trainable tensor gets a gradient",
            expects=(above("reached", 0.99),),
        ),
    ),
    masks=NoneBecause("without a gradient nothing that is changed elsewhere moves the weights"),
    demo=NoneBecause("a tape is never without its backward pass"),
)
