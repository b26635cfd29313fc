"""Optimizers: they record the update as ordinary steps, with their state as values on the tape."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from whygrad.errors import WhygradError
from whygrad.tensor import Tensor, tensor


@dataclass(frozen=True, slots=True)
class Update:
    """What an optimizer does to one parameter.

    Attributes:
        parameter: the updated parameter.
        state: for each piece of state: its name, its value before and its value after.
    """

    parameter: Tensor
    state: tuple[tuple[str, Tensor, Tensor], ...] = ()


class Optimizer(Protocol):
    """Anything that has parameters and hyperparameters, and can record an update."""

    parameters: list[Tensor]

    def hyperparameters(self) -> Mapping[str, Tensor]:
        """Return fresh leaves for the numbers that may be changed between iterations."""
        ...

    def update(self, parameter: Tensor, gradient: Tensor, given: Mapping[str, Tensor]) -> Update:
        """Record the update of one parameter."""
        ...


class SGD:
    """Stochastic gradient descent: step against the gradient, ``lr`` times its size.

    With momentum (Polyak, 1964, in PyTorch's form): v' = momentum v + gradient; the step is lr v'.
    """

    def __init__(self, params: Iterable[Tensor], lr: float, momentum: float = 0.0) -> None:
        """Take over ``params``.

        Raises:
            WhygradError: there are no parameters, or lr or momentum is out of range.
        """
        self.parameters = list(params)
        if not self.parameters:
            raise WhygradError("SGD: there are no parameters to update")
        if not (np.isfinite(lr) and lr >= 0):
            raise WhygradError(f"SGD: lr is {lr!r}; it must be a number from 0 up, such as 0.1")
        if not 0 <= momentum < 1:
            raise WhygradError(f"SGD: momentum is {momentum!r}; it must be from 0 to below 1")
        self.lr = float(lr)
        self.momentum = float(momentum)

    def hyperparameters(self) -> Mapping[str, Tensor]:
        """Return leaves for the learning rate and, if used, the momentum."""
        dtype = self.parameters[0].dtype
        given = {"learning_rate": self.lr}
        if self.momentum:
            given["momentum"] = self.momentum
        return {
            name: tensor(number, dtype=dtype, name=name, role="hyperparameter")
            for name, number in given.items()
        }

    def update(self, parameter: Tensor, gradient: Tensor, given: Mapping[str, Tensor]) -> Update:
        """Record ``parameter - learning_rate * gradient`` (or the velocity in its place)."""
        if "momentum" not in given:
            return Update(parameter - given["learning_rate"] * gradient)
        before = Tensor(
            np.zeros(parameter.data.shape, parameter.dtype), parameter.shape, role="optimizer state"
        )
        after = given["momentum"] * before + gradient
        return Update(parameter - given["learning_rate"] * after, (("velocity", before, after),))
