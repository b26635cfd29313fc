"""What is measured: dense networks of four sizes, their data and first weights."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
State = Mapping[str, Any]


class Contender(NamedTuple):
    """``train(n)`` does n iterations; ``state()`` is where the parameters then are."""

    train: Callable[[int], object]
    state: Callable[[], State]


class Skipped(Exception):
    """Why a peer does not take part."""


def library(name: str) -> Any:
    """Import a library that is measured; most carry no types.

    Raises:
        ImportError: it is not installed.
    """
    return import_module(name)


@dataclass(frozen=True)
class Workload:
    """A dense network with ReLU between its layers, trained on one batch by plain descent.

    The loss is binary cross-entropy from logits for one output, else cross-entropy. Everything is
    float32.
    """

    sizes: tuple[int, ...]
    batch: int
    goal: float  # how many times faster than eager PyTorch it is meant to be
    rate: float = 0.05

    @property
    def name(self) -> str:
        """Return the sizes and the batch, in words."""
        return f"{'-'.join(map(str, self.sizes))}, batch {self.batch}"

    @property
    def binary(self) -> bool:
        """Whether there is one output, of yes or no."""
        return self.sizes[-1] == 1

    @property
    def layers(self) -> int:
        """How many layers of weights there are."""
        return len(self.sizes) - 1

    def data(self) -> tuple[Floats, Floats]:
        """Return inputs and targets; classes as shares."""
        draw = np.random.default_rng(1)
        x = draw.random((self.batch, self.sizes[0]), dtype=np.float32)
        if self.binary:
            return x, draw.integers(0, 2, (self.batch, 1)).astype(np.float32)
        chosen = draw.integers(0, self.sizes[-1], self.batch)
        return x, np.eye(self.sizes[-1], dtype=np.float32)[chosen]

    def start(self) -> dict[str, Floats]:
        """Return the weights all begin with, each of shape (inputs, units), and the biases."""
        draw = np.random.default_rng(2)
        state: dict[str, Floats] = {}
        for n, (inputs, units) in enumerate(pairwise(self.sizes), start=1):
            scale = np.float32(np.sqrt(2.0 / inputs))
            state[f"W{n}"] = draw.standard_normal((inputs, units), dtype=np.float32) * scale
            state[f"b{n}"] = np.zeros(units, np.float32)
        return state
