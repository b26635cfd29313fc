import os

# The arrays of the tests are small: threads that wait for each other cost more than they bring,
# the more so where others use the machine too. Read when PyTorch and NumPy are imported.
for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(variable, "1")

from hypothesis import settings  # noqa: E402

# A shared machine may stall for a while at any example; that is no fault of the example.
settings.register_profile("whygrad", deadline=None)
settings.load_profile("whygrad")
