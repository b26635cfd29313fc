# pyright: basic
# PyTorch's own annotations are too loose for strict checking.
"""Random generators: what the doctor computes leaves them all as the run had them."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch


@contextmanager
def generators_restored() -> Iterator[None]:
    """Put the generators of PyTorch, NumPy and Python back as they were, at the end."""
    python, numpy = random.getstate(), np.random.get_state()
    devices = range(torch.cuda.device_count()) if torch.cuda.is_initialized() else ()
    try:
        with torch.random.fork_rng(devices=list(devices)):
            yield
    finally:
        random.setstate(python)
        np.random.set_state(numpy)


def seed_generators(seed: int) -> None:
    """Seed the generators of PyTorch (on the CPU), NumPy and Python."""
    torch.default_generator.manual_seed(seed)
    np.random.seed(seed)
    random.seed(seed)
