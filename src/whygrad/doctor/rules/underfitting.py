"""The network cannot hold what there is to learn.

Why: a layer of one unit passes on one number per row; nothing behind it can tell apart what it
has merged.

Seen: training rows are learned clearly worse than nearest neighbours or a linear fit predict
rows left out, and no replay with other rates, batches, inputs or first weights does much
better; surest where a layer is narrower than the task needs. A low score that nothing simple
beats is the task's, not the network's.

Example: one hidden unit for ten classes.
"""

from __future__ import annotations

from statistics import median

from whygrad.doctor.cause import LEARNS, Cause, Group, NoneBecause, use
from whygrad.doctor.derived import cured, hidden, percent, sick
from whygrad.doctor.finding import Finding
from whygrad.doctor.measurements import Measurements
from whygrad.doctor.remedies.change import how_long
from whygrad.doctor.remedies.table import INITIALISERS, REMEDIES
from whygrad.doctor.rules.learning_rate_too_low import SMALL_MOVE
from whygrad.explain.display import number

NARROW = 2
WORSE = 0.08


def check(m: Measurements) -> Finding | None:
    """Return the finding, if it is there."""
    s, t = m.scores, m.targets
    if s is None or t is None or not sick(m, 0.2) or m.broke is not None:
        return None
    if not m.trials or s.reference_train is None or s.reference_train - s.train < WORSE:
        return None
    if median([a.moved for a in m.audits] or [0.0]) < SMALL_MOVE:
        return None  # it has hardly moved: that says nothing of its room
    helped = max((cured(m, change) or 0.0 for change in _changes(m)), default=0.0)
    layers = hidden(m.last)
    least = min((layer.width for layer in layers), default=99)
    needed = min(t.classes or NARROW, 4) if t.task == "classes" else NARROW
    tight = least < needed
    if helped > (0.6 if tight else 0.4):
        return None
    where = next((layer.name for layer in layers if layer.width == least), "")
    narrow = f"its narrowest layer has {least} units for {t.classes} classes; " if tight else ""
    return Finding(
        "", 0.85 if tight else 0.6, "serious",
        f"training rows are learned to {number(s.train)} where something simple reaches "
        f"{number(s.reference_train)} on rows left out; {narrow}{_replays(m, helped)}.",
        {"score": s.train, "reference": s.reference_train, "narrowest": least}, where, None,
        {"overfitting": "training rows themselves are not learned"},
    )  # fmt: skip


def _changes(m: Measurements) -> list[str]:
    """Return what was replayed and keeps the network: its first weights drawn otherwise, too."""
    return [*m.trials, *(key for key in INITIALISERS if key in m.tried and key not in m.trials)]


def _replays(m: Measurements, helped: float) -> str:
    """Say what was tried, how long, what came of it, and what that does not show."""
    names = [REMEDIES[key].name for key in _changes(m) if key in REMEDIES]
    changes = f": {'; '.join(f'{name[0].lower()}{name[1:]}' for name in names)}" if names else ""
    return (
        f"of what was tried, each in {how_long(m.loop.iterations)}, the best regains "
        f"{percent(max(helped, 0.0))} of what is missing (tried as it was{changes}), which "
        "says nothing of longer training, of first weights "
        "drawn by other rules or seeds, or of two changes at once"
    )


CAUSE = Cause(
    code="G02",
    name="underfitting",
    page=__doc__,
    check=check,
    group=Group.STATE,
    explains=NoneBecause("it is named where nothing else is found, and what others bring about"),
    remedies=(
        use(
            "widen",
            why="more can then pass through it",
            predicts="training rows are learned",
            expects=LEARNS,
        ),
    ),
    masks=NoneBecause("training rows themselves are not learned, and their score shows it"),
    demo=("whygrad whatif xor --swap relu=linear --iterations 50",),
)
