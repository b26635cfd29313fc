"""From measurements to a diagnosis: root causes first, each with what it explains under it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from whygrad.doctor.finding import Finding
from whygrad.doctor.measurements import Measurements
from whygrad.doctor.remedies.choice import choose
from whygrad.doctor.rules import ROWS, explained_by

LEAST = 0.5  # confidence, below which nothing is said


def diagnose(m: Measurements) -> tuple[Finding, ...]:
    """Return the findings, root causes first, the surest before the others."""
    found = [row.find(m) for row in ROWS.values()]
    known = {f.cause: f for f in found if f is not None and f.confidence >= LEAST}
    explained = {cause for other in known for cause in explained_by(other)}
    roots = [f for f in known.values() if f.cause not in explained]
    roots.sort(key=lambda f: -f.confidence)
    complete = {cause: _completed(f, m) for cause, f in known.items()}
    return tuple(
        complete[f.cause].with_consequences(_under(f, roots[:n], complete))
        for n, f in enumerate(roots)
    )


def _under(
    root: Finding, surer: list[Finding], known: Mapping[str, Finding]
) -> tuple[Finding, ...]:
    """Return what a root explains and no surer root does."""
    taken = {cause for other in surer for cause in explained_by(other.cause)}
    below = explained_by(root.cause) - taken
    return tuple(f for cause, f in known.items() if cause in below)


# Which lines of the user's program a place is, the first known one first.
LINES: Mapping[str, tuple[str, ...]] = {
    "the loop": ("backward", "loop"),
    "the loss": ("backward", "loop"),
    "the loss's reduction": ("backward", "loop"),
    "the schedule": ("optimizer", "step"),
    "gradient clipping": ("step",),
    "the validation loop": ("validation",),
    "the output": ("output",),
}


def _completed(finding: Finding, m: Measurements) -> Finding:
    """Add what the cause's row says, and the line of the user's program."""
    row = ROWS[finding.cause]
    return replace(
        finding,
        source=line_of(finding.where, m.sources),
        remedies=choose(row.remedies, finding, m),
        masks=row.masking,
        links=row.links,
    )


def line_of(where: str, sources: Mapping[str, str]) -> str:
    """Return the line of a place: a layer's, a parameter's layer's, or a part of the loop's.

    Args:
        where: a finding's place.
        sources: lines of the user's program, as ``file:line``, by what happens there.
    """
    usual = ("optimizer", "step") if where.startswith("optimizer.") else ()
    parts = (where, where.rpartition(".")[0], *LINES.get(where, usual))
    return next((sources[part] for part in parts if part and sources.get(part)), "")
