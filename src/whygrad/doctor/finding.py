"""What the doctor says: a finding is plain frozen data, with a JSON form."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal

Severity = Literal["fatal", "serious", "mild"]


@dataclass(frozen=True, slots=True)
class Expectation:
    """A prediction that can be checked when the run is made again.

    Attributes:
        signal: a name from ``whygrad.doctor.predictions.SIGNALS``.
        relation: on which side of the bound it must lie.
    """

    signal: str
    relation: Literal["<", ">"]
    bound: float


@dataclass(frozen=True, slots=True)
class Remedy:
    """What to do, and how to see that it was the right thing.

    Attributes:
        name: what to do, in a few words.
        why: how it acts on the mechanism.
        predicts: what must then be seen; if it is not, the finding was wrong.
        key: a stable name of the change, whoever makes it.
        expects: the prediction, so that it can be checked; each of them must hold.
        tried: what came of it in a replay, how long that was, and what it does not show; "" where
            it was not tried.
    """

    name: str
    why: str
    predicts: str
    key: str
    expects: tuple[Expectation, ...] = ()
    tried: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong with a run, why, and what to do.

    Attributes:
        cause: a stable name from ``whygrad.doctor.CAUSES``.
        confidence: from 0 to 1: how well the evidence tells this cause from others like it.
        severity: ``fatal`` (nothing can be learned), ``serious`` or ``mild``.
        mechanism: how the cause makes the symptom, with this run's numbers.
        evidence: the numbers, by name.
        where: the layer, parameter or part of the loop.
        since: the first iteration at which it was seen, counted from 1.
        rules_out: what looks similar, and why it is not that.
        remedies: the first one first.
        masks: what would hide the symptom and leave the cause.
        consequences: findings that this one explains.
        links: where to read on, and commands that show the same mechanism in whygrad.
        source: the line of the user's own program, as ``file:line``, where it is known.
    """

    cause: str
    confidence: float
    severity: Severity
    mechanism: str
    evidence: Mapping[str, float] = field(default_factory=dict[str, float])
    where: str = ""
    since: int | None = None
    rules_out: Mapping[str, str] = field(default_factory=dict[str, str])
    remedies: tuple[Remedy, ...] = ()
    masks: tuple[str, ...] = ()
    consequences: tuple[Finding, ...] = ()
    links: tuple[str, ...] = ()
    source: str = ""

    def with_consequences(self, others: tuple[Finding, ...]) -> Finding:
        """Return the finding with what it explains under it."""
        return replace(self, consequences=others)

    def to_dict(self) -> dict[str, Any]:
        """Return plain data for JSON."""
        return asdict(self)


def leads(link: str, examined: str = "") -> str:
    """Return a link with what it leads to.

    Args:
        link: a command, or a page.
        examined: what a command calls the network that was examined; "" if no command can.
    """
    if not link.startswith("whygrad "):
        return f"read on: {link}"
    here = examined in shlex.split(link)
    return f"{'in this network' if here else 'the same mechanism in another network'}: {link}"
