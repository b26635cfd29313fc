# pyright: basic
# PyTorch's own annotations are too loose for strict checking.
"""The scenarios, one row each, by subject. Their order says which seed is which patient."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from whygrad.clinic.numpy_case import NumpySetup
from whygrad.clinic.scenario import Scenario, Setup
from whygrad.clinic.scenarios import (
    backward,
    generalisation,
    gradient_flow,
    healthy,
    loop,
    losses,
    optimisation,
    rows,
)
from whygrad.errors import WhygradError

FAULTS: tuple[Scenario[Setup], ...] = (
    *gradient_flow.SCENARIOS,
    *optimisation.SCENARIOS,
    *losses.SCENARIOS,
    *rows.SCENARIOS,
    *generalisation.SCENARIOS,
    *loop.SCENARIOS,
)
HEALTHY: tuple[Scenario[Setup], ...] = healthy.SCENARIOS
NUMPY: tuple[Scenario[NumpySetup], ...] = backward.SCENARIOS


def table(scenarios: Iterable[Scenario[Any]]) -> Mapping[str, Scenario[Any]]:
    """Return scenarios by name.

    Raises:
        WhygradError: two have the same name.
    """
    found: dict[str, Scenario[Any]] = {}
    for scenario in scenarios:
        if scenario.name in found:
            raise WhygradError(f"there are two scenarios {scenario.name!r}")
        found[scenario.name] = scenario
    return found


SCENARIOS = table((*FAULTS, *HEALTHY, *NUMPY))
