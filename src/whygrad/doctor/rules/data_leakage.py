"""Validation rows, or the target itself, are in what is learned from.

Why: a network that has seen the row, or a column made from the target, need not understand
anything; the validation score then measures memory (Kaufman et al. 2012).

Seen: more than a tenth of the validation rows are training rows too; or one column alone
predicts nearly everything, and without it much less can be predicted. In a table of so few
different rows that they must come again, rows that are shared say nothing; nor does a column by
which a task is decided, whose rows lie right up to the deciding value on both sides.

Example: resampling before splitting; a column that was filled in after the outcome.
"""

from __future__ import annotations

from whygrad.doctor.cause import Cause, NoneBecause, below, use
from whygrad.doctor.derived import percent
from whygrad.doctor.finding import Finding
from whygrad.doctor.measurements import Measurements

SHARED = 0.1
TELLS = 0.97
REST = 0.75


def check(m: Measurements) -> Finding | None:
    """Return the finding, if it is there."""
    f = m.features
    if f is not None and f.shared is not None and f.shared > SHARED and f.columns > 1:
        return Finding(
            "", 0.9 if f.shared > 0.3 else 0.7, "serious",
            f"{percent(f.shared)} of the validation rows are training rows too; "
            f"{percent(f.copies)} of the training rows are copies.",
            {"shared": f.shared, "copies": f.copies}, "validation rows", None,
            {"healthy": "a good score on rows it was trained on is not a good score"},
        )  # fmt: skip
    if m.leaky_column is None or m.targets is None or m.scores is None:
        return None
    column, alone, without = m.leaky_column
    base = m.scores.baseline
    if alone < TELLS or alone - base < 0.1 or (without - base) / (alone - base) > REST:
        return None
    return Finding(
        "", 0.85, "serious",
        f"column {column} alone predicts {percent(alone)} of the labels; all other columns "
        f"together, {percent(without)}.",
        {"column": column, "alone": alone, "without": without}, f"inputs[:, {column}]", None,
        {"healthy": "in an easy task the other columns would say something too"},
    )  # fmt: skip


CAUSE = Cause(
    code="D08",
    name="data_leakage",
    page=__doc__,
    check=check,
    group=NoneBecause("it is in the rows before any training"),
    explains=("overfitting",),
    remedies=(
        use(
            "split_first",
            why="no validation row is then a training row",
            predicts="no row is in both, and the validation score falls to the honest one",
            expects=(below("shared", 0.01),),
        ),
        use(
            "drop_column",
            why="the target is then not in the inputs",
            predicts=(
                "no column predicts nearly everything, and the validation score falls "
                "to the honest one"
            ),
            expects=(below("tells_alone", 0.97),),
        ),
    ),
    masks=NoneBecause("the score is good already; nothing is left to hide"),
    demo=NoneBecause("whygrad's presets split rows once, before anything else"),
    in_training=False,
)
