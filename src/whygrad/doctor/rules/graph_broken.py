"""The chain of derivatives is cut between the loss and weights that should learn.

Why: a tensor that is detached, or made anew from a plain number, has no record of where it came
from. Backward stops there, and what lies before it gets no gradient.

Seen: the loss is a leaf (it has no `grad_fn`), or no gradient ever reaches some trainable
weights whose layer was used in the forward pass, while it reaches others.

Example: `loss = torch.tensor(loss.item(), requires_grad=True)`; `head(encoder(x).detach())`.
"""

from __future__ import annotations

from whygrad.doctor.cause import ANYTHING, Cause, NoneBecause, above, use
from whygrad.doctor.finding import Finding
from whygrad.doctor.measurements import Measurements


def check(m: Measurements) -> Finding | None:
    """Return the finding, if it is there."""
    if m.gradless:
        return Finding(
            "", 0.9, "fatal",
            f"the optimizer of {m.gradless[0] or 'a part of the program'} steps, and none of its "
            "parameters ever had a gradient: the graph is cut between them and the loss.",
            {"optimizers": len(m.gradless)}, "the optimizer", 1,
            {"missing_backward": "other parameters do get gradients"},
        )  # fmt: skip
    trainable = [p for p in m.parameters if p.trainable]
    looked = [p for p in trainable if p.got_gradient is not None]
    reached = [p for p in looked if p.got_gradient]
    if m.loop.loss_is_leaf or (looked and not reached and m.loop.loss_has_graph is False):
        return Finding(
            "", 0.97, "fatal",
            "the loss has no record of how it was computed, so backward ends at once: "
            f"none of {len(trainable)} trainable tensors gets a gradient.",
            {"trainable": len(trainable), "reached": len(reached)}, "the loss", 1,
            {"missing_optimizer_step": "without gradients a step would change nothing either"},
        )  # fmt: skip
    if not reached or m.first is None:
        return None
    used = {layer.name for layer in m.first.layers}
    cut = [p for p in looked if not p.got_gradient and p.name.rpartition(".")[0] in used]
    if not cut:
        return None
    return Finding(
        "", 0.95, "serious",
        f"{cut[0].name} takes part in the forward pass, and no gradient ever reaches it: the graph "
        f"is cut after it. {len(reached)} of {len(looked)} trainable tensors do get one, so only "
        "what lies behind the cut learns.",
        {"trainable": len(looked), "reached": len(reached)}, cut[0].name, 1,
        {"frozen_layers": "these tensors are trainable (requires_grad is set)",
         "dead_relu": "a closed gate gives a gradient of 0; here none comes at all"},
    )  # fmt: skip


CAUSE = Cause(
    code="L01",
    name="graph_broken",
    page=__doc__,
    check=check,
    group=NoneBecause("it is a fault of the loop itself, which nothing else brings about"),
    explains=(*ANYTHING, "missing_optimizer_step", "optimizer_parameter_mismatch"),
    remedies=(
        use(
            "use_tensor",
            why=("the chain of derivatives is then recorded to the weights before the cut"),
            predicts="every trainable tensor gets a gradient at the first backward()",
            expects=(above("reached", 0.99),),
        ),
    ),
    masks=NoneBecause("without a gradient nothing that is changed elsewhere moves the weights"),
    demo=("whygrad whatif xor --mistake detach_in_the_middle",),
)
