"""Remedies tried: the run's beginning again, as it was, with each remedy, and with a random one.

Each replay starts from the weights and the optimizer's state the run started from, with the habits
of the user's loop, as far as they were seen; seeds differ in the order of the batches. A doctor
watches it, so that a cure is told from what only masks: a cure brings back what was missing, makes
the symptom go, and changes what the mechanism says it will.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from statistics import mean, stdev
from typing import Literal

from whygrad.doctor.diagnosis import diagnose
from whygrad.doctor.finding import Expectation, Finding, Remedy
from whygrad.doctor.measurements import Measurements
from whygrad.doctor.remedies.change import NotApplicable
from whygrad.doctor.remedies.predictions import SIGNALS, Checked, check
from whygrad.doctor.remedies.table import USUAL
from whygrad.doctor.rules import ROWS
from whygrad.explain.display import number

# Plays a remedy (its key and the finding's numbers) with a seed, and returns what was then seen.
Play = Callable[[str, Mapping[str, float], int], Measurements]

# Student's t for 95 %, by degrees of freedom; beyond the table, the normal's.
T95 = {1: 12.71, 2: 4.30, 3: 3.18, 4: 2.78, 5: 2.57, 6: 2.45, 7: 2.36, 8: 2.31, 9: 2.26}
CURED = 0.8  # of what was missing
IMPROVED = 0.2
SHOWS = 0.05  # of what can be learned: less is too little to regain
Effect = Literal["cures", "helps", "masks", "nothing"]


def effect(regained: float, gone: bool) -> Effect:
    """Tell a cure from what only masks: what was missing comes back, and the symptom goes.

    One without the other is a mask: better numbers over a symptom that stays, or a symptom that
    cannot be seen any more in a run that is no better. "helps" is both, in part.
    """
    if regained >= CURED and gone:
        return "cures"
    if (regained >= IMPROVED) != gone:
        return "masks"
    return "helps" if gone else "nothing"


@dataclass(frozen=True, slots=True)
class Prediction:
    """What a remedy's mechanism predicts, seen without it and with it, seed by seed."""

    expectation: Expectation
    before: tuple[float | None, ...]
    after: tuple[float | None, ...]

    @property
    def held(self) -> int:
        """On how many seeds it held."""
        return sum(bool(Checked(self.expectation, seen).holds) for seen in self.after)

    def __str__(self) -> str:
        e = self.expectation
        return (
            f"{SIGNALS[e.signal][0]}: {_middle(self.before)} → {_middle(self.after)}, predicted "
            f"{e.relation} {number(e.bound)}, holds on {self.held} of {len(self.after)}"
        )


def _middle(seen: tuple[float | None, ...]) -> str:
    known = [value for value in seen if value is not None]
    return number(mean(known)) if known else "not to be seen"


@dataclass(frozen=True, slots=True)
class Tried:
    """One change, on several seeds.

    Attributes:
        scores: the share that is learned of what can be, by seed.
        effect: how much more that is than in the run as it was, in the mean over seeds.
        margin: half the width of the effect's 95 % interval (Student's t, paired by seed).
        regained: share of what the run as it was is missing that is regained.
        gone: on how many seeds the symptom is gone.
        predictions: what the mechanism predicts, without the change and with it.
        verdict: whether it cures, helps in part, only masks, or does nothing.
    """

    name: str
    key: str
    scores: tuple[float, ...]
    effect: float
    margin: float
    regained: float
    gone: int
    predictions: tuple[Prediction, ...]
    verdict: Effect

    @property
    def cures(self) -> bool:
        """Whether what was missing is regained and the symptom is gone."""
        return self.verdict == "cures"

    def __str__(self) -> str:
        seeds = len(self.scores)
        verdict = {"cures": "cures", "helps": "helps in part", "masks": "only masks",
                   "nothing": "does nothing"}[self.verdict]  # fmt: skip
        margin = f" ± {self.margin:.0%}" if math.isfinite(self.margin) else ""
        return (
            f"{self.name}: {verdict}. {mean(self.scores):.0%} learned ({self.effect:+.0%}{margin}),"
            f" symptom gone on {self.gone} of {seeds}"
        )


