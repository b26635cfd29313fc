"""Layers made of layers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from whygrad.engine.dims import same_shape, show_shape
from whygrad.engine.tensor import Tensor, annotate, current_annotation
from whygrad.errors import ShapeError, WhygradError
from whygrad.nn.module import Module
from whygrad.nn.scope import called


class Sequential(Module):
    """Layers one after the other.

    The outputs are named as in a textbook: z1 for the first weighted sum, a1 for its activation,
    and so on; the last is yhat.
    """

    folds = False  # its layers are parts of their own

    def __init__(self, *layers: Module) -> None:
        self.layers = list(layers)

    def __len__(self) -> int:
        return len(self.layers)

    def __getitem__(self, index: int) -> Module:
        return self.layers[index]

    def forward(self, *inputs: Any) -> Tensor:
        """Apply the layers in order.

        Raises:
            WhygradError: there are no layers.
        """
        (x,) = inputs
        if not self.layers:
            raise WhygradError("Sequential has no layers; give it at least one")
        outermost = not current_annotation().part  # an inner one leaves the names to the outer
        for layer, number, name in self.numbered():
            try:
                with annotate(part=(f"layer {number}",)), called(name if outermost else None):
                    made = layer(x)
                    if outermost:
                        if made is x or made.op is None:  # it has a name of its own to keep
                            made = made.apply("identity")
                        made.named(name)
            except ShapeError as error:
                raise ShapeError(f"layer {number}: {error}") from None
            x = made
        return x

    def numbered(self) -> Iterator[tuple[Module, int, str]]:
        """Yield each layer, the number of the weighted sum it belongs to, and its output's name."""
        number = 0
        for position, layer in enumerate(self.layers):
            number += layer.weighted
            last = position == len(self.layers) - 1
            yield layer, number, "yhat" if last else f"{layer.letter}{number}"

    def parameter_names(self) -> dict[Tensor, str]:
        """Name all parameters and buffers.

        Weights and biases are named by layer: W1, b1 ..., in lower case where there is one number;
        the others by their path, as in PyTorch's ``state_dict``: 2.running_mean.
        """
        names: dict[Tensor, str] = {}
        for position, (layer, number, _) in enumerate(self.numbered()):
            for path, owner, attribute in layer.slots(roles=("parameter", "buffer")):
                found: Tensor = getattr(owner, attribute)
                name = f"{position}.{path}"
                if layer.weighted and path in ("weight", "bias"):
                    name = f"b{number}" if path == "bias" else f"W{number}"
                    if path == "weight" and found.data.size == 1:
                        name = f"w{number}"
                names.setdefault(found, name)
        return names


class Residual(Sequential):
    """Layers with a way around them: ``x + layers(x)`` (He et al., 2015)."""

    letter = "h"
    folds = True

    def forward(self, *inputs: Any) -> Tensor:
        """Add what the layers make of x to x.

        Raises:
            ShapeError: the layers change the shape; both shapes are named.
        """
        (x,) = inputs
        change = super().forward(x)
        if not same_shape(change.shape, x.shape):
            raise ShapeError(
                f"residual: its layers make {show_shape(change.shape)} of {show_shape(x.shape)}; "
                f"to be added, the shape must stay the same"
            )
        return x + change
