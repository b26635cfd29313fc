"""The last activation and the loss do not belong together.

Why: a loss expects either logits (any numbers) or probabilities, and takes derivatives that fit.
Softmax over one unit is always 1, and its derivative p(1 − p) is 0; squashed logits cannot say
"sure".

Seen: one output that is 1 for every row; or cross-entropy of outputs that were squashed; or a
sigmoid before a loss that has its own; or probabilities where logarithms are expected.

Example: `nn.Softmax` on one unit; `nn.Sigmoid` before `nn.CrossEntropyLoss`.
"""

from __future__ import annotations

import math

from whygrad.doctor.cause import ANYTHING, LEARNS, Cause, NoneBecause, above, use
from whygrad.doctor.derived import last_op
from whygrad.doctor.finding import Finding
from whygrad.doctor.measurements import Measurements
from whygrad.explain.display import number


def check(m: Measurements) -> Finding | None:
    """Return the finding, if it is there."""
    o, end = m.outputs, last_op(m)
    if o is None:
        return None
    if o.width == 1 and o.constant and o.low == o.high == 1.0:
        return Finding(
            "", 0.97, "fatal",
            "softmax over one unit: the output is 1 for every row, and its derivative "
            "p(1 − p) = 1 · 0, so no weight gets a gradient.",
            {"output": o.low}, "the output", 1,
            {"learning_rate_too_low": "the gradient is exactly 0, at any rate"},
        )  # fmt: skip
    squashed = o.low >= 0 and o.high <= 1 and not o.sums_to_one
    if m.loss_name == "cross_entropy" and end in ("sigmoid", "tanh", "relu"):
        if end == "sigmoid" and not squashed:
            return None
        best = math.log(1 + (o.width - 1) * math.exp(-1))
        text = f"; the loss cannot fall below {number(best)}" if end == "sigmoid" else ""
        return Finding(
            "", 0.94, "serious",
            f"cross-entropy wants logits, and {end} leaves them between {number(o.low)} and "
            f"{number(o.high)}{text}.",
            {"lowest": o.low, "highest": o.high, "floor": best}, "the output", 1,
            {"underfitting": "the range of the outputs sets the limit, not their number"},
        )  # fmt: skip
    if m.loss_name == "bce_with_logits" and end == "sigmoid" and squashed:
        return Finding(
            "", 0.94, "serious",
            "the loss applies a sigmoid to outputs that had one: they lie between "
            f"{number(o.low)} and {number(o.high)}, so it sees at most σ(1) = 0.731.",
            {"lowest": o.low, "highest": o.high}, "the output", 1,
        )  # fmt: skip
    if m.loss_name == "nll" and o.low >= 0 and o.sums_to_one:
        return Finding(
            "", 0.94, "serious",
            "this loss wants logarithms of probabilities and is given the probabilities: it is "
            "minus the right class's, whose gradient does not grow where it is small.",
            {"lowest": o.low, "highest": o.high}, "the output", 1,
        )  # fmt: skip
    return None


CAUSE = Cause(
    code="O02",
    name="wrong_loss_activation_pair",
    page=__doc__,
    check=check,
    group=NoneBecause("it is written into the program, and nothing else brings it about"),
    explains=ANYTHING,
    remedies=(
        use(
            "pair_loss",
            why="squashing and logarithm then meet and cancel to p − y",
            predicts="outputs and loss leave their former limits",
            expects=(above("output_range", 0.5), *LEARNS),
        ),
    ),
    masks=("any change of rate, weights or optimizer",),
    demo=("whygrad whatif xor --mistake logits_as_probabilities",),
)
