"""A rule is one row: a code, the cause it names, a check, and a docstring that is its page.

The docstring's first line says what is wrong. Then come, as paragraphs that begin so: ``Why:`` (the
mechanism), ``Seen:`` (the evidence asked for, with the published definition where one is adopted)
and ``Example:``. ``docs/doctor.md`` is made from them.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass, replace

from whygrad.doctor.finding import Finding
from whygrad.doctor.signals import Chart

Check = Callable[[Chart], Finding | None]


@dataclass(frozen=True, slots=True)
class Rule:
    """One cause and how it is told."""

    code: str
    cause: str
    check: Check
    page: str

    @property
    def what(self) -> str:
        """The first line of the page."""
        return self.page.partition("\n")[0]


RULES: dict[str, Rule] = {}


def rule(code: str, cause: str) -> Callable[[Check], Check]:
    """Enter a check into the table; a rule that is not complete is refused."""

    def enter(check: Check) -> Check:
        page = inspect.getdoc(check) or ""
        for part in ("Why:", "Seen:", "Example:"):
            if part not in page:
                raise TypeError(f"rule {code}, {cause}: its docstring has no paragraph '{part}'")
        if cause in RULES or any(known.code == code for known in RULES.values()):
            raise TypeError(f"rule {code}, {cause}: there is one of that code or cause already")

        def named(chart: Chart) -> Finding | None:
            found = check(chart)
            return None if found is None else replace(found, cause=cause)

        RULES[cause] = Rule(code, cause, named, page)
        return check

    return enter


def cured(chart: Chart, *changes: str) -> float | None:
    """Return the share of what is missing that the best of these replays regains."""
    known = {**chart.tried, **chart.trials}
    made = [known[change] for change in changes if change in known]
    s = chart.scores
    if not made or s is None:
        return None
    best = 1.0 if s.reference_train is None else s.reference_train
    actual = s.baseline if s.train != s.train else max(s.train, s.baseline)
    return (max(made) - actual) / (best - actual) if best - actual > 0.02 else 0.0


def sick(chart: Chart, least: float = 0.3) -> bool:
    """Whether at least this share of what can be learned is missing on training rows."""
    return chart.broke is not None or (chart.shortfall or 0.0) >= least


def percent(share: float) -> str:
    """Write a share: 98 %."""
    return f"{share:.0%}".replace("%", " %")
