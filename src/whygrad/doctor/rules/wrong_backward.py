"""A backward pass written by hand that is not the derivative of its forward pass.

Why: one local derivative left out or mistaken scales and mixes all gradients that come before
it. Training may still get somewhere, which hides it.

Seen: by `check_backward`: nudging an element to either side moves the loss at another rate than
the gradient says, by more than 1e-4 of the parameter's largest (right ones agree to about
1e-8).

Example: `dz = da` for `dz = da * a * (1 - a)`.
"""

from __future__ import annotations

from whygrad.doctor.cause import Cause, NoneBecause, use
from whygrad.doctor.finding import Finding
from whygrad.explain.display import number

STEP = 6e-6  # the cube root of float64's epsilon (Nocedal & Wright, section 8.1)


def finding(worst: tuple[float, str, float, float, float], count: int, of: int) -> Finding:
    """Return the finding of what was compared."""
    error, where, exact, estimate, ratio = worst
    return Finding(
        "wrong_backward",
        0.98,
        "serious",
        f"nudging {where} by {number(STEP)} to either side moves the loss at a rate of "
        f"{number(estimate)}; the backward pass says {number(exact)}. {count} of {of} parameters "
        f"disagree; in the worst, the median element is {number(ratio)} times what it should be.",
        {"error": error, "gradient": exact, "difference": estimate, "median_ratio": ratio},
        where,
        None,
        {"numerical_error": "a right gradient agrees to about 8 digits"},
        remedies=CAUSE.remedies,
        links=CAUSE.links,
    )


CAUSE = Cause(
    code="B01",
    name="wrong_backward",
    page=__doc__,
    check=NoneBecause("`check_backward` finds it, in a backward pass and not in a run"),
    group=NoneBecause("it is written into the backward pass by hand"),
    explains=NoneBecause("it is found by checking a backward pass, not among a run's causes"),
    remedies=(
        use(
            "derive_again",
            why="one that is left out or wrong spoils all that come before it",
            predicts="every element agrees with nudging",
        ),
    ),
    masks=NoneBecause(
        "a smaller rate trains on with the same wrong direction, and the check still says so"
    ),
    demo=("whygrad nudge flow w1", "whygrad why flow dL/dw1"),
)
