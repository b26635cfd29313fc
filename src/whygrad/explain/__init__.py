"""Every number on a tape answers for itself: why it is so, what moves it, by which paths.

In reading order: ``formulas`` (of a run's numbers), ``display`` (numbers and formulas as a person
reads them), ``sentences`` and ``said`` (the catalogue, and its slots filled), ``worked`` (the tape
at a reader's grain), ``principles``, ``reasons`` and ``words`` (what there is to say), ``rung``,
``contributions`` (upstream x local, added up), ``ladder`` (asking why, again and again), ``nudge``
(moving a number a little), ``paths`` (a gradient as a sum over paths) and ``change`` (what an
update did to the loss).
"""

from whygrad.explain.ladder import why
from whygrad.explain.nudge import Nudge, nudge, sweep
from whygrad.explain.paths import Path, Paths, paths
from whygrad.explain.principles import PRINCIPLES, Principle
from whygrad.explain.rung import Rung

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
