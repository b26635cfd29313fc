"""What is learned, against what could be, on rows seen and not seen."""

from __future__ import annotations

from statistics import median

from whygrad.doctor.finding import Finding
from whygrad.doctor.rule import cured, percent, rule, sick
from whygrad.doctor.rules.flow import hidden
from whygrad.doctor.rules.optimise import SMALL_MOVE
from whygrad.doctor.signals import Chart
from whygrad.explain.display import number

ROSE = 1.5
APART = 0.08
NARROW = 2
WORSE = 0.08


@rule("G01", "overfitting")
def overfitting(chart: Chart) -> Finding | None:
    """The network learns its training rows by heart.

    Why: with more freedom than evidence it can fit what is chance in these rows too. Training
    residuals go to 0, and their gradients with them, while other rows' residuals grow.

    Seen: the validation loss is at least 1.5 times its best, which lies well back; the training
    loss is a fraction of it; and the scores are apart.

    Example: 130 000 weights for 40 noisy points.
    """
    s = chart.scores
    if s is None or s.validation is None or s.train_loss is None or s.validation_loss is None:
        return None
    if chart.broke is not None:
        return None
    if chart.best_validation is None or not chart.validation_losses:
        return None
    epoch, best = chart.best_validation
    last, epochs = chart.validation_losses[-1], len(chart.validation_losses)
    if epoch > 0.7 * epochs or last < ROSE * best or s.train - s.validation < APART:
        return None
    if s.train_loss > 0.4 * s.validation_loss:
        return None
    return Finding(
        "", 0.85, "serious",
        f"the validation loss was best in epoch {epoch} of {epochs} ({number(best)}) and is now "
        f"{number(last)}, while the training loss is {number(s.train_loss)}; scores are "
        f"{number(s.train)} on training rows and {number(s.validation)} on others.",
        {"best_epoch": epoch, "best": best, "now": last, "training_loss": s.train_loss},
        "the gap between training and validation", epoch,
        {"vanishing_gradient": "gradients are small because the training residuals are"},
    )  # fmt: skip


@rule("G02", "underfitting")
def underfitting(chart: Chart) -> Finding | None:
    """The network cannot hold what there is to learn.

    Why: a layer of one unit passes on one number per row; nothing behind it can tell apart what it
    has merged.

    Seen: training rows are learned clearly worse than nearest neighbours or a linear fit foretell
    rows left out, and no replay with other rates, batches, inputs or first weights does much
    better; surest where a layer is narrower than the task needs. A low score that nothing simple
    beats is the task's, not the network's.

    Example: one hidden unit for ten classes.
    """
    s, t = chart.scores, chart.targets
    if s is None or t is None or not sick(chart, 0.2) or chart.broke is not None:
        return None
    if not chart.trials or s.reference_train is None or s.reference_train - s.train < WORSE:
        return None
    if median([a.moved for a in chart.audits] or [0.0]) < SMALL_MOVE:
        return None  # it has hardly moved: that says nothing of its room
    helped = max((cured(chart, change) or 0.0 for change in chart.trials), default=0.0)
    layers = hidden(chart.last)
    least = min((layer.width for layer in layers), default=99)
    needed = min(t.classes or NARROW, 4) if t.task == "classes" else NARROW
    tight = least < needed
    if helped > (0.6 if tight else 0.4):
        return None
    where = next((layer.name for layer in layers if layer.width == least), "")
    what = f"its narrowest layer has {least} units for {t.classes} classes" if tight else (
        "no change of rate, batch, inputs or first weights does much better"
    )  # fmt: skip
    return Finding(
        "", 0.85 if tight else 0.6, "serious",
        f"training rows are learned to {number(s.train)} where something simple reaches "
        f"{number(s.reference_train)} on rows left out; {what} (the best replay regains "
        f"{percent(max(helped, 0.0))}).",
        {"score": s.train, "reference": s.reference_train, "narrowest": least}, where, None,
        {"overfitting": "training rows themselves are not learned"},
    )  # fmt: skip
