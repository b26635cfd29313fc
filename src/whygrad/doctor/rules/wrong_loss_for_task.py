"""The loss asks for something else than the task.

Why: squared error on class numbers says that class 9 is farther from 0 than 1 is. Absolute
error on a sigmoid has gradients of one size whose signs cancel in the mean.

Seen: one output learns whole numbers 0 to K − 1, all about equally frequent, by a regression
loss, and few are hit; or 0/1 targets are learned badly with absolute error.

Example: `MSELoss` on the digit's number; `L1Loss` on XOR.
"""

from __future__ import annotations

from whygrad.doctor.cause import LEARNS, Cause, Group, NoneBecause, use
from whygrad.doctor.derived import sick
from whygrad.doctor.finding import Finding
from whygrad.doctor.measurements import Measurements
from whygrad.explain.display import number

PREDICTED = "training rows are learned"


def check(m: Measurements) -> Finding | None:
    """Return the finding, if it is there."""
    t, o, s = m.targets, m.outputs, m.scores
    if t is None or o is None or s is None:
        return None
    regression = m.loss_name in ("mse", "l1", "huber")
    if t.task == "numbers" and t.whole and t.classes is not None and regression and o.width == 1:
        even = t.low == 0 and t.high == t.classes - 1 and 3 <= t.classes <= 50
        width = (t.classes**2 - 1) / 12
        if even and abs(t.std**2 - width) < 0.15 * width:
            return Finding(
                "", 0.8, "serious",
                f"{t.classes} labels, 0 to {t.classes - 1}, about equally frequent, are learned as "
                "one number: an answer between two labels is taken for nearly right.",
                {"classes": t.classes, "r2": s.train}, "the loss", 1,
                {"underfitting": "a larger network would still average over labels"},
            )  # fmt: skip
    if t.task == "binary" and m.loss_name == "l1" and sick(m, 0.4):
        return Finding(
            "", 0.85, "serious",
            "the derivative of |ŷ − y| is ±1 for every row, however wrong it is: rows cancel "
            "in the "
            f"mean, and the loss stays at {number(s.train_loss or 0.0)}.",
            {"loss": s.train_loss or 0.0}, "the loss", 1,
            {"vanishing_gradient": "each row's gradient is of a normal size; their mean is not"},
        )  # fmt: skip
    return None


CAUSE = Cause(
    code="O04",
    name="wrong_loss_for_task",
    page=__doc__,
    check=check,
    group=NoneBecause("it is written into the program, and nothing else brings it about"),
    explains=(Group.STATE, Group.STEP, "unscaled_targets"),
    remedies=(
        use(
            "right_loss",
            why="no order of labels is then assumed, and errors do not cancel",
            predicts=PREDICTED,
            expects=LEARNS,
        ),
        use(
            "right_loss+lr_up",
            why="errors do not cancel, and weights travel as far as they need",
            predicts=PREDICTED,
            expects=LEARNS,
        ),
    ),
    masks=NoneBecause("a larger rate is offered with the right loss, where both are needed"),
    demo=("whygrad whatif xor-corners --swap bce=mae",),
)
