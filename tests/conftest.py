import os
import sys
from collections.abc import Callable

# The arrays of the tests are small: threads that wait for each other cost more than they bring,
# the more so where others use the machine too. Read when PyTorch and NumPy are imported.
for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(variable, "1")

import pytest  # noqa: E402
from hypothesis import settings  # noqa: E402

# A shared machine may stall for a while at any example; that is no fault of the example.
settings.register_profile("whygrad", deadline=None)
settings.load_profile("whygrad")


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
