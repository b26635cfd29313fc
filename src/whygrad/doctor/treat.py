"""Remedies tried: the run's beginning again, with the remedy, without it, and with a random one.

Each replay starts from the weights the run started from and is a loop as it should be written;
seeds differ in the order of the batches. What is compared is the score on training rows (balanced
accuracy or R²), since a remedy for learning badly must show there first.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import mean, stdev

from whygrad.display import number
from whygrad.doctor.finding import Finding

Trial = Callable[[str, int], float | None]

# Student's t for 95 %, by degrees of freedom; beyond the table, the normal's.
T95 = {1: 12.71, 2: 4.30, 3: 3.18, 4: 2.78, 5: 2.57, 6: 2.45, 7: 2.36, 8: 2.31, 9: 2.26}
CURED = 0.8  # of what was missing


@dataclass(frozen=True, slots=True)
class Tried:
    """One change, on several seeds.

    Attributes:
        effect: how much better than the plain replay, in the mean over seeds.
        margin: half the width of the effect's 95 % interval (Student's t, paired by seed).
        regained: share of what the run was missing that is regained.
    """

    name: str
    key: str
    scores: tuple[float, ...]
    effect: float
    margin: float
    regained: float

    @property
    def cures(self) -> bool:
        """Whether most of what was missing is regained."""
        return self.regained >= CURED


@dataclass(frozen=True, slots=True)
class Treatment:
    """What came of a finding's remedies.

    Attributes:
        actual: the score of the run as it was.
        reference: what something simple reaches on rows left out, or 1.
        control: the plain replay: the same settings in a loop as it should be written.
        remedies: those that can be tried by themselves, in the finding's order.
        random: a change that was not proposed.
        not_tried: remedies that need the user's own code.
    """

    cause: str
    actual: float
    reference: float
    control: Tried
    remedies: tuple[Tried, ...]
    random: Tried | None
    not_tried: tuple[str, ...]

    def __str__(self) -> str:
        lines = [
            f"{self.cause.replace('_', ' ')}: {number(self.actual)} as it was, "
            f"{number(self.reference)} can be had"
        ]
        rows = [("plain replay", self.control), *((r.name, r) for r in self.remedies)]
        if self.random is not None:
            rows.append((f"at random: {self.random.name}", self.random))
        for name, tried in rows:
            cures = ", cures" if tried.cures else ""
            lines.append(
                f"  {name}: {number(mean(tried.scores))} ({number(tried.effect)} ± "
                f"{number(tried.margin)} over the plain replay; {tried.regained:.0%} "
                f"regained{cures})"
            )
        lines += [f"  not tried, it changes your code: {name}" for name in self.not_tried]
        return "\n".join(lines)


def treat(
    finding: Finding,
    trial: Trial,
    changes: Sequence[str],
    actual: float,
    reference: float,
    seeds: int,
) -> Treatment:
    """Try a finding's remedies beside the plain replay and a random change.

    `trial` plays a change with a seed and returns the score, or None where it does not apply.
    """
    plain = _scores(trial, "control", seeds) or (actual,) * seeds
    missing = reference - actual

    def tried(name: str, key: str) -> Tried | None:
        scores = plain if key == "control" else _scores(trial, key, seeds)
        if scores is None:
            return None
        gains = [a - b for a, b in zip(scores, plain, strict=True)]
        spread = stdev(gains) if seeds > 1 else math.inf
        margin = T95.get(seeds - 1, 1.96) * spread / math.sqrt(seeds) if seeds > 1 else math.inf
        share = (mean(scores) - actual) / missing if missing > 0 else 0.0
        return Tried(name, key, scores, mean(gains), margin, share)

    remedies: list[Tried] = []
    not_tried: list[str] = []
    for remedy in finding.remedies:
        made = None if remedy.key is None else tried(remedy.name, remedy.key)
        if made is None:
            not_tried.append(remedy.name)
        else:
            remedies.append(made)
    proposed = {remedy.key for remedy in finding.remedies} | {"control"}
    others = [change for change in changes if change not in proposed]
    random.Random(finding.cause).shuffle(others)  # its own generator: the run's is not touched
    chance = next((t for t in (tried(other, other) for other in others) if t is not None), None)
    control = tried("plain replay", "control")
    assert control is not None
    return Treatment(
        finding.cause, actual, reference, control, tuple(remedies), chance, tuple(not_tried)
    )


def _scores(trial: Trial, key: str, seeds: int) -> tuple[float, ...] | None:
    scores: list[float] = []
    for seed in range(seeds):
        score = trial(key, seed)
        if score is None:
            return None
        scores.append(score)
    return tuple(scores)