@dataclass(frozen=True, slots=True)
class Treatment:
    """What came of a finding's remedies.

    Attributes:
        control: the share that the run as it was learns of what can be, by seed.
        shows: on how many seeds the symptom shows in the beginning that is played again.
        remedies: those that can be tried, in the finding's order.
        random: a change that was not proposed.
        not_tried: the others, with why.
    """

    cause: str
    control: tuple[float, ...]
    shows: int
    remedies: tuple[Tried, ...]
    random: Tried | None
    not_tried: Mapping[str, str]

    def __str__(self) -> str:
        seeds = len(self.control)
        lines = [
            f"{self.cause.replace('_', ' ')}: as it was, {mean(self.control):.0%} of what can be "
            f"learned is learned in the beginning; the symptom shows on {self.shows} of {seeds}"
        ]
        for tried in self.remedies:
            lines += [f"  {tried}", *(f"    {prediction}" for prediction in tried.predictions)]
        if self.random is not None:
            lines.append(f"  at random: {self.random}")
        lines += [f"  not tried: {name}: {why}" for name, why in self.not_tried.items()]
        return "\n".join(lines)


def treat(finding: Finding, play: Play, seeds: int) -> Treatment:
    """Try a finding's remedies beside the run as it was and a random change."""
    control = [play("control", {}, seed) for seed in range(seeds)]
    ill = [_says(m, finding.cause) for m in control]
    plain = tuple(map(_learned, control))

    def tried(name: str, key: str, remedy: Remedy | None) -> Tried:
        seen = [play(key, finding.evidence, seed) for seed in range(seeds)]
        scores = tuple(map(_learned, seen))
        gains = [a - b for a, b in zip(scores, plain, strict=True)]
        gone = [not _says(m, finding.cause) for m in seen]
        checks = () if remedy is None else tuple(check(remedy, m) for m in seen)
        before = () if remedy is None else tuple(check(remedy, m) for m in control)
        predictions = tuple(
            Prediction(one[0].expectation, tuple(c.seen for c in was), tuple(c.seen for c in one))
            for was, one in zip(zip(*before, strict=True), zip(*checks, strict=True), strict=True)
        )
        missing = 1 - mean(plain)
        regained = mean(gains) / missing if missing > SHOWS else 0.0
        held = all(prediction.held == seeds for prediction in predictions)
        if not ROWS[finding.cause].in_training or missing <= SHOWS:
            verdict: Effect = "cures" if all(gone) and any(ill) and held else "nothing"
        else:
            verdict = effect(regained, all(gone))
        spread = stdev(gains) if seeds > 1 else math.inf
        margin = T95.get(seeds - 1, 1.96) * spread / math.sqrt(seeds)
        return Tried(
            name, key, scores, mean(gains), margin, regained, sum(gone), predictions, verdict
        )

    remedies: list[Tried] = []
    not_tried: dict[str, str] = {}
    for remedy in finding.remedies:
        try:
            remedies.append(tried(remedy.name, remedy.key, remedy))
        except NotApplicable as why:
            not_tried[remedy.name] = str(why)
    others = [key for key in USUAL if key not in {remedy.key for remedy in finding.remedies}]
    random.Random(finding.cause).shuffle(others)  # its own generator: the run's is not touched
    chance = None
    for key in others:
        try:
            chance = tried(key.replace("_", " "), key, None)
        except NotApplicable:
            continue
        break
    return Treatment(finding.cause, plain, sum(ill), tuple(remedies), chance, not_tried)


def _says(m: Measurements, cause: str) -> bool:
    roots = diagnose(m)
    return any(f.cause == cause for root in roots for f in (root, *root.consequences))


def _learned(m: Measurements) -> float:
    if m.broke is not None:
        return 0.0
    return 1 - (m.shortfall or 0.0)
