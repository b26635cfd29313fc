"""The causes, one module each; importing this reads them all into the table.

A new cause is a new module here with a ``CAUSE``, named after it. Nothing else lists them.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from pkgutil import iter_modules

from whygrad.doctor.cause import Cause, NoneBecause, table_of

__all__ = ["CAUSES", "ROWS", "explained_by"]


def _modules() -> Iterator[Cause]:
    for module in iter_modules(__path__):
        row: Cause = import_module(f"{__name__}.{module.name}").CAUSE
        if row.name != module.name:
            raise TypeError(f"cause {row} stands in the module of {module.name}")
        yield row


ROWS = table_of(_modules())
# By name; those that no run's measurements tell, but `check_backward` does, come last.
CAUSES = tuple(sorted(ROWS, key=lambda name: (isinstance(ROWS[name].check, NoneBecause), name)))


def explained_by(name: str) -> frozenset[str]:
    """Return the causes that one can bring about, its groups' members included."""
    row = ROWS[name]
    if isinstance(row.explains, NoneBecause):
        return frozenset()
    found = {other.name for other in ROWS.values() if other.group in row.explains}
    named = {cause for cause in row.explains if isinstance(cause, str)}
    return frozenset(found | named) - {name, *row.unexplained}
