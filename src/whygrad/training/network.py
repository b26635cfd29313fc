"""The simplest door: a network in one line. A thin face over the tape."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from whygrad.engine.op import Array
from whygrad.engine.roles import ParameterKind
from whygrad.engine.tensor import Tensor, tensor
from whygrad.errors import ShapeError, SpecError, WhygradError
from whygrad.nn.registry import LOSSES
from whygrad.optim import SGD
from whygrad.option import is_a, quoted, several
from whygrad.spec import spec_from_dict
from whygrad.training.from_network import build, samples
from whygrad.training.iteration import Iteration
from whygrad.training.trace import trace

_LOSS = {row.default_for: name for name, row in LOSSES.items()}


class Network:
    """A fully connected network.

    >>> net = Network([2, 4, 1], activation="relu", output="sigmoid", seed=123)
    >>> gradients = net.backward([[0, 1]], [[1]])
    >>> net.step(learning_rate=0.5)

    The loss is binary cross-entropy for a sigmoid output, cross-entropy for softmax, else the
    mean squared error.

    Attributes:
        spec: what the network was built from; its rows are placeholders.
        loss: the name of the loss.
    """

    def __init__(
        self,
        layers: Sequence[int],
        activation: str | Sequence[str] = "relu",
        output: str = "linear",
        seed: int = 0,
        init: str = "he",
    ) -> None:
        """Make the network.

        Args:
            layers: how many inputs, units in each hidden layer, and outputs: ``[2, 4, 1]``.
            activation: a name of `whygrad.nn.registry`, such as "relu", or linear; one per hidden
                layer if several.
            output: what the last layer does: linear, sigmoid, softmax, relu or tanh.
            seed: which random weights. The same seed gives the same weights everywhere.
            init: how weights are drawn, such as "he" or "xavier"; biases start at 0.

        Raises:
            SpecError: something is not allowed; the message lists what is.
        """
        sizes = several("Network", "layers", layers)
        if len(sizes) < 2 or not all(type(n) is int and n > 0 for n in sizes):
            raise SpecError(
                f"Network: layers is {quoted(layers)}; it must be at least two whole numbers "
                f"from 1 up, such as [2, 4, 1]"
            )
        spec = spec_from_dict(
            {
                "network": {"layers": sizes, "activation": activation, "output": output},
                "init": {"name": init, "seed": seed},
                "data": {"x": [[0.0] * sizes[0]], "y": [[0.0] * sizes[-1]]},
            },
            "Network",
        )
        self.spec = spec
        self.loss = _LOSS.get(output, "mse")
        self._model = build(spec)
        self._output = output
        self._widths = sizes[0], sizes[-1]
        self._iteration: Iteration | None = None
        self._ready = False  # to step: gradients of the parameters as they stand

    @property
    def weights(self) -> list[Array]:
        """Copies of the weights, W1 first; each of shape (inputs, units)."""
        return self._of_kind("weight")

    @property
    def biases(self) -> list[Array]:
        """Copies of the biases, b1 first; each of shape (units,)."""
        return self._of_kind("bias")

    def _of_kind(self, kind: ParameterKind) -> list[Array]:
        return [p.numpy() for p in self._model.parameter_names() if p.kind == kind]

    @property
    def iteration(self) -> Iteration:
        """What the last ``backward`` recorded: its tape, and every number in it.

        Raises:
            WhygradError: ``backward`` has not been called yet.
        """
        if self._iteration is None:
            raise WhygradError("nothing is recorded yet: call backward(x, y) first")
        return self._iteration

    def forward(self, x: Any) -> Array:
        """Return the outputs for ``x``, of shape (samples, inputs) or (inputs,)."""
        rows = np.atleast_2d(tensor(x, dtype=float).array)
        output = self._model(tensor(rows))
        if self._output == "softmax":
            output = output.apply("softmax", axis=-1)
        return output.numpy() if np.ndim(x) > 1 else output.numpy()[0]

    def backward(self, x: Any, y: Any) -> dict[str, Array]:
        """Record forward, loss and backward, and return the gradients by parameter name.

        Args:
            x: inputs, shape (samples, inputs) or (inputs,).
            y: targets, shape (samples, outputs) or (outputs,) or, for one output, (samples,).

        Raises:
            ShapeError: shapes do not fit; both are named.
        """
        rows = np.atleast_2d(tensor(x, dtype=float).array)
        inputs, outputs = self._widths
        if rows.ndim != 2 or rows.shape[1] != inputs:
            raise ShapeError(
                f"layer 1: its input has shape {np.shape(x)}, but its weight ({inputs}, ...) "
                f"takes {inputs} features"
            )
        targets = tensor(y, dtype=float).array
        if targets.size != len(rows) * outputs:
            raise ShapeError(
                f"y has shape {targets.shape}, but {len(rows)} examples of {outputs} outputs "
                f"need ({len(rows)}, {outputs})"
            )
        x_rows, t_rows = samples(self._model, rows, targets.reshape(len(rows), outputs))
        self._iteration = trace(
            self._model,
            x_rows,
            t_rows,
            loss=self.loss,
            optimizer=SGD(self._model.parameters(), lr=0.0),
        )
        self._ready = True
        run = self._iteration.run
        return {name: run[f"dL/d{name}"].copy() for name in self.get_state()}

    def step(self, learning_rate: float) -> None:
        """Move every parameter against the gradient of the last ``backward``.

        Raises:
            WhygradError: there was no ``backward`` since the parameters last changed.
        """
        recorded = self.iteration
        if not self._ready:
            raise WhygradError(
                "the gradients are those of other parameters: call backward(x, y) before each step"
            )
        recorded.set_hyperparameter("learning_rate", learning_rate)
        recorded.play(1)
        self._ready = False

    def get_state(self) -> dict[str, Array]:
        """Return copies of all parameters by name: W1, b1, W2 ..."""
        return {name: p.numpy() for p, name in self._model.parameter_names().items()}

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Put back what ``get_state`` returned.

        Raises:
            WhygradError: names or shapes differ from this network's; nothing is changed then.
        """
        names = {name: p for p, name in self._model.parameter_names().items()}
        if not is_a(state, Mapping):
            raise WhygradError(
                f"the state is {quoted(state)}; it must be a dict of numbers by name"
            )
        if set(state) != set(names):
            raise WhygradError(
                f"the state has {', '.join(map(str, state)) or 'nothing'}; "
                f"this network has {', '.join(names)}"
            )
        new: dict[Tensor, Array] = {}
        for name, old in names.items():
            given = tensor(state[name], dtype=old.dtype).array
            if given.shape != old.array.shape:
                raise ShapeError(
                    f"{name} has shape {old.array.shape}, but the state has {given.shape}"
                )
            new[old] = given
        for old, given in new.items():
            old.put(given)
        self._ready = False
