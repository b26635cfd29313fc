"""Random generators: what the doctor computes leaves them all as the run had them."""

from __future__ import annotations

import random
from collections.abc import Generator
from contextlib import contextmanager

import numpy as np
import torch

from whygrad.doctor.torch_typed import forked_generator


@contextmanager
def generators_restored() -> Generator[None]:
    """Put the generators of PyTorch, NumPy and Python back as they were, at the end."""
    python, numpy = random.getstate(), np.random.get_state()
    devices = range(torch.cuda.device_count()) if torch.cuda.is_initialized() else ()
    try:
        with forked_generator(devices):
            yield
    finally:
        random.setstate(python)
        np.random.set_state(numpy)


def seed_generators(seed: int) -> None:
    """Seed the generators of PyTorch (on the CPU), NumPy and Python."""
    torch.default_generator.manual_seed(seed)
    np.random.seed(seed)
    random.seed(seed)
