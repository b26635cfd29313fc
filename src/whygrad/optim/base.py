"""What all optimizers share: the table of options, clipping, and how an update is recorded."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import ClassVar

from whygrad.engine.tensor import Tensor, annotate, tensor
from whygrad.errors import WhygradError
from whygrad.option import Option, Scalar, checked_options

_CLIPPING = {
    "clip_norm": Option(0.0, 0, 1e6, "longest gradient allowed, all parameters taken together"),
    "clip_value": Option(0.0, 0, 1e6, "largest entry of a gradient allowed"),
}
_BETA1 = Option(0.9, 0, 1, "share of the mean gradient that is kept", below_high=True)
_BETA2 = Option(0.999, 0, 1, "share of the mean square that is kept", below_high=True)


def _rate(default: float) -> Option:
    return Option(default, 0, 1000, "how far each update goes")


def _decay(default: float = 0.0) -> Option:
    return Option(default, 0, 1000, "how strongly parameters are pulled towards 0")


def _momentum() -> Option:
    return Option(0.0, 0, 1, "share of the last update that is kept", below_high=True)


def _eps(default: float) -> Option:
    return Option(default, 0, 1, "keeps the divisor away from 0")


OPTIMIZERS: Mapping[str, Mapping[str, Option]] = MappingProxyType(
    {
        "sgd": {
            "learning_rate": _rate(0.1),
            "momentum": _momentum(),
            "nesterov": Option(False, says="look ahead along the momentum"),
            "weight_decay": _decay(),
            **_CLIPPING,
        },
        "rmsprop": {
            "learning_rate": _rate(0.01),
            "alpha": Option(0.99, 0, 1, _BETA2.says, below_high=True),
            "eps": _eps(1e-8),
            "momentum": _momentum(),
            "weight_decay": _decay(),
            **_CLIPPING,
        },
        "adagrad": {
            "learning_rate": _rate(0.01),
            "eps": _eps(1e-10),
            "weight_decay": _decay(),
            **_CLIPPING,
        },
        "adam": {
            "learning_rate": _rate(0.001),
            "beta1": _BETA1,
            "beta2": _BETA2,
            "eps": _eps(1e-8),
            "weight_decay": _decay(),
            **_CLIPPING,
        },
        "adamw": {
            "learning_rate": _rate(0.001),
            "beta1": _BETA1,
            "beta2": _BETA2,
            "eps": _eps(1e-8),
            "weight_decay": _decay(0.01),
            **_CLIPPING,
        },
    }
)
"""Name -> the options an optimizer takes, with defaults and ranges."""

State = tuple[str, Tensor, Tensor]
"""A piece of state: what it is called, its value before and its value after."""


@dataclass(frozen=True, slots=True)
class Update:
    """What an optimizer does to one parameter: the updated parameter, and its state."""

    parameter: Tensor
    state: tuple[State, ...] = ()


@dataclass(frozen=True, slots=True)
class Recorded:
    """The update of all parameters.

    Attributes:
        carries: each parameter and piece of state, before and after.
        names: what explanations call them.
    """

    carries: tuple[tuple[Tensor, Tensor], ...]
    names: Mapping[Tensor, str]


class Optimizer(ABC):
    """Has parameters and hyperparameters, and records an update.

    Attributes:
        parameters: what it updates.
        options: every option by name. One that is 0 adds no steps; the others can be changed
            between iterations.
    """

    name: ClassVar[str]
    switches: ClassVar[tuple[str, ...]] = ()  # options that choose steps and are not numbers in one
    needed: ClassVar[tuple[str, ...]] = ("learning_rate",)  # on the tape even if 0

    def __init__(self, params: Iterable[Tensor], options: Mapping[str, Scalar]) -> None:
        """Take over ``params``.

        Raises:
            WhygradError: there are no parameters, or an option is out of its range.
        """
        title = type(self).__name__
        self.parameters = list(params)
        if not self.parameters:
            raise WhygradError(f"{title}: there are no parameters to update")
        try:
            self.options = checked_options(self.name, OPTIMIZERS[self.name], options)
        except WhygradError as fault:
            raise WhygradError(f"{title}: {fault.message}") from None
        if self.options.get("nesterov") and not self.options["momentum"]:
            raise WhygradError(
                f"{title}: nesterov looks along the momentum, so it needs some, such as 0.9"
            )

    @property
    def lr(self) -> float:
        """The learning rate, under PyTorch's name for it."""
        return float(self.options["learning_rate"])

    def hyperparameters(self) -> dict[str, Tensor]:
        """Return fresh leaves for the numbers that may be changed between iterations."""
        dtype = self.parameters[0].dtype
        return {
            name: tensor(float(number), dtype=dtype, name=name, role="hyperparameter")
            for name, number in self.options.items()
            if name not in self.switches and (number or name in self.needed)
        }

    def record(self, found: Sequence[tuple[str, Tensor, Tensor]]) -> Recorded:
        """Record the update of parameters, given as (name, parameter, gradient)."""
        given = self.hyperparameters()
        carries: list[tuple[Tensor, Tensor]] = []
        names: dict[Tensor, str] = {}

        def carry(name: str, before: Tensor, after: Tensor) -> None:
            names[before], names[after] = name, f"{name}_new"
            carries.append((before, after))

        clipped = _clipped([gradient for _, _, gradient in found], given, names)
        given, shared = self.begin(given)
        for state in shared:
            carry(*state)
        for (name, parameter, _), gradient in zip(found, clipped, strict=True):
            with annotate(part=(name,)):
                update = self.update(parameter, gradient, given)
            carry(name, parameter, update.parameter)
            for kind, before, after in update.state:
                carry(f"{kind}_{name}", before, after)
        return Recorded(tuple(carries), names)

    def begin(self, given: dict[str, Tensor]) -> tuple[dict[str, Tensor], tuple[State, ...]]:
        """Record what all parameters' updates share: further numbers, and shared state."""
        return given, ()

    @abstractmethod
    def update(self, parameter: Tensor, gradient: Tensor, given: Mapping[str, Tensor]) -> Update:
        """Record the update of one parameter."""


def _clipped(
    gradients: Sequence[Tensor], given: dict[str, Tensor], names: dict[Tensor, str]
) -> list[Tensor]:
    """Record clipping: each entry first, as ``clip_grad_value_``, then ``clip_grad_norm_``."""
    clipped = list(gradients)
    most = given.get("clip_value")
    if most is not None:
        least = -most
        clipped = [g.apply("minimum", most).apply("maximum", least) for g in clipped]
    longest = given.get("clip_norm")
    if longest is not None and clipped:
        total = clipped[0].square().sum()
        for gradient in clipped[1:]:
            total = total + gradient.square().sum()
        norm = total.sqrt()
        names[norm] = "gradient_norm"
        # PyTorch's 1e-6 keeps a gradient of 0 from being divided by 0
        scale = (longest / (norm + 1e-6)).apply("minimum", norm.constant(1.0))
        clipped = [gradient * scale for gradient in clipped]
    return clipped
