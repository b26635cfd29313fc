"""Optimizers: they record the update as ordinary steps, with their state as values on the tape.

Each computes what the optimizer of that name in PyTorch computes, with the same defaults. The
numbers that may be changed while training (the learning rate, momentum ...) are leaves of the
tape; what an optimizer remembers (velocity, averages, the count of steps) is carried from one
iteration to the next like the parameters themselves. It starts afresh with each recording.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import ClassVar

import numpy as np

from whygrad.errors import UnknownName, WhygradError, unknown
from whygrad.option import Option, Scalar, checked_options
from whygrad.tensor import Tensor, scene, tensor

__all__ = [
    "OPTIMIZERS",
    "SGD",
    "Adagrad",
    "Adam",
    "AdamW",
    "Optimizer",
    "RMSprop",
    "Recorded",
    "Update",
    "make",
]

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
            with scene(part=(name,)):
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


def make(name: str, params: Iterable[Tensor], options: Mapping[str, Scalar]) -> Optimizer:
    """Return the optimizer called ``name`` (see OPTIMIZERS) with these options.

    Raises:
        UnknownName: there is none; the nearest names come first.
        WhygradError: as the optimizer itself.
    """
    if name not in _CLASSES:
        raise UnknownName(unknown("optimizer", name, _CLASSES))
    made = object.__new__(_CLASSES[name])
    Optimizer.__init__(made, params, options)
    return made


class SGD(Optimizer):
    """Stochastic gradient descent: step against the gradient, ``lr`` times its size.

    With momentum (Polyak, 1964, in PyTorch's form): velocity' = momentum velocity + gradient, and
    the step is lr velocity'. With ``nesterov`` (Sutskever et al., "On the importance of
    initialization and momentum in deep learning", ICML 2013, in PyTorch's form) the step is
    lr (gradient + momentum velocity').
    """

    name = "sgd"
    switches = ("nesterov",)

    def __init__(
        self,
        params: Iterable[Tensor],
        lr: float,
        momentum: float = 0.0,
        *,
        nesterov: bool = False,
        weight_decay: float = 0.0,
        clip_norm: float = 0.0,
        clip_value: float = 0.0,
    ) -> None:
        """Take over ``params``. An option that is 0 is left out; see ``Optimizer``."""
        super().__init__(
            params,
            {
                "learning_rate": lr,
                "momentum": momentum,
                "nesterov": nesterov,
                "weight_decay": weight_decay,
                "clip_norm": clip_norm,
                "clip_value": clip_value,
            },
        )

    @property
    def momentum(self) -> float:
        """The share of the last update that is kept."""
        return float(self.options["momentum"])

    def update(self, parameter: Tensor, gradient: Tensor, given: Mapping[str, Tensor]) -> Update:
        """Record ``parameter - learning_rate * gradient`` (or the velocity in its place)."""
        gradient = _decayed(parameter, gradient, given)
        rate, momentum = given["learning_rate"], given.get("momentum")
        if momentum is None:
            return Update(parameter - rate * gradient)
        velocity, state = _velocity(parameter, gradient, momentum)
        step = gradient + momentum * velocity if self.options["nesterov"] else velocity
        return Update(parameter - rate * step, (state,))


class RMSprop(Optimizer):
    """Divide the gradient by a running root mean square of itself.

    mean_square' = alpha mean_square + (1 - alpha) gradient²; the step is
    lr gradient / (√mean_square' + eps), with momentum as in ``SGD``. Tieleman and Hinton, lecture
    6.5 of "Neural networks for machine learning", 2012; PyTorch's form, not centered.
    """

    name = "rmsprop"
    needed = ("learning_rate", "alpha", "eps")

    def __init__(
        self,
        params: Iterable[Tensor],
        lr: float = 0.01,
        alpha: float = 0.99,
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        momentum: float = 0.0,
        *,
        clip_norm: float = 0.0,
        clip_value: float = 0.0,
    ) -> None:
        """Take over ``params``. An option that is 0 is left out; see ``Optimizer``."""
        super().__init__(
            params,
            {
                "learning_rate": lr,
                "alpha": alpha,
                "eps": eps,
                "weight_decay": weight_decay,
                "momentum": momentum,
                "clip_norm": clip_norm,
                "clip_value": clip_value,
            },
        )

    def begin(self, given: dict[str, Tensor]) -> tuple[dict[str, Tensor], tuple[State, ...]]:
        """Record ``1 - alpha``."""
        return {**given, "rest": 1.0 - given["alpha"]}, ()

    def update(self, parameter: Tensor, gradient: Tensor, given: Mapping[str, Tensor]) -> Update:
        """Record ``parameter - learning_rate * gradient / (sqrt(mean_square) + eps)``."""
        gradient = _decayed(parameter, gradient, given)
        before = _zeros(parameter)
        after = given["alpha"] * before + given["rest"] * gradient.square()
        step = gradient / (after.sqrt() + given["eps"])
        states: list[State] = [("mean_square", before, after)]
        if "momentum" in given:
            step, state = _velocity(parameter, step, given["momentum"])
            states.append(state)
        return Update(parameter - given["learning_rate"] * step, tuple(states))


class Adagrad(Optimizer):
    """Divide the gradient by the root of the sum of all its squares so far.

    sum' = sum + gradient²; the step is lr gradient / (√sum' + eps). Duchi, Hazan and Singer,
    "Adaptive subgradient methods", JMLR 2011; PyTorch's form (for its lr_decay use a schedule).
    """

    name = "adagrad"
    needed = ("learning_rate", "eps")

    def __init__(
        self,
        params: Iterable[Tensor],
        lr: float = 0.01,
        weight_decay: float = 0.0,
        eps: float = 1e-10,
        *,
        clip_norm: float = 0.0,
        clip_value: float = 0.0,
    ) -> None:
        """Take over ``params``. An option that is 0 is left out; see ``Optimizer``."""
        super().__init__(
            params,
            {
                "learning_rate": lr,
                "weight_decay": weight_decay,
                "eps": eps,
                "clip_norm": clip_norm,
                "clip_value": clip_value,
            },
        )

    def update(self, parameter: Tensor, gradient: Tensor, given: Mapping[str, Tensor]) -> Update:
        """Record ``parameter - learning_rate * gradient / (sqrt(square_sum) + eps)``."""
        gradient = _decayed(parameter, gradient, given)
        before = _zeros(parameter)
        after = before + gradient.square()
        step = gradient / (after.sqrt() + given["eps"])
        return Update(parameter - given["learning_rate"] * step, (("square_sum", before, after),))


class Adam(Optimizer):
    """Step along a running mean of the gradient, divided by a running root mean square.

    mean' = beta1 mean + (1 - beta1) gradient; mean_square' = beta2 mean_square + (1 - beta2)
    gradient². Both start at 0, so they are divided by 1 - beta1ⁿ and 1 - beta2ⁿ in iteration n;
    the step is lr mean / (√mean_square + eps). Kingma and Ba, "Adam", ICLR 2015, algorithm 1, in
    PyTorch's form: the corrections divide the rate and the root, two numbers, and not each entry.
    """

    name = "adam"
    needed = ("learning_rate", "beta1", "beta2", "eps")

    def __init__(
        self,
        params: Iterable[Tensor],
        lr: float = 0.001,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float | None = None,
        *,
        clip_norm: float = 0.0,
        clip_value: float = 0.0,
    ) -> None:
        """Take over ``params``. An option that is 0 is left out; see ``Optimizer``."""
        usual = OPTIMIZERS[self.name]["weight_decay"].default
        super().__init__(
            params,
            {
                "learning_rate": lr,
                "beta1": betas[0],
                "beta2": betas[1],
                "eps": eps,
                "weight_decay": usual if weight_decay is None else weight_decay,
                "clip_norm": clip_norm,
                "clip_value": clip_value,
            },
        )

    def begin(self, given: dict[str, Tensor]) -> tuple[dict[str, Tensor], tuple[State, ...]]:
        """Count the steps, and record the corrections that depend on the count."""
        dtype = self.parameters[0].dtype
        before = Tensor(np.zeros((), dtype), (), role="optimizer state")
        after = before + 1.0
        beta1, beta2 = given["beta1"], given["beta2"]
        more = {
            "rest1": 1.0 - beta1,
            "rest2": 1.0 - beta2,
            "rate": given["learning_rate"] / (1.0 - beta1**after),
            "root": (1.0 - beta2**after).sqrt(),
        }
        return {**given, **more}, (("step", before, after),)

    def update(self, parameter: Tensor, gradient: Tensor, given: Mapping[str, Tensor]) -> Update:
        """Record ``parameter - rate * mean / (sqrt(mean_square) / root + eps)``."""
        gradient = _decayed(parameter, gradient, given)
        mean, square = _zeros(parameter), _zeros(parameter)
        mean_new = given["beta1"] * mean + given["rest1"] * gradient
        square_new = given["beta2"] * square + given["rest2"] * gradient.square()
        divisor = square_new.sqrt() / given["root"] + given["eps"]
        return Update(
            parameter - given["rate"] * (mean_new / divisor),
            (("mean", mean, mean_new), ("mean_square", square, square_new)),
        )


class AdamW(Adam):
    """Adam, with weight decay apart from the gradient: parameter (1 - lr weight_decay) first.

    Loshchilov and Hutter, "Decoupled weight decay regularization", ICLR 2019, in PyTorch's form.
    """

    name = "adamw"

    def begin(self, given: dict[str, Tensor]) -> tuple[dict[str, Tensor], tuple[State, ...]]:
        """Record the share of a parameter that the decay leaves, and what Adam needs."""
        more, states = super().begin(given)
        if "weight_decay" in given:
            more["kept"] = 1.0 - given["learning_rate"] * more.pop("weight_decay")
        return more, states

    def update(self, parameter: Tensor, gradient: Tensor, given: Mapping[str, Tensor]) -> Update:
        """Record Adam's update of what the decay leaves of the parameter."""
        left = parameter * given["kept"] if "kept" in given else parameter
        return super().update(left, gradient, given)


_CLASSES: Mapping[str, type[Optimizer]] = {
    one.name: one for one in (SGD, RMSprop, Adagrad, Adam, AdamW)
}


def _zeros(parameter: Tensor) -> Tensor:
    zeros = np.zeros(parameter.data.shape, parameter.dtype)
    return Tensor(zeros, parameter.shape, role="optimizer state")


def _decayed(parameter: Tensor, gradient: Tensor, given: Mapping[str, Tensor]) -> Tensor:
    """Weight decay as PyTorch adds it: the gradient of weight_decay / 2 times the square."""
    decay = given.get("weight_decay")
    return gradient if decay is None else gradient + decay * parameter


def _velocity(parameter: Tensor, step: Tensor, momentum: Tensor) -> tuple[Tensor, State]:
    before = _zeros(parameter)
    after = momentum * before + step
    return after, ("velocity", before, after)


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
