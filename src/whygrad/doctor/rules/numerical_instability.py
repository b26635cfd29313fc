"""The arithmetic of the loss breaks where the mathematics does not.

Why: a softmax underflows to 0 when logits differ by more than about 100, and the log of 0 is
−∞; times 0 that is NaN. The same loss written as log-softmax is finite.

Seen: the loss is not finite while inputs and outputs are, and nothing had grown before; where
targets are classes, the same outputs give a finite loss in stable arithmetic.

Example: `-(y * torch.log(torch.softmax(z, 1))).sum()`.
"""

from __future__ import annotations

from whygrad.doctor.cause import Cause, Group, NoneBecause, above, use
from whygrad.doctor.finding import Finding
from whygrad.doctor.measurements import Measurements
from whygrad.explain.display import number

GREW = 100.0


def check(m: Measurements) -> Finding | None:
    """Return the finding, if it is there."""
    b = m.broke
    if b is None or b.inputs_finite is False or b.outputs_finite is not True or b.growth > GREW:
        return None
    op = "" if m.bad_op is None else f" The first op to break is {m.bad_op}."
    proper = "" if b.stable_loss is None else (
        f"; through log-softmax the same outputs give {number(b.stable_loss)}"
    )  # fmt: skip
    return Finding(
        "", 0.93 if b.stable_loss is not None else 0.75, "fatal",
        f"at iteration {b.step} the loss is not finite, though the outputs are (largest "
        f"{number(b.largest_output or 0.0)}){proper}.{op}",
        {"iteration": b.step, "largest_output": b.largest_output or 0.0}, "the loss", b.step,
        {"learning_rate_too_high": "the outputs are finite when the loss breaks",
         "nan_in_data": "the inputs are finite"},
    )  # fmt: skip


CAUSE = Cause(
    code="O05",
    name="numerical_instability",
    page=__doc__,
    check=check,
    group=Group.OUTCOME,
    explains=(Group.STEP, Group.DATA, "exploding_gradient", "underfitting"),
    remedies=(
        use(
            "stable_loss",
            why="the logarithm is then taken before anything underflows",
            predicts="the loss stays finite",
            expects=(above("finite", 0.5),),
        ),
    ),
    masks=("adding 1e-8 inside the logarithm",),
    demo=NoneBecause("whygrad's losses are computed in stable arithmetic"),
)
