"""The size of the step, and what else acts through it."""

from __future__ import annotations

from statistics import median

from whygrad.doctor.finding import Finding
from whygrad.doctor.rule import cured, percent, rule, sick
from whygrad.doctor.signals import Chart
from whygrad.explain.display import number

CURES = 0.5
LARGE_MOVE = 0.1
SMALL_MOVE = 2e-4
ROSE = 3.0
SMALL_BATCH = 8
CLIPPED = 0.1
FADED = 0.01
GREW = 10.0
NOWHERE, ENOUGH = 0.02, 100  # of the weights' size, over all of at least so many steps


def rose(chart: Chart) -> float:
    """Return how far the loss rose above where it began, as a factor."""
    values = [value for _, value in chart.losses]
    return max(values) / values[0] if values and values[0] > 0 else 1.0


@rule("P01", "learning_rate_too_high")
def learning_rate_too_high(chart: Chart) -> Finding | None:
    """Steps are too long for the loss's curvature.

    Why: along a direction of curvature h, a step of η leaves 1 − ηh of the distance; beyond ηh = 2
    each step overshoots by more than the last (2(1 + β) with momentum β). A summed loss multiplies
    the gradient by the batch's size, and does the same.

    Seen: the loss breaks, or rises to several times where it began, or the first steps move weights
    by a tenth of their size and more, and the run has not learned; and (where replays were made)
    the same run with a tenth or a hundredth of the rate does much better.

    Example: Adam at 0.3; SGD at 2 with momentum; `reduction="sum"` with the rate for a mean.
    """
    if not sick(chart, 0.25):
        return None
    moves = [a.moved for a in chart.audits[:4]]
    move = max(moves, default=0.0)
    up = rose(chart)
    signs = chart.broke is not None or up > ROSE or move > LARGE_MOVE
    better, plain = cured(chart, "lr_down_10", "lr_down_100"), cured(chart, "control") or 0.0
    # Where the loss grew until it broke, it is enough that a lower rate does not break.
    slower = [chart.trials.get(change, -1.0) for change in ("lr_down_10", "lr_down_100")]
    grew = chart.broke is not None and chart.broke.growth > GREW and max(slower) != -1.0
    if not signs or (better is not None and better < max(CURES, plain + 0.2) and not grew):
        return None
    o = chart.optimizer
    summed = " The loss adds up over the batch, which multiplies the gradient by its size."
    ended = "broke" if chart.broke is not None else f"rose to {number(up)} times its first value"
    helped = "" if better is None else (
        " Replayed with a tenth or a hundredth of the rate, it stays finite and regains "
        f"{percent(max(better, 0.0))} of what is missing."
    )  # fmt: skip
    return Finding(
        "", 0.7 if better is None else 0.9, "serious",
        f"at {o.name}'s rate of {number(o.lr_top)} a first step moves the weights by "
        f"{number(move)} of their size, and the loss "
        f"{ended}.{summed if chart.summed else ''}{helped}",
        {"rate": o.lr_top, "moved": move, "rose": up, "summed": float(chart.summed)},
        "optimizer.lr" if not chart.summed else "the loss's reduction",
        None if chart.broke is None else chart.broke.step,
        {"bad_initialisation": "the same first weights do well at a lower rate",
         "underfitting": "the same network does well at a lower rate"} if better else {},
    )  # fmt: skip


@rule("P02", "learning_rate_too_low")
def learning_rate_too_low(chart: Chart) -> Finding | None:
    """Steps are too short for the number of them.

    Why: the way that weights can go is about the step times the number of steps. The step may be
    short because of the rate, its schedule, clipping that is always on, or an ε that outweighs √v.

    Seen: updates move weights by less than 2·10⁻⁴ of their size, the run has hardly learned, and
    (where replays were made) ten times the rate (or the rate that would move weights by 0.3 %) does
    much better, or the plain replay without clipping does; or all of a hundred steps and more would
    not have moved the weights by 2 % of their size in one direction.

    Example: SGD at 1e-5; `clip_grad_norm_(…, 1e-4)`; Adam with `eps=10`.
    """
    if not sick(chart, 0.4) or chart.broke is not None or chart.loop.steps == 0:
        return None
    later = [a for a in chart.audits if a.arrived > 0]
    if not later:
        return None
    move = median(a.moved for a in later)
    faster, plain = cured(chart, "lr_up_10", "lr_up"), cured(chart, "control")
    o = chart.optimizer
    shares = [a.applied / a.true for a in later if a.applied is not None and a.true]
    clipped = bool(shares) and median(shares) < CLIPPED
    faded = o.lr < FADED * o.lr_top
    # The plain replay has neither clipping nor a schedule; without these it says nothing here.
    loose = plain if plain is not None and (clipped or faded) else 0.0
    if faded and loose >= CURES:
        pass
    elif move * chart.loop.steps < NOWHERE and chart.loop.steps >= ENOUGH and move > 0:
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
        f"{chart.loop.steps}.{helped}",
        {"moved": move, "rate": o.lr_top, "steps": chart.loop.steps,
         "applied_share": median(shares) if shares else 1.0}, where, 1,
        {"vanishing_gradient": f"the gradient's norm is {number(later[-1].arrived)}"},
    )  # fmt: skip


