"""Rows hold a NaN or an infinity.

Why: 0 · NaN is NaN, so one cell makes the loss NaN, then every gradient, then every weight.

Seen: a value among inputs or targets is not finite. The first one is named.

Example: a table with missing cells.
"""

from __future__ import annotations

from whygrad.doctor.cause import ANYTHING, Cause, NoneBecause, above, use
from whygrad.doctor.finding import Finding
from whygrad.doctor.measurements import Measurements


def check(m: Measurements) -> Finding | None:
    """Return the finding, if it is there."""
    f, t = m.features, m.targets
    if f is not None and f.bad_cell is not None:
        row, column = f.bad_cell
        since = None if m.broke is None else m.broke.step
        then = "" if since is None else f" The loss is NaN from iteration {since}."
        op = "" if m.bad_op is None else f" The first op it spoils is {m.bad_op}."
        return Finding(
            "", 0.98, "fatal",
            f"row {row}, column {column} (counted from 0) of the inputs is not a number, the first "
            f"of {f.bad_rows} such rows; through Wx it reaches every unit of its row.{op}{then}",
            {"row": row, "column": column, "rows": f.bad_rows}, f"inputs[{row}, {column}]", since,
            {"learning_rate_too_high": "the inputs hold the NaN before any step",
             "numerical_instability": "no arithmetic made it"},
        )  # fmt: skip
    if m.broke is not None and m.broke.inputs_finite is False:
        step = m.broke.step
        return Finding(
            "", 0.95, "fatal",
            f"the batch of iteration {step}, where the loss is first not finite, "
            "holds values that are not finite.", {"iteration": step}, "the batch", step,
        )  # fmt: skip
    if t is not None and t.bad:
        return Finding(
            "", 0.95, "fatal", "a target is not a number, and so is every loss it enters.",
            {}, "targets", 1,
        )  # fmt: skip
    return None


CAUSE = Cause(
    code="D01",
    name="nan_in_data",
    page=__doc__,
    check=check,
    group=NoneBecause("it is in the rows before any training"),
    explains=(*ANYTHING, "label_noise", "missing_activation"),
    remedies=(
        use(
            "drop_bad_rows",
            why="what enters the first layer is then finite",
            predicts="the loss stays finite",
            expects=(above("finite", 0.5),),
        ),
    ),
    masks=("a lower rate; clipping; nan_to_num on the loss",),
    demo=("whygrad why xor 'dL/dW1[0,2]'",),
)
