"""Recurrent cells: one step in time, from an input and what is remembered."""

from __future__ import annotations

from typing import Any

from whygrad.engine.dims import same_shape, show_shape
from whygrad.engine.functional import stack
from whygrad.engine.tensor import Tensor, annotate
from whygrad.errors import ShapeError, UnknownName, unknown
from whygrad.nn import functional
from whygrad.nn.linear import Linear
from whygrad.nn.module import Module
from whygrad.nn.scope import called, name

_NONLINEARITIES = {"tanh": functional.tanh, "relu": functional.relu}


class RNNCell(Module):
    """One step of a recurrent network: tanh(x W + b + h U + c) (Elman, 1990).

    Args:
        input_size: how many features the input has.
        hidden_size: how many numbers are remembered.
        bias: whether to add the biases b and c.
        nonlinearity: "tanh" or "relu".
        seed: which random numbers.
        stream: which weights of the network these are.

    Attributes:
        input: the weights W and b (PyTorch: ``weight_ih`` transposed, ``bias_ih``).
        hidden: the weights U and c (PyTorch: ``weight_hh`` transposed, ``bias_hh``).
    """

    letter = "h"

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool = True,
        nonlinearity: str = "tanh",
        *,
        seed: int = 0,
        stream: str = "W",
    ) -> None:
        if nonlinearity not in _NONLINEARITIES:
            raise UnknownName(unknown("nonlinearity", nonlinearity, _NONLINEARITIES))
        self.nonlinearity = nonlinearity
        self.hidden_size = hidden_size
        self.input = Linear(
            input_size, hidden_size, bias, init="xavier", seed=seed, stream=f"{stream}/input"
        )
        self.hidden = Linear(
            hidden_size, hidden_size, bias, init="xavier", seed=seed, stream=f"{stream}/hidden"
        )

    @property
    def title(self) -> str:
        """What explanations call this part."""
        return "recurrent cell"

    def forward(self, *inputs: Any) -> Tensor:
        """Return what is remembered next, shape (batch, hidden_size).

        Args:
            inputs: x (batch, input_size) and, unless nothing is remembered yet, h
                (batch, hidden_size).

        Raises:
            ShapeError: the shapes do not fit; both are named.
        """
        x, h = _remembered(self.title, inputs, self.hidden_size)
        return _NONLINEARITIES[self.nonlinearity](_both(self.input, x, self.hidden, h))


class GRUCell(Module):
    """One step of a gated recurrent network (Cho et al., 2014), as in PyTorch.

    r = sigmoid(...) says how much of h the candidate hears, z = sigmoid(...) how much of h stays:
    n = tanh(x W_n + b + r (h U_n + c)); the result is (1 - z) n + z h.

    Args:
        input_size: how many features the input has.
        hidden_size: how many numbers are remembered.
        bias: whether to add biases.
        seed: which random numbers.
        stream: which weights of the network these are.

    Attributes:
        input_reset, input_update, input_new: the weights that x meets, in PyTorch's order.
        hidden_reset, hidden_update, hidden_new: the weights that h meets.
    """

    letter = "h"

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        bias: bool = True,
        *,
        seed: int = 0,
        stream: str = "W",
    ) -> None:
        self.hidden_size = hidden_size

        def weights(size: int, name: str) -> Linear:
            return Linear(
                size, hidden_size, bias, init="xavier", seed=seed, stream=f"{stream}/{name}"
            )

        self.input_reset = weights(input_size, "input reset")
        self.input_update = weights(input_size, "input update")
        self.input_new = weights(input_size, "input new")
        self.hidden_reset = weights(hidden_size, "hidden reset")
        self.hidden_update = weights(hidden_size, "hidden update")
        self.hidden_new = weights(hidden_size, "hidden new")

    @property
    def title(self) -> str:
        """What explanations call this part."""
        return "gated recurrent cell"

    def forward(self, *inputs: Any) -> Tensor:
        """Return what is remembered next; see ``RNNCell.forward``."""
        x, h = _remembered(self.title, inputs, self.hidden_size)
        with annotate(part=("reset gate",)):
            reset = _both(self.input_reset, x, self.hidden_reset, h)
            reset = name(functional.sigmoid(reset), "reset")
        with annotate(part=("update gate",)):
            stays = _both(self.input_update, x, self.hidden_update, h)
            stays = name(functional.sigmoid(stays), "update")
        with annotate(part=("candidate",)):
            heard = _heard(self.hidden_new, h)
            seen = self.input_new(x)
            new = seen if heard is None else seen + reset * heard
            new = name(functional.tanh(new), "candidate")
        fresh = (1.0 - stays) * new
        return fresh if h is None else fresh + stays * h


class RNN(Module):
    """A recurrent cell taken along a sequence: the same weights at every step in time.

    Args:
        cell: an ``RNNCell`` or a ``GRUCell``.
    """

    letter = "h"

    def __init__(self, cell: RNNCell | GRUCell) -> None:
        self.cell = cell

    def forward(self, *inputs: Any) -> Tensor:
        """Return what was remembered after each step, shape (batch, steps, hidden_size).

        Args:
            inputs: x (batch, steps, input_size) and, if anything is remembered before it, h
                (batch, hidden_size).

        Raises:
            ShapeError: x has other axes, or no steps.
        """
        x, *before = inputs
        if x.ndim != 3 or not x.shape[1]:
            raise ShapeError(f"rnn: {show_shape(x.shape)} must be (batch, steps, features)")
        remembered: list[Tensor] = []
        for step in range(x.shape[1]):
            with annotate(part=(f"step {step + 1}",)), called(f"h{step + 1}"):
                before = [self.cell(x[:, step], *before)]
            remembered.append(before[0])
        return stack(remembered, 1)


def _remembered(title: str, inputs: tuple[Any, ...], size: int) -> tuple[Tensor, Tensor | None]:
    """Return x and h; None where nothing is remembered yet, which stands for zeros."""
    x: Tensor = inputs[0]
    if x.ndim != 2:
        raise ShapeError(f"{title}: the input {show_shape(x.shape)} must be (batch, features)")
    if len(inputs) == 1:
        return x, None
    h: Tensor = inputs[1]
    wanted = (x.shape[0], size)
    if not same_shape(h.shape, wanted):
        raise ShapeError(
            f"{title}: what is remembered has shape {show_shape(h.shape)}; for an input "
            f"{show_shape(x.shape)} it must be {show_shape(wanted)}"
        )
    return x, h


def _heard(layer: Linear, h: Tensor | None) -> Tensor | None:
    """Return what a layer makes of h; of zeros it makes its bias."""
    return layer.bias if h is None else layer(h)


def _both(first: Linear, x: Tensor, second: Linear, h: Tensor | None) -> Tensor:
    heard = _heard(second, h)
    seen = first(x)
    return seen if heard is None else seen + heard
