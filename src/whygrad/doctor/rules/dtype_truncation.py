"""Parameters are kept as whole numbers.

Why: an update of less than 1 is cut off when it is stored, so weights stay or jump by 1.

Seen: by `check_backward`: a parameter's array has an integer type. Its gradients may be right.

Example: `W = np.zeros((64, 10), dtype=int)`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from whygrad.doctor.cause import Cause, NoneBecause, use
from whygrad.doctor.finding import Finding
from whygrad.explain.display import number


def finding(whole: list[Any], kept: Mapping[Any, Any], found: Any) -> Finding:
    """Return the finding of what was compared."""
    largest = max(float(np.abs(np.asarray(found[name])).max(initial=0.0)) for name in whole)
    return Finding(
        "dtype_truncation",
        0.97,
        "fatal",
        f"{len(whole)} parameters hold whole numbers ({kept[whole[0]].dtype}): the largest "
        "gradient "
        f"is {number(largest)}, so an update of less than 1 is cut off to 0, or floored to −1.",
        {"parameters": len(whole), "largest_gradient": largest},
        str(whole[0]),
        1,
        {"wrong_backward": "the gradients are right; the update does not survive being stored"},
        remedies=CAUSE.remedies,
        links=CAUSE.links,
    )


CAUSE = Cause(
    code="B02",
    name="dtype_truncation",
    page=__doc__,
    check=NoneBecause("`check_backward` finds it, in a backward pass and not in a run"),
    group=NoneBecause("it is written into the backward pass by hand"),
    explains=NoneBecause("it is found by checking a backward pass, not among a run's causes"),
    remedies=(
        use(
            "float_parameters",
            why="the update is then stored as it is",
            predicts="weights move by the rate times the gradient",
        ),
    ),
    masks=NoneBecause("a rate so large that whole numbers move is no training"),
    demo=NoneBecause("whygrad keeps every parameter as a floating-point number"),
)