@rule("P03", "oscillating_loss")
def oscillating_loss(chart: Chart) -> Finding | None:
    """The step is too long for so small a batch.

    Why: the gradient of a batch of B rows strays from the mean's by about 1/√B. With momentum β
    each row's noise acts for 1/(1 − β) steps, so weights never settle (Smith & Le 2018: the noise
    scale goes as η / (B (1 − β))).

    Seen: batches of at most 8 rows, a loss that neither settles nor breaks, and a replay with
    larger batches or a smaller rate that does clearly better. A noisy loss that learns is no fault.

    Example: batches of 1 with a rate of 0.01 and momentum 0.9.
    """
    batch, rows = chart.loop.batch, chart.features.rows if chart.features else 0
    if batch is None or batch > SMALL_BATCH or rows <= 4 * batch or not sick(chart, 0.15):
        return None
    if chart.broke is not None:
        return None
    better = cured(chart, "larger_batch", "lr_down_10", "lr_down_100")
    if better is not None and better < CURES:
        return None
    values = [value for _, value in chart.losses[len(chart.losses) // 2 :]]
    middle = sum(values) / len(values) if values else 0.0
    swing = (sum((v - middle) ** 2 for v in values) / max(len(values), 1)) ** 0.5
    o = chart.optimizer
    helped = "" if better is None else (
        f" Replayed with batches of 32 or smaller steps, {percent(better)} of what is missing is "
        "regained."
    )  # fmt: skip
    return Finding(
        "", 0.6 if better is None else 0.86, "serious",
        f"with batches of {batch} and momentum {number(o.momentum)}, a row's noise acts with "
        f"{number(o.lr_top / max(1 - o.momentum, 1e-6) / batch)} (η / (B (1 − β))); over the "
        "second "
        f"half the loss swings by {number(swing)} around {number(middle)}.{helped}",
        {"batch": batch, "swing": swing, "mean": middle}, "the batch's size", None,
        {"underfitting": "larger batches do better with the same network"},
    )  # fmt: skip


@rule("P04", "over_regularisation")
def over_regularisation(chart: Chart) -> Finding | None:
    """Weight decay or dropout outweighs the data.

    Why: decay pulls each weight to 0 by ηλw; where that exceeds what the data's gradient gives, the
    weights shrink to nothing. Dropout of p at several layers leaves (1 − p)ᵏ of the paths, scaled
    up as much, so the gradient is mostly noise.

    Seen: the run has not learned; decay's share of the gradient is large, or dropout is 0.7 and
    more; and (where replays were made) the run without it does much better.

    Example: `weight_decay=0.5`; `nn.Dropout(0.95)` twice.
    """
    if not sick(chart, 0.25):
        return None
    pull = max((a.decay for a in chart.audits), default=0.0)
    if chart.optimizer.decay > 0 and pull > 0.3:
        better = cured(chart, "no_decay")
        plain = cured(chart, "control") or 0.0
        if better is None or better > max(0.4, plain + 0.2):
            helped = "" if better is None else f" Without it, {percent(better)} is regained."
            return Finding(
                "", 0.72 if better is None else 0.92, "serious",
                f"weight decay of {number(chart.optimizer.decay)} pulls {number(pull)} times as "
                f"hard as the data's gradient.{helped}",
                {"decay": chart.optimizer.decay, "pull": pull}, "optimizer.weight_decay", None,
                {"learning_rate_too_low": "weights do move: towards 0"},
            )  # fmt: skip
    if chart.dropout >= 0.7:
        better = cured(chart, "no_dropout")
        if better is None or better > 0.3:
            helped = "" if better is None else f" Without it, {percent(better)} is regained."
            return Finding(
                "", 0.75 if better is None else 0.92, "serious",
                f"dropout of {number(chart.dropout)} leaves {percent(1 - chart.dropout)} of a "
                f"layer's units, scaled {number(1 / max(1 - chart.dropout, 1e-6))}-fold.{helped}",
                {"dropout": chart.dropout}, "dropout", 1,
                {"underfitting": "the network is larger than what dropout leaves of it"},
            )  # fmt: skip
    return None
