import os
import random
import sys
from collections.abc import Callable, Iterable
from typing import Any

# The arrays of the tests are small: threads that wait for each other cost more than they bring,
# the more so where others use the machine too. Read when PyTorch and NumPy are imported.
for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(variable, "1")

import pytest  # noqa: E402
from hypothesis import settings  # noqa: E402

# A shared machine may stall for a while at any example; that is no fault of the example.
settings.register_profile("whygrad", deadline=None)
settings.load_profile("whygrad")


# Large gates run on a sample; `make test-all` sets this, and they run whole.
WHOLE = os.environ.get("WHYGRAD_TESTS") == "whole"


def pytest_report_header(config: pytest.Config) -> str:
    if WHOLE:
        return "large gates: whole"
    return f"large gates: a sample, drawn with --randomly-seed={_seed(config)}"


def _seed(config: pytest.Config) -> int:
    return config.getoption("randomly_seed", 0)


@pytest.fixture(scope="session")
def whole() -> bool:
    """Say whether large gates run whole."""
    return WHOLE


@pytest.fixture
def sample(request: pytest.FixtureRequest) -> Callable[..., list[Any]]:
    """Draw some of many items, by the seed that the order of tests is drawn with, too.

    What is drawn keeps its order. Where gates run whole, it is all of them.
    """
    draw = random.Random(f"{_seed(request.config)}/{request.node.nodeid}")

    def some(items: Iterable[Any], count: int) -> list[Any]:
        every = list(items)
        if WHOLE or count >= len(every):
            return every
        return [every[n] for n in sorted(draw.sample(range(len(every)), count))]

    return some


@pytest.fixture
def count_calls() -> Callable[..., int]:
    """Return how many functions a piece of work calls: its cost, whatever the machine does."""

    def count(work: Callable[..., object], *args: object) -> int:
        calls = 0

        def note(_: object, event: str, __: object) -> None:
            nonlocal calls
            calls += event in ("call", "c_call")

        before = sys.getprofile()
        sys.setprofile(note)
        try:
            work(*args)
        finally:
            sys.setprofile(before)
        return calls

    return count
