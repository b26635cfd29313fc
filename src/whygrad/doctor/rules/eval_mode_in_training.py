"""The model is trained in evaluation mode.

Why: in evaluation mode dropout rests, so nothing keeps the network from memorising its rows, and
batch normalisation divides by running means that are no longer brought up to date, or were
never: nothing is normalised.

Seen: the model has dropout or batch normalisation, at least two updates were made in
evaluation mode, and either earlier ones in training mode (so it was meant), or the run learns
badly. A model that is held in evaluation mode throughout and learns is no fault.

Example: `model.eval()` for validation in the first epoch, and no `model.train()` after it.
"""

from __future__ import annotations

from whygrad.doctor.cause import LEARNS, Cause, NoneBecause, use
from whygrad.doctor.derived import sick
from whygrad.doctor.finding import Finding
from whygrad.doctor.measurements import Measurements
from whygrad.explain.display import number


def check(m: Measurements) -> Finding | None:
    """Return the finding, if it is there."""
    made, steps = m.loop.stepped_in_eval_mode, m.loop.steps
    first = m.loop.first_step_in_eval_mode
    if made < 2 or first is None or not (m.batch_norm or m.dropout > 0):
        return None
    if first == 1 and not sick(m, 0.15):
        return None
    parts = [part for part, there in (
        (f"dropout of {number(m.dropout)} rests", m.dropout > 0),
        ("batch normalisation uses running means that stand still", m.batch_norm),
    ) if there]  # fmt: skip
    return Finding(
        "", 0.9 if first > 1 else 0.8, "serious",
        f"{made} of {steps} updates were made in evaluation mode, from update {first} on: "
        f"{' and '.join(parts)}.",
        {"in_evaluation_mode": made, "steps": steps, "first": first}, "the loop", first,
        {"overfitting": "what should hold it back is switched off"} if m.dropout > 0 else {},
    )  # fmt: skip


CAUSE = Cause(
    code="L11",
    name="eval_mode_in_training",
    page=__doc__,
    check=check,
    group=NoneBecause("it is a fault of the loop itself, which nothing else brings about"),
    explains=("overfitting", "underfitting", "batchnorm_small_batch"),
    remedies=(
        use(
            "call_train",
            why="dropout and batch normalisation then do what they are there for",
            predicts="updates are made in training mode, and training improves",
            expects=LEARNS,
        ),
    ),
    masks=NoneBecause("no other setting brings dropout or the running means back"),
    demo=NoneBecause("whygrad's presets have neither dropout nor batch normalisation"),
)
