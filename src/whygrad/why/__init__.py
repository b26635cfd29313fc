"""Every number on a tape answers for itself: why it is so, what moves it, by which paths."""

from whygrad.why.ladder import why
from whygrad.why.nudge import Nudge, nudge, sweep
from whygrad.why.paths import Path, Paths, paths
from whygrad.why.principles import PRINCIPLES, Principle
from whygrad.why.rung import Rung

__all__ = [
    "PRINCIPLES",
    "Nudge",
    "Path",
    "Paths",
    "Principle",
    "Rung",
    "nudge",
    "paths",
    "sweep",
    "why",
]
