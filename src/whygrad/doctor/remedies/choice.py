"""Which remedies are offered for a finding, and in what order."""

from __future__ import annotations

from dataclasses import replace

from whygrad.doctor.derived import cured, percent
from whygrad.doctor.finding import Finding, Remedy
from whygrad.doctor.measurements import Measurements
from whygrad.doctor.remedies.change import how_long
from whygrad.doctor.remedies.table import REMEDIES

CLEARLY = 0.1  # of what is missing: by less, replays do not change the order
LITTLE, MUCH = 0.2, 0.5


def choose(known: tuple[Remedy, ...], finding: Finding, m: Measurements) -> tuple[Remedy, ...]:
    """Return what can be done about a finding, what does best in the replays first.

    What does next to nothing in a replay is left out, if something else does much.
    """
    able = [remedy for remedy in known if REMEDIES[remedy.key].applies(finding, m)]
    gains = {r.key: cured(m, REMEDIES[r.key].judged_by or r.key) for r in able}
    best = max((gain for gain in gains.values() if gain is not None), default=0.0)

    def behind(remedy: Remedy) -> bool:
        gain = gains[remedy.key]
        return gain is not None and gain < best - CLEARLY

    def useless(remedy: Remedy) -> bool:
        gain = gains[remedy.key]
        return gain is not None and gain < LITTLE and best > MUCH

    chosen = (remedy for remedy in sorted(able, key=behind) if not useless(remedy))
    return tuple(replace(r, tried=_told(gains[r.key], m)) for r in chosen)


def _told(gain: float | None, m: Measurements) -> str:
    """Say what came of a remedy's replay, how long that was, and what it does not show."""
    if gain is None:
        return ""
    return (
        f"in {how_long(m.loop.iterations)} it regains {percent(max(gain, 0.0))} of what is "
        "missing, which says nothing of longer training"
    )
