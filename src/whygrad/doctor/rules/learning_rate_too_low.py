"""Steps are too short for the number of them.

Why: the way that weights can go is about the step times the number of steps. The step may be
short because of the rate, its schedule, clipping that is always on, or an ε that outweighs √v.

Seen: updates move weights by less than 2·10⁻⁴ of their size, the run has hardly learned, and
(where replays were made) ten times the rate (or the rate that would move weights by 0.3 %) does
much better, or the plain replay without clipping does; or all of a hundred steps and more would
not have moved the weights by 2 % of their size in one direction.

Example: SGD at 1e-5; `clip_grad_norm_(…, 1e-4)`; Adam with `eps=10`.
"""

from __future__ import annotations

from statistics import median

from whygrad.doctor.cause import Cause, Group, NoneBecause, above, use
from whygrad.doctor.derived import CURES, cured, percent, sick
from whygrad.doctor.finding import Finding
from whygrad.doctor.measurements import Measurements
from whygrad.explain.display import number

SMALL_MOVE = 2e-4
CLIPPED = 0.1
FADED = 0.01
NOWHERE = 0.02
ENOUGH = 100
EXPECTED = (above("moved", 0.0002),)
PREDICTED = "updates are near a thousandth of the weights"


def check(m: Measurements) -> Finding | None:
    """Return the finding, if it is there."""
    if not sick(m, 0.4) or m.broke is not None or m.loop.steps == 0:
        return None
    later = [a for a in m.audits if a.arrived > 0]
    if not later:
        return None
    move = median(a.moved for a in later)
    faster, plain = cured(m, "lr_up_10", "lr_up"), cured(m, "control")
    o = m.optimizer
    shares = [a.applied / a.true for a in later if a.applied is not None and a.true]
    clipped = bool(shares) and median(shares) < CLIPPED
    faded = o.lr < FADED * o.lr_top
    # The plain replay has neither clipping nor a schedule; without these it says nothing here.
    loose = plain if plain is not None and (clipped or faded) else 0.0
    if faded and loose >= CURES:
        pass
    elif move * m.loop.steps < NOWHERE and m.loop.steps >= ENOUGH and move > 0:
        faster = None  # however it is replayed, all steps together led nowhere
    elif faster is None:
        if not 0 < move < SMALL_MOVE:
            return None
    elif max(faster, loose) < CURES or not 0 < move < 10 * SMALL_MOVE:
        return None
    damped = o.eps is not None and o.denominator is not None and o.eps > 3 * o.denominator
    why, where = f"{o.name}'s rate is {number(o.lr_top)}", "optimizer.lr"
    if clipped:
        why, where = (
            (f"clipping leaves {number(median(shares))} of the gradient in the median iteration"),
            "gradient clipping",
        )
    elif faded:
        why, where = (
            (
                f"the schedule let the rate fall from {number(o.lr_top)} to {number(o.lr)} (at a "
                f"constant rate a replay regains {percent(plain or 0.0)})"
            ),
            "the schedule",
        )
    elif damped:
        why, where = (
            (
                f"Adam divides by √v + ε = {number(o.denominator or 0.0)} + "
                f"{number(o.eps or 0.0)}, so "
                "ε sets the step"
            ),
            "optimizer.eps",
        )
    helped = "" if faster is None else (
        f" Replayed with a higher rate, {percent(faster)} of what is missing is "
        "regained."
    )  # fmt: skip
    return Finding(
        "", 0.7 if faster is None else 0.88, "serious",
        f"{why}: an update moves the weights by {number(move)} of their size, and there were "
        f"{m.loop.steps}.{helped}",
        {"moved": move, "rate": o.lr_top, "steps": m.loop.steps,
         "applied_share": median(shares) if shares else 1.0}, where, 1,
        {"vanishing_gradient": f"the gradient's norm is {number(later[-1].arrived)}"},
    )  # fmt: skip


CAUSE = Cause(
    code="P02",
    name="learning_rate_too_low",
    page=__doc__,
    check=check,
    group=Group.STEP,
    explains=("underfitting", "class_imbalance"),
    remedies=(
        use(
            "no_clip",
            why="the optimizer is then given the gradient as it is",
            predicts="the optimizer is given most of the gradient",
            expects=(above("kept", 0.5),),
        ),
        use(
            "constant_rate",
            why="weights then travel as far as they need",
            predicts=PREDICTED,
            expects=EXPECTED,
        ),
        use("small_eps", why="√v then sets the step", predicts=PREDICTED, expects=EXPECTED),
        use(
            "lr_up",
            why="weights then travel as far as they need",
            predicts=PREDICTED,
            expects=EXPECTED,
        ),
        use(
            "lr_up_10", why="each step is then shorter still", predicts=PREDICTED, expects=EXPECTED
        ),
    ),
    masks=NoneBecause("longer training is slow, and gets there in earnest"),
    demo=("whygrad whatif xor --learning-rate 0.0001 --iterations 50", "whygrad why flow w1_new"),
)
