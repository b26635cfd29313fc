"""Layers, in PyTorch's words.

One difference, for reading: a ``Linear`` keeps its weight as (in, out) and computes ``x @ W + b``,
so that ``W[i, j]`` leads from input i to unit j. PyTorch keeps the transpose.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Any

from whygrad.dims import show_shape
from whygrad.errors import ShapeError, WhygradError
from whygrad.init import initialise
from whygrad.nn import functional
from whygrad.tensor import Tensor, scene, tensor

__all__ = [
    "BCELoss",
    "BCEWithLogitsLoss",
    "CrossEntropyLoss",
    "LeakyReLU",
    "Linear",
    "MSELoss",
    "Module",
    "ReLU",
    "Sequential",
    "Sigmoid",
    "Softmax",
    "Softplus",
    "Tanh",
    "functional",
]


class Module:
    """Something with parameters that maps tensors to a tensor. Subclass it and write ``forward``."""

    def forward(self, *inputs: Any) -> Tensor:
        """Compute the output. Steps recorded here are marked as part of this module."""
        raise NotImplementedError(f"{type(self).__name__} has no forward")

    def __call__(self, *inputs: Any) -> Tensor:
        with scene(part=(self.title,)):
            return self.forward(*inputs)

    @property
    def title(self) -> str:
        """What explanations call this part."""
        return type(self).__name__.lower()

    def children(self) -> Iterator[tuple[str, Module]]:
        """Yield the modules kept as attributes (or in lists of them), by name."""
        for name, item in vars(self).items():
            if isinstance(item, Module):
                yield name, item
            elif isinstance(item, list | tuple):
                for n, part in enumerate(item):  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
                    if isinstance(part, Module):
                        yield f"{name}.{n}", part

    def named_parameters(self, prefix: str = "") -> Iterator[tuple[str, Tensor]]:
        """Yield the parameters by path, each once even if it is shared."""
        seen: set[Tensor] = set()
        for path, owner, attribute in self.slots(prefix):
            parameter = getattr(owner, attribute)
            if parameter not in seen:
                seen.add(parameter)
                yield path, parameter

    def parameters(self) -> list[Tensor]:
        """Return the parameters, each once."""
        return [parameter for _, parameter in self.named_parameters()]

    def slots(self, prefix: str = "") -> Iterator[tuple[str, Module, str]]:
        """Yield ``(path, module, attribute)`` for every place that holds a parameter."""
        for name, item in vars(self).items():
            if isinstance(item, Tensor) and item.role == "parameter":
                yield f"{prefix}{name}", self, name
        for name, child in self.children():
            yield from child.slots(f"{prefix}{name}.")

    def replace_parameters(self, new: dict[Tensor, Tensor]) -> None:
        """Put other tensors where parameters are, wherever they are shared."""
        for _, owner, attribute in list(self.slots()):
            current = getattr(owner, attribute)
            setattr(owner, attribute, new.get(current, current))


def parameter(data: Any, *, name: str = "", shape: tuple[int, ...] | None = None) -> Tensor:
    """Make a trainable tensor. ``shape`` may carry the names of its sizes."""
    made = tensor(data, name=name, role="parameter")
    if shape is not None:
        made.shape = shape
    return made


class Linear(Module):
    """A weighted sum of the inputs, and a bias: ``x @ weight + bias``.

    Args:
        in_features: how many inputs.
        out_features: how many units.
        bias: whether to add a bias.
        init: name of the weights' initialisation (``whygrad.init``); biases start at 0.
        init_options: that initialisation's options, such as ``gain``.
        seed: which random numbers; with ``stream``, they are the same everywhere.
        stream: which weights of the network these are.

    Attributes:
        weight: shape (in_features, out_features).
        bias: shape (out_features,), or None.
    """

    def __init__(
        self,
        in_features: int,
        out_features: int,
        bias: bool = True,
        *,
        init: str = "he",
        init_options: Mapping[str, float] = MappingProxyType({}),
        seed: int = 0,
        stream: str = "W",
    ) -> None:
        shape = (in_features, out_features)
        self.in_features, self.out_features = shape
        self.weight = parameter(
            initialise(init, (int(in_features), int(out_features)), seed, stream, **init_options),
            shape=shape,
        )
        self.bias = parameter([0.0] * out_features, shape=(out_features,)) if bias else None

    def forward(self, *inputs: Any) -> Tensor:
        """Return ``x @ weight + bias``, for x of shape (..., in_features).

        Raises:
            ShapeError: x has another number of features; both shapes are named.
        """
        (x,) = inputs
        if not x.shape or x.shape[-1] != self.weight.shape[0]:
            raise ShapeError(
                f"{self.title}: its input has shape {show_shape(x.shape)}, but its weight "
                f"{show_shape(self.weight.shape)} takes {int(self.weight.shape[0])} features"
            )
        z = x @ self.weight
        return z if self.bias is None else z + self.bias


class _Activation(Module):
    function: Callable[..., Tensor]

    def forward(self, *inputs: Any) -> Tensor:
        """Apply the activation to each element."""
        return type(self).function(*inputs)


class ReLU(_Activation):
    """Each element if it is above 0, else 0."""

    function = staticmethod(functional.relu)


class Sigmoid(_Activation):
    """1 / (1 + exp(-x))."""

    function = staticmethod(functional.sigmoid)


class Tanh(_Activation):
    """The hyperbolic tangent."""

    function = staticmethod(functional.tanh)


class Softplus(_Activation):
    """A smooth ReLU: log(1 + exp(x))."""

    function = staticmethod(functional.softplus)


class Softmax(Module):
    """Shares along an axis that add up to 1."""

    def __init__(self, dim: int = -1) -> None:
        self.dim = dim

    def forward(self, *inputs: Any) -> Tensor:
        """Apply softmax along ``dim``."""
        return functional.softmax(*inputs, dim=self.dim)


class LeakyReLU(Module):
    """Each element if it is above 0, else a small part of it."""

    def __init__(self, negative_slope: float = 0.01) -> None:
        self.negative_slope = negative_slope

    def forward(self, *inputs: Any) -> Tensor:
        """Apply the activation to each element."""
        return functional.leaky_relu(*inputs, negative_slope=self.negative_slope)


class Sequential(Module):
    """Layers one after the other.

    The outputs are named as in a textbook: z1 for the first weighted sum, a1 for its activation,
    and so on; the last is yhat.
    """

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
        for layer, number, name in self.numbered():
            try:
                with scene(part=(f"layer {number}",)):
                    x = layer(x).named(name)
            except ShapeError as error:
                raise ShapeError(f"layer {number}: {error}") from None
        return x

    def numbered(self) -> Iterator[tuple[Module, int, str]]:
        """Yield each layer with the number of the weighted sum it belongs to and its output's name."""
        number = 0
        for position, layer in enumerate(self.layers):
            number += isinstance(layer, Linear)
            last = position == len(self.layers) - 1
            name = "yhat" if last else f"{'z' if isinstance(layer, Linear) else 'a'}{number}"
            yield layer, number, name

    def parameter_names(self) -> dict[Tensor, str]:
        """Name weights and biases by layer: W1, b1 ...; in lower case where there is one number."""
        names: dict[Tensor, str] = {}
        for layer, number, _ in self.numbered():
            if isinstance(layer, Linear):
                names[layer.weight] = f"{'w' if layer.weight.data.size == 1 else 'W'}{number}"
                if layer.bias is not None:
                    names[layer.bias] = f"b{number}"
        return names

    def __call__(self, *inputs: Any) -> Tensor:
        return self.forward(*inputs)


class _Loss(Module):
    function: Callable[..., Tensor]

    def forward(self, *inputs: Any) -> Tensor:
        """Return the loss of (input, target)."""
        return type(self).function(*inputs)


class MSELoss(_Loss):
    """The mean of the squared differences."""

    function = staticmethod(functional.mse_loss)


class BCELoss(_Loss):
    """Binary cross-entropy, from probabilities."""

    function = staticmethod(functional.binary_cross_entropy)


class BCEWithLogitsLoss(_Loss):
    """Binary cross-entropy, from logits."""

    function = staticmethod(functional.binary_cross_entropy_with_logits)


class CrossEntropyLoss(_Loss):
    """Cross-entropy, from logits, over the last axis."""

    function = staticmethod(functional.cross_entropy)
