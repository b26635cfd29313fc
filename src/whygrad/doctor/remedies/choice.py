"""Which remedies are offered for a finding, and in what order."""

from __future__ import annotations

from whygrad.doctor.derived import cured
from whygrad.doctor.finding import Finding, Remedy
from whygrad.doctor.measurements import Measurements
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

    return tuple(r for r in sorted(able, key=behind) if not useless(r))
