"""The cases, one row each, by subject. Their order says which seed is which patient."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from whygrad.clinic.case import Case, Setup
from whygrad.clinic.cases import (
    backward,
    generalisation,
    gradient_flow,
    healthy,
    loop,
    losses,
    optimisation,
    rows,
)
from whygrad.clinic.numpy_case import NumpySetup
from whygrad.errors import WhygradError

FAULTS: tuple[Case[Setup], ...] = (
    *gradient_flow.CASES,
    *optimisation.CASES,
    *losses.CASES,
    *rows.CASES,
    *generalisation.CASES,
    *loop.CASES,
)
HEALTHY: tuple[Case[Setup], ...] = healthy.CASES
NUMPY: tuple[Case[NumpySetup], ...] = backward.CASES


def table(cases: Iterable[Case[Any]]) -> Mapping[str, Case[Any]]:
    """Return cases by name.

    Raises:
        WhygradError: two have the same name.
    """
    found: dict[str, Case[Any]] = {}
    for case in cases:
        if case.name in found:
            raise WhygradError(f"there are two cases {case.name!r}")
        found[case.name] = case
    return found


CASES = table((*FAULTS, *HEALTHY, *NUMPY))
