"""How good the doctor is at backward passes that were written by hand, with a slip or without."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from whygrad.clinic.case import Case
from whygrad.clinic.cases import NUMPY
from whygrad.clinic.numpy_case import NumpyNetwork, NumpySetup

ROWS, INPUTS, CLASSES = 32, 64, 10


def results(seeds: Iterable[int]) -> Iterator[dict[str, Any]]:
    """Check the backward pass of each case and of its repaired twin, before training."""
    for case in NUMPY:
        for seed in seeds:
            assert case.repaired is not None
            yield _row(case, "fault", case.setup, seed)
            yield _row(case, "twin", case.repaired, seed)


def _row(case: Case[NumpySetup], kind: str, setup: NumpySetup, seed: int) -> dict[str, Any]:
    network = NumpyNetwork(setup, seed)
    rng = np.random.default_rng((seed, 1))  # the weights are drawn from the seed alone
    report = network.checked(rng.random((ROWS, INPUTS)), rng.integers(0, CLASSES, ROWS))
    named = [finding.cause for finding in report.findings]
    return {
        "case": case.name, "family": case.family, "causes": case.causes, "seed": seed,
        "kind": kind, "metric": 0.0, "roots": named, "said": named, "notes": [],
        "verdict": report.verdict, "early": [(0.0, tuple(named))], "seconds": 0.0,
        "report_seconds": 0.0,
    }  # fmt: skip
